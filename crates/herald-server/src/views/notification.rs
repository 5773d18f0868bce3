//! A notification with its attempts.

use herald_core::notification::{Attempt, AttemptFailure, AttemptStatus, Notification};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AttemptStatusWord, NotificationStatusWord, Recipient, Time, seconds_between};

/// One message to one person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Notification)]
pub struct NotificationView {
    /// Its id.
    #[schema(example = "ntf_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// Where it is.
    status: NotificationStatusWord,
    /// Whom it is for.
    to: Recipient,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "parcel-9")]
    reference: Option<String>,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// Not to be sent before then, where that was planned ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Time>,
    /// When it is given up on, if it is not sent before.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// When a provider took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Time>,
    /// When the provider said that it had arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Time>,
    /// The connection that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "main")]
    sent_by: Option<String>,
    /// Every attempt, the first one first.
    attempts: Vec<AttemptView>,
}

/// One attempt to send a notification.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NotificationAttempt)]
pub struct AttemptView {
    /// 1 for the first.
    #[schema(example = 1)]
    number: u32,
    /// The connection.
    #[schema(example = "main")]
    connection: String,
    /// The provider behind it. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// How it stands.
    status: AttemptStatusWord,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Time,
    /// How long it took, in seconds; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.12)]
    duration_seconds: Option<f64>,
    /// The provider's id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "6843f1a2b3c4d5e6f7081a2b")]
    provider_message_id: Option<String>,
    /// The provider's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "b7e23ec2-9af2-4a0b-8c1d-5f3e6a7b8c9d")]
    provider_request_id: Option<String>,
    /// The messenger that it went through, where the provider says so. An open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "telegram")]
    platform: Option<String>,
    /// What went wrong, if something did.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<AttemptFailureView>,
}

/// What went wrong with an attempt.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NotificationAttemptFailure)]
pub struct AttemptFailureView {
    /// What, as a stable word. An open set.
    #[schema(example = "unknown_recipient")]
    code: String,
    /// What could help: `permanent` nothing, `temporary` time, `technical` an operator. An open set.
    #[schema(example = "permanent")]
    kind: &'static str,
    /// The provider's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "not_found")]
    provider_code: Option<String>,
}

impl NotificationView {
    /// What its tenant sees of a notification.
    pub fn of(notification: &Notification) -> Self {
        let carrier = notification.carried_by();
        Self {
            id: notification.id.to_string(),
            status: notification.status.into(),
            to: (&notification.to).into(),
            reference: notification.reference.as_ref().map(|reference| reference.as_str().to_owned()),
            created_at: notification.created_at.into(),
            send_at: (notification.send_at > notification.created_at).then_some(Time(notification.send_at)),
            expires_at: notification.expires_at.into(),
            delivered_at: notification.delivered_at.map(Time),
            sent_at: carrier.and_then(|attempt| attempt.finished_at).map(Time),
            sent_by: carrier.map(|attempt| attempt.connection.to_string()),
            attempts: notification
                .attempts
                .iter()
                .map(|attempt| {
                    let has_carried = carrier.is_some_and(|carrier| carrier.number == attempt.number);
                    AttemptView::of(attempt, has_carried && notification.delivered_at.is_some())
                })
                .collect(),
        }
    }
}

impl AttemptView {
    fn of(attempt: &Attempt, is_delivered: bool) -> Self {
        let (message_id, request_id, platform) = match &attempt.status {
            AttemptStatus::Sent { message_id, request_id, platform } => {
                (message_id.clone(), request_id.clone(), platform.clone())
            }
            AttemptStatus::Failed(failure) | AttemptStatus::Unknown(failure) => {
                (None, failure.request_id.clone(), None)
            }
            AttemptStatus::Sending => (None, None, None),
        };
        Self {
            number: attempt.number,
            connection: attempt.connection.to_string(),
            provider: attempt.provider.as_str().to_owned(),
            status: match &attempt.status {
                AttemptStatus::Sending => AttemptStatusWord::Sending,
                AttemptStatus::Sent { .. } if is_delivered => AttemptStatusWord::Delivered,
                AttemptStatus::Sent { .. } => AttemptStatusWord::Sent,
                AttemptStatus::Failed(_) => AttemptStatusWord::Failed,
                AttemptStatus::Unknown(_) => AttemptStatusWord::Unknown,
            },
            started_at: attempt.started_at.into(),
            duration_seconds: attempt.finished_at.map(|end| seconds_between(attempt.started_at, end)),
            provider_message_id: message_id,
            provider_request_id: request_id,
            platform,
            failure: attempt.status.failure().map(AttemptFailureView::of),
        }
    }
}

impl AttemptFailureView {
    fn of(failure: &AttemptFailure) -> Self {
        Self {
            code: failure.code.clone(),
            kind: failure.kind.as_str(),
            provider_code: failure.provider_code.clone(),
        }
    }
}

#[cfg(test)]
#[path = "notification_tests.rs"]
mod tests;
