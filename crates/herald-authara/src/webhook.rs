//! What Authara sends by itself: `user.*`, `organization.*`. Of these only `user.deleted` has a consequence.
//!
//! Authara signs the body and no time, so a copy would be good for ever: by the `created_at` in the signed body, what is older
//! than a day is refused. Ids are remembered for longer than that.

use herald_core::webhook_source::{
    BodyVerifier, Header, Notice, NoticeKind, Refused, WebhookSignature, WebhookSource,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::identity::is_id;

/// The header of the signature where the connection names no other.
const SIGNATURE: &str = "X-Authara-Signature";
/// The header that repeats the id of the body.
const DELIVERY: &str = "x-authara-delivery";
/// How long ago it may have happened. Authara's repeats take minutes.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// What every body has.
#[derive(Deserialize)]
struct Body {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    /// In nanoseconds.
    created_at: Timestamp,
    #[serde(default)]
    data: Value,
}

/// Authara as a source of notices.
#[derive(Debug)]
pub(crate) struct AutharaWebhook {
    verifier: BodyVerifier,
}

impl AutharaWebhook {
    pub(crate) fn new(signature: &WebhookSignature) -> Self {
        Self { verifier: BodyVerifier::new(signature, SIGNATURE) }
    }
}

impl WebhookSource for AutharaWebhook {
    fn read(&self, headers: &[Header<'_>], body: &[u8], now: Timestamp) -> Result<Vec<Notice>, Refused> {
        self.verifier.verify(headers, body)?;
        let Body { id, kind, created_at, data } =
            serde_json::from_slice(body).map_err(|_| Refused::Unreadable)?;
        let mut deliveries = headers.iter().filter(|(name, _)| *name == DELIVERY);
        if !is_id(&id) || deliveries.any(|(_, delivery)| *delivery != id.as_bytes()) {
            return Err(Refused::Unreadable);
        }
        if now.duration_since(created_at) > OLDEST {
            return Err(Refused::Stale);
        }
        Ok(vec![Notice { id, at: Some(created_at), what: what(&kind, &data)? }])
    }
}

fn what(kind: &str, data: &Value) -> Result<NoticeKind, Refused> {
    if kind != "user.deleted" {
        return Ok(NoticeKind::other(kind));
    }
    let user = data.get("user_id").and_then(Value::as_str).filter(|id| is_id(id));
    let user_key = user.ok_or(Refused::Unreadable)?.to_owned();
    Ok(NoticeKind::UserDeleted { user_key })
}
