//! `POST /v1/notifications/{id}/requeue`.

use actix_web::{HttpResponse, post};

use super::{path::PathNotification, shown};
use crate::{
    extract::{Call, scope::NotificationsWrite},
    openapi::problems::RequeueProblems,
    problem::Problem,
    views::NotificationView,
};

/// Send a notification anew.
///
/// For one that failed, is unknown or expired: it begins again at the first connection of its route, with as much time as it
/// had at first and at least an hour. Where an attempt is `unknown`, it may arrive twice.
#[utoipa::path(
    tag = "notifications",
    operation_id = "requeueNotification",
    params(("id" = String, Path, description = "The notification's id.")),
    responses(
        (status = 200, description = "The notification, queued again.", body = NotificationView),
        RequeueProblems,
    )
)]
#[post("/v1/notifications/{id}/requeue")]
pub(super) async fn requeue_notification(
    call: Call<NotificationsWrite, PathNotification>,
) -> Result<HttpResponse, Problem> {
    let id = call.parameters.id()?;
    let notification = call.herald.notifications().requeue(&call.tenant, id).await?;
    shown::found(notification)
}
