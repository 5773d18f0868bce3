//! `POST /v1/notifications`.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue, LOCATION},
    },
    post,
    web::Data,
};
use herald_app::{Accepted, Tenant};
use herald_core::{notification::Notification, text::IdempotencyKey};

use super::shown;
use crate::{
    extract::{Call, JsonBody, Parameters, Wait, applied, idempotency_key, scope::NotificationsWrite},
    openapi::problems::SendProblems,
    problem::Problem,
    stopping::Stopping,
    views::{NotificationView, SendNotificationRequest, accepted_status},
};

const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The name of the request, and how long the caller would wait for its outcome.
struct How {
    key: IdempotencyKey,
    wait: Option<Wait>,
}

impl Parameters for How {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self { key: idempotency_key(request)?, wait: Wait::of(request) })
    }
}

/// Send a notification.
///
/// Once it is accepted it is kept as durably as the store keeps what it has answered (see
/// `docs/guarantees.md`), and ends with an outcome. The same `Idempotency-Key` with the same body gives the same notification, as it is now. 202 while its outcome is open; 200 when it is known, for which `Prefer: wait=25` waits.
#[utoipa::path(
    tag = "notifications",
    operation_id = "sendNotification",
    params(
        ("Idempotency-Key" = String, Header,
            description = "Your name for this request: 1 to 255 visible ASCII characters. Repeat it when you repeat the request.",
            example = "parcel-9-shipped", min_length = 1, max_length = 255),
        ("Prefer" = Option<String>, Header,
            description = "`wait=25`: wait up to that many seconds, at most 60, for the outcome.",
            example = "wait=25"),
    ),
    request_body(content = SendNotificationRequest, example = json!({
        "to": { "type": "subject", "subject": "sub_01h455vb4pex5vsknk084sn02q" },
        "message": { "type": "text", "text": "Your parcel is here" }, "reference": "parcel-9",
    })),
    responses(
        (status = 200, description = "The notification, whose outcome is known.", body = NotificationView, headers(
            ("Location" = String, description = "The notification's address."),
            ("Idempotency-Replayed" = String, description = "`true`, if the key was used for this notification before."),
            ("Preference-Applied" = String, description = "`wait=25`, if the answer was waited for.")
        ), example = json!({
            "id": "ntf_01h455vb4pex5vsknk084sn02q", "status": "sent",
            "to": { "type": "subject", "subject": "sub_01h455vb4pex5vsknk084sn02q" }, "reference": "parcel-9",
            "created_at": "2026-01-02T03:04:05.412Z", "expires_at": "2026-01-02T09:04:05.412Z",
            "sent_at": "2026-01-02T03:04:05.678Z", "sent_by": "main",
            "attempts": [{
                "number": 1, "connection": "main", "provider": "antirius", "status": "sent",
                "started_at": "2026-01-02T03:04:05.558Z", "duration_seconds": 0.12,
                "provider_message_id": "6843f1a2b3c4d5e6f7081a2b",
            }],
        })),
        (status = 202, description = "The notification, accepted and on its way.", body = NotificationView, headers(
            ("Location" = String, description = "The notification's address."),
            ("Idempotency-Replayed" = String, description = "`true`, if the key was used for this notification before."),
            ("Preference-Applied" = String, description = "`wait=25`, if the answer was waited for.")
        ), example = json!({
            "id": "ntf_01h455vb4pex5vsknk084sn02q", "status": "queued",
            "to": { "type": "subject", "subject": "sub_01h455vb4pex5vsknk084sn02q" }, "reference": "parcel-9",
            "created_at": "2026-01-02T03:04:05.412Z", "expires_at": "2026-01-02T09:04:05.412Z", "attempts": [],
        })),
        SendProblems,
    )
)]
#[post("/v1/notifications")]
pub(super) async fn send_notification(
    call: Call<NotificationsWrite, How, JsonBody<SendNotificationRequest>>,
    stopping: Data<Stopping>,
) -> Result<HttpResponse, Problem> {
    let Call { herald, tenant, parameters: How { key, wait }, body: JsonBody(body), .. } = call;
    let Accepted { mut notification, is_replay } =
        herald.notifications().accept(&tenant, &key, body.into()).await?;
    if wait.is_some() {
        // It is accepted whatever becomes of the wait: an error now would have the caller send it again.
        match shown::waited(&herald, &tenant, notification.id, wait, &stopping).await {
            Ok(known) => notification = known,
            Err(problem) => {
                tracing::warn!(%problem, "the outcome of an accepted notification could not be waited for");
            }
        }
    }
    let response = respond(&notification, is_replay)?;
    Ok(applied(response, wait))
}

fn respond(notification: &Arc<Notification>, is_replay: bool) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(accepted_status(notification)).unwrap_or(StatusCode::ACCEPTED);
    let mut response = shown::respond(status, notification)?;
    let headers = response.headers_mut();
    if let Ok(location) = format!("/v1/notifications/{}", notification.id).try_into() {
        headers.insert(LOCATION, location);
    }
    if is_replay {
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
