//! `GET /v1/notifications/{id}`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode, web::Data};
use herald_app::Tenant;

use super::{path::PathNotification, shown};
use crate::{
    extract::{Call, Parameters, Wait, applied, scope::NotificationsRead},
    openapi::problems::GetNotificationProblems,
    problem::Problem,
    stopping::Stopping,
    views::NotificationView,
};

struct Which {
    notification: PathNotification,
    wait: Option<Wait>,
}

impl Parameters for Which {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self { notification: PathNotification::of(request), wait: Wait::of(request) })
    }
}

/// Look at a notification.
///
/// Its status and every attempt. With `Prefer: wait=25` the answer comes when its status is no longer `queued` or
/// `sending`, or as it is after the wait.
#[utoipa::path(
    tag = "notifications",
    operation_id = "getNotification",
    params(
        ("id" = String, Path, description = "The notification's id."),
        ("Prefer" = Option<String>, Header,
            description = "`wait=25`: wait up to that many seconds, at most 60, for the outcome.",
            example = "wait=25"),
    ),
    responses(
        (status = 200, description = "The notification.", body = NotificationView, headers(
            ("Preference-Applied" = String, description = "`wait=25`, if the answer was waited for.")
        )),
        GetNotificationProblems,
    )
)]
#[get("/v1/notifications/{id}")]
pub(super) async fn get_notification(
    call: Call<NotificationsRead, Which>,
    stopping: Data<Stopping>,
) -> Result<HttpResponse, Problem> {
    let Which { notification, wait } = call.parameters;
    let id = notification.id()?;
    let notification = shown::waited(&call.herald, &call.tenant, id, wait, &stopping).await?;
    Ok(applied(shown::respond(StatusCode::OK, &notification)?, wait))
}
