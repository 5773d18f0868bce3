//! What webhooks tell of: one member beside `tenant` in an event's `data`, in the shapes that the API has for the same things.

use herald_app::outbox::EventShapes;
use herald_core::{
    event::{ConnectionNews, EndpointNews, Happening, LoginNews, SessionEnded},
    session::EndReason,
    webhook::DisabledReason,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{LoginStatusWord, NotificationView, SessionStatusWord, Time};

/// Events in the shapes of `/v1`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shapes;

impl EventShapes for Shapes {
    fn data(&self, what: &Happening) -> Map<String, Value> {
        let (name, value) = match what {
            Happening::SessionEnded { session } | Happening::SessionReuseDetected { session } => {
                ("session", shape(&SessionNewsView::of(session)))
            }
            Happening::Login { login } => ("login", shape(&LoginNewsView::of(login))),
            Happening::Notification { notification } => {
                ("notification", shape(&NotificationView::of(notification)))
            }
            Happening::Connection { connection } => ("connection", shape(&ConnectionView::of(connection))),
            Happening::EndpointDisabled { webhook_endpoint }
            | Happening::EndpointTest { webhook_endpoint } => {
                ("webhook_endpoint", shape(&EndpointNewsView::of(webhook_endpoint)))
            }
        };
        Map::from_iter([(name.to_owned(), value)])
    }
}

/// The JSON of a view, all of whose members are named.
fn shape(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

/// A login, without what opens it.
#[derive(Serialize)]
struct LoginNewsView {
    id: String,
    status: LoginStatusWord,
    provider: String,
    connection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    created_at: Time,
    expires_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

impl LoginNewsView {
    fn of(login: &LoginNews) -> Self {
        Self {
            id: login.id.to_string(),
            status: login.status.into(),
            provider: login.provider.as_str().to_owned(),
            connection: login.connection.to_string(),
            reference: login.reference.as_ref().map(|reference| reference.as_str().to_owned()),
            created_at: login.created_at.into(),
            expires_at: login.expires_at.into(),
            subject: login.subject.map(|subject| subject.to_string()),
        }
    }
}

/// An ended session as a list shows it, and why it ended.
#[derive(Serialize)]
struct SessionNewsView {
    id: String,
    status: SessionStatusWord,
    subject: String,
    provider: String,
    connection: String,
    created_at: Time,
    last_used_at: Time,
    expires_at: Time,
    ended_at: Time,
    reason: &'static str,
}

impl SessionNewsView {
    fn of(session: &SessionEnded) -> Self {
        Self {
            id: session.id.to_string(),
            status: SessionStatusWord::Ended,
            subject: session.subject.to_string(),
            provider: session.provider.as_str().to_owned(),
            connection: session.connection.to_string(),
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at.into(),
            ended_at: session.ended_at.into(),
            reason: EndReason::as_str(session.reason),
        }
    }
}

/// A connection and its condition.
#[derive(Serialize)]
struct ConnectionView {
    id: String,
    provider: String,
    condition: &'static str,
}

impl ConnectionView {
    fn of(connection: &ConnectionNews) -> Self {
        Self {
            id: connection.id.to_string(),
            provider: connection.provider.as_str().to_owned(),
            condition: super::delivery::condition_word(connection.condition),
        }
    }
}

/// A webhook endpoint, without its secret.
#[derive(Serialize)]
struct EndpointNewsView {
    id: String,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<&'static str>,
}

impl EndpointNewsView {
    fn of(endpoint: &EndpointNews) -> Self {
        Self {
            id: endpoint.id.to_string(),
            origin: endpoint.origin.clone(),
            disabled_reason: endpoint.disabled_reason.map(DisabledReason::as_str),
        }
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
