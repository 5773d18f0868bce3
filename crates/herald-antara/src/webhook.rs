//! What Antara sends by itself: `message.delivered`, `identity.approved`, `permission.changed`.
//!
//! Antara documents the names of the events and that HMAC-SHA256 signs them, but neither the shape of a body nor an id. So a
//! body is read in every shape that Antara's answers have: bare or in the envelope, with its members in `data` or beside it.

use aws_lc_rs::digest::{SHA256, digest};
use herald_core::webhook_source::{
    BodyVerifier, Header, Notice, NoticeKind, Refused, WebhookSignature, WebhookSource,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api;

/// The header of the signature where the connection names no other.
const SIGNATURE: &str = "X-Antara-Signature";

/// Antara as a source of notices.
#[derive(Debug)]
pub(crate) struct AntaraWebhook {
    verifier: BodyVerifier,
}

impl AntaraWebhook {
    pub(crate) fn new(signature: &WebhookSignature) -> Self {
        Self { verifier: BodyVerifier::new(signature, SIGNATURE) }
    }
}

impl WebhookSource for AntaraWebhook {
    fn read(&self, headers: &[Header<'_>], body: &[u8], _now: Timestamp) -> Result<Vec<Notice>, Refused> {
        self.verifier.verify(headers, body)?;
        let read: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Refused::Unreadable)?;
        let event = Event::of(&read);
        // No id is documented. Without one, the same bytes are the same notice.
        let id = event.own_id().map_or_else(|| hash(body), |id| event.named(&id));
        Ok(vec![Notice { id, at: event.at(), what: event.what() }])
    }
}

/// The members of an event.
struct Event<'a> {
    /// Where its type is.
    event: &'a Map<String, Value>,
    /// What it is about, if that is an object of its own.
    about: Option<&'a Map<String, Value>>,
}

impl<'a> Event<'a> {
    /// The event that this body is, or has in its envelope.
    fn of(body: &'a Map<String, Value>) -> Self {
        let inner = |outer: &'a Map<String, Value>| outer.get("data").and_then(Value::as_object);
        let event = match inner(body) {
            Some(wrapped) if kind(body).is_none() && kind(wrapped).is_some() => wrapped,
            _ => body,
        };
        Self { event, about: inner(event) }
    }

    fn own_id(&self) -> Option<String> {
        self.event.get("id").and_then(api::id)
    }

    /// The id of the message that it is about.
    fn message_id(&self) -> Option<String> {
        let mut places = self.about.into_iter().chain([self.event]);
        places.find_map(|place| place.get("messageId").and_then(api::id))
    }

    /// What tells a repeat of this event, which calls itself `id`. Antara does not say what its ids are unique among, so what
    /// an event says is part of it: two events are two, though they should share an id.
    fn named(&self, id: &str) -> String {
        let kind = kind(self.event).unwrap_or_default();
        json!([kind, self.message_id(), id]).to_string()
    }

    /// When it happened: the time of delivery wherever it stands, else the time of the event. Neither the name nor the writing is documented; other times of Antara's are seconds since 1970.
    fn at(&self) -> Option<Timestamp> {
        let names = ["deliveredAt", "createdAt", "timestamp"].into_iter();
        let mut times = names
            .flat_map(|name| self.about.into_iter().chain([self.event]).map(move |place| place.get(name)));
        times.find_map(|time| match time? {
            Value::String(text) => text.parse().ok(),
            Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
            _ => None,
        })
    }

    fn what(&self) -> NoticeKind {
        let kind = kind(self.event).unwrap_or_default();
        match self.message_id() {
            Some(message_id) if kind == "message.delivered" => NoticeKind::MessageDelivered { message_id },
            _ => NoticeKind::other(kind),
        }
    }
}

fn kind(event: &Map<String, Value>) -> Option<&str> {
    text(event, "type").or_else(|| text(event, "event"))
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn hash(body: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(&SHA256, body).as_ref().iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
