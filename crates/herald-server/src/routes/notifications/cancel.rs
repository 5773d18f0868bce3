//! `POST /v1/notifications/{id}/cancel`.

use actix_web::{HttpResponse, post};

use super::{path::PathNotification, shown};
use crate::{
    extract::{Call, scope::NotificationsWrite},
    openapi::problems::CancelNotificationProblems,
    problem::Problem,
    views::NotificationView,
};

/// Cancel a notification.
///
/// Only one that is `queued` can be cancelled; one that is cancelled already stays as it is. It comes out `unknown` when a try
/// was made whose end nobody saw.
#[utoipa::path(
    tag = "notifications",
    operation_id = "cancelNotification",
    params(("id" = String, Path, description = "The notification's id.")),
    responses(
        (status = 200, description = "The notification, which is not sent any more.", body = NotificationView),
        CancelNotificationProblems,
    )
)]
#[post("/v1/notifications/{id}/cancel")]
pub(super) async fn cancel_notification(
    call: Call<NotificationsWrite, PathNotification>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let notification = call.herald.notifications().cancel(&call.tenant, id).await?;
    shown::found(notification)
}
