//! One event on its way to a webhook endpoint.

use herald_app::webhook::{Delivery, DeliveryAttempt, DeliveryStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::{DeliveryAttemptStatusWord, DeliveryStatusWord, Time, seconds};

/// One event on its way to a webhook endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct WebhookDeliveryView {
    /// Its id.
    #[schema(example = "dlv_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// The event's id, which the receiver sees as `webhook-id`: the same at every try and every replay.
    #[schema(example = "evt_01h455vb4pex5vsknk084sn02q")]
    event_id: String,
    /// The event's type. An open set.
    #[schema(example = "notification.sent")]
    r#type: String,
    /// Where it is.
    status: DeliveryStatusWord,
    /// When the event happened.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// When it is tried next. Absent while it is `pending` for a disabled endpoint: a replay sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Time>,
    /// The last 20 tries, the earliest first.
    attempts: Vec<WebhookAttemptView>,
}

/// One try to tell a webhook endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct WebhookAttemptView {
    /// 1 for the first.
    #[schema(example = 1)]
    number: u32,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Time,
    /// How long it took, in seconds.
    #[schema(example = 0.12)]
    duration_seconds: f64,
    /// How it ended.
    status: DeliveryAttemptStatusWord,
    /// The HTTP status of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 503)]
    response_status: Option<u16>,
    /// Why it failed: `refused` (an answer but 2xx), `gone` (410), `timeout`, `unreachable`, `broken` or `blocked_address`. An
    /// open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "refused")]
    failure: Option<&'static str>,
}

impl WebhookDeliveryView {
    /// What its tenant sees of a delivery.
    pub fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            event_id: delivery.event.to_string(),
            r#type: delivery.kind.clone(),
            status: delivery.status.into(),
            created_at: delivery.created_at.into(),
            next_attempt_at: delivery.next_attempt_at.map(Time),
            attempts: delivery.attempts.iter().map(WebhookAttemptView::of).collect(),
        }
    }
}

impl WebhookAttemptView {
    fn of(attempt: &DeliveryAttempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at.into(),
            duration_seconds: seconds(attempt.duration),
            status: match attempt.failure {
                None => DeliveryAttemptStatusWord::Delivered,
                Some(_) => DeliveryAttemptStatusWord::Failed,
            },
            response_status: attempt.response_status,
            failure: attempt.failure,
        }
    }
}

impl From<DeliveryStatus> for DeliveryStatusWord {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Pending => Self::Pending,
            DeliveryStatus::Delivered => Self::Delivered,
            DeliveryStatus::Failed => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use herald_core::id::{DeliveryId, EventId};
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_delivery_shows_its_tries_and_when_the_next_one_is() {
        let at = |seconds| Timestamp::from_second(1_767_323_045 + seconds).unwrap();
        let attempt = |number, response_status, failure| DeliveryAttempt {
            number,
            started_at: at(i64::from(number)),
            duration: SignedDuration::from_micros(120_400),
            response_status,
            failure,
        };
        let mut delivery = Delivery {
            id: DeliveryId::from_u128(1),
            event: EventId::from_u128(2),
            kind: "notification.sent".to_owned(),
            status: DeliveryStatus::Pending,
            created_at: at(0),
            next_attempt_at: Some(at(300)),
            attempts: vec![attempt(1, Some(503), Some("refused")), attempt(2, None, Some("timeout"))],
        };
        let shown = |delivery: &Delivery| serde_json::to_value(WebhookDeliveryView::of(delivery)).unwrap();
        assert_eq!(
            shown(&delivery),
            json!({
                "id": "dlv_00000000000000000000000001", "event_id": "evt_00000000000000000000000002",
                "type": "notification.sent", "status": "pending", "created_at": "2026-01-02T03:04:05.000Z",
                "next_attempt_at": "2026-01-02T03:09:05.000Z",
                "attempts": [
                    { "number": 1, "started_at": "2026-01-02T03:04:06.000Z", "duration_seconds": 0.12,
                      "status": "failed", "response_status": 503, "failure": "refused" },
                    { "number": 2, "started_at": "2026-01-02T03:04:07.000Z", "duration_seconds": 0.12,
                      "status": "failed", "failure": "timeout" },
                ],
            })
        );
        delivery.status = DeliveryStatus::Delivered;
        delivery.next_attempt_at = None;
        delivery.attempts = vec![attempt(3, Some(204), None)];
        let shown = shown(&delivery);
        assert!(shown.get("next_attempt_at").is_none() && shown["attempts"][0].get("failure").is_none());
        assert_eq!(
            (&shown["status"], &shown["attempts"][0]["status"]),
            (&json!("delivered"), &json!("delivered"))
        );
    }
}
