//! `POST /v1/notifications/{id}/next`.

use actix_web::{HttpResponse, post};

use super::{path::PathNotification, shown};
use crate::{
    extract::{Call, scope::NotificationsWrite},
    openapi::problems::NextConnectionProblems,
    problem::Problem,
    views::NotificationView,
};

/// Go on to the next connection.
///
/// Tries the notification at once through the next connection of its route that can carry it. Where the present one may have
/// sent it already, it may arrive twice: who asks for this prefers two messages to none.
#[utoipa::path(
    tag = "notifications",
    operation_id = "nextNotificationConnection",
    params(("id" = String, Path, description = "The notification's id.")),
    responses(
        (status = 200, description = "The notification, on its next connection.", body = NotificationView),
        NextConnectionProblems,
    )
)]
#[post("/v1/notifications/{id}/next")]
pub(super) async fn next_notification_connection(
    call: Call<NotificationsWrite, PathNotification>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let notification = call.herald.notifications().skip(&call.tenant, id).await?;
    shown::found(notification)
}
