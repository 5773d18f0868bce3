//! `POST /v1/notifications/batch`.

use std::collections::VecDeque;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, http::StatusCode, post};
use herald_app::NewNotification;

use crate::{
    extract::{Call, JsonBody, NoParameters, scope::NotificationsWrite},
    openapi::problems::SendBatchProblems,
    problem::{Problem, finish::InnerProblems},
    request_log::RequestId,
    routes::answer::{json, render},
    views::{BatchItem, BatchNotificationRequest, NotificationBatch, SendNotificationBatchRequest},
};

/// Send many notifications.
///
/// Each is accepted or refused on its own, as if it came alone; the answer has one item for each, in their order. The same
/// batch again, or its items one by one, adds nothing: keys are one space for single calls and batches.
#[utoipa::path(
    tag = "notifications",
    operation_id = "sendNotificationBatch",
    request_body = SendNotificationBatchRequest,
    responses(
        (status = 200, description = "What became of each.", body = NotificationBatch),
        SendBatchProblems,
    )
)]
#[post("/v1/notifications/batch")]
pub(super) async fn send_notification_batch(
    call: Call<NotificationsWrite, NoParameters, JsonBody<SendNotificationBatchRequest>>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let JsonBody(SendNotificationBatchRequest { notifications }) = call.body;
    let (mut wishes, mut faults) = (Vec::new(), Vec::with_capacity(notifications.len()));
    for read in notifications {
        faults.push(match read {
            Ok(BatchNotificationRequest { idempotency_key, notification }) => {
                wishes.push((idempotency_key, NewNotification::from(notification)));
                None
            }
            Err(faults) => Some(faults),
        });
    }
    let mut accepted = VecDeque::from(call.herald.notifications().accept_many(&call.tenant, wishes).await);
    let request_id = request.extensions().get::<RequestId>().cloned();
    let mut problems = InnerProblems::default();
    let mut items = Vec::with_capacity(faults.len());
    for (index, faults) in faults.into_iter().enumerate() {
        let outcome = match faults {
            Some(faults) => Err(Problem::invalid().with_faults(faults)),
            None => match accepted.pop_front() {
                Some(Ok(accepted)) => Ok(accepted),
                Some(Err(error)) => Err(Problem::from(error).below(&format!("/notifications/{index}"))),
                None => Err(Problem::unexpected("a notification of a batch has no outcome")),
            },
        };
        items.push(match outcome {
            Ok(accepted) => BatchItem::accepted(index, &accepted.notification),
            Err(problem) => {
                BatchItem::refused(index, problems.tell(&problem, request_id.as_ref().map(RequestId::as_str)))
            }
        });
    }
    Ok(json(StatusCode::OK, render(&NotificationBatch { items })?))
}
