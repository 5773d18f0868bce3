//! What webhooks tell of: one member beside `tenant` in an event's `data`, in the shapes that the API has for the same things.

use herald_app::outbox::EventShapes;
use herald_core::{
    event::{ConnectionNews, EndpointNews, Happening, LoginNews, SessionEnded},
    session::EndReason,
    webhook::DisabledReason,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

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
            Happening::Connection { connection } => {
                ("connection", shape(&ConnectionNewsView::of(connection)))
            }
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

/// A login as events tell it: without links, and without what opens it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoginNews)]
pub struct LoginNewsView {
    /// Its id.
    #[schema(example = "log_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// Where it was when this happened.
    status: LoginStatusWord,
    /// The provider behind the connection. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// The connection it goes through.
    #[schema(example = "main")]
    connection: String,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cart-4711")]
    reference: Option<String>,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// Ends the wait for the person; once confirmed, the time to claim.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// Who it turned out to be, once it is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionNews)]
pub struct SessionNewsView {
    /// Its id, the `sid` of its tokens.
    #[schema(example = "ses_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// `ended`.
    status: SessionStatusWord,
    /// Whose it was.
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: String,
    /// The provider that vouched. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// The connection that the person signed in through.
    #[schema(example = "main")]
    connection: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// When it was last used: begun, refreshed, or seen at its site.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Time,
    /// When it would have ended without use.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// When it was ended.
    #[schema(value_type = String, format = DateTime)]
    ended_at: Time,
    /// Why: `ended` (a service ended it), `logged_out` (at a site), `revoked` (one of its tokens), `refresh_token_reused` or
    /// `user_deleted` (the provider said so). An open set.
    #[schema(example = "logged_out")]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionNews)]
pub struct ConnectionNewsView {
    /// Its name.
    #[schema(example = "main")]
    id: String,
    /// The provider behind it. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// `available`; `unavailable`, because so many calls failed that hardly any are made; or `credentials_invalid`, because the
    /// provider refuses our credential. An open set.
    #[schema(example = "unavailable")]
    condition: &'static str,
}

impl ConnectionNewsView {
    fn of(connection: &ConnectionNews) -> Self {
        Self {
            id: connection.id.to_string(),
            provider: connection.provider.as_str().to_owned(),
            condition: super::delivery::condition_word(connection.condition),
        }
    }
}

/// A webhook endpoint as events tell it: by its id and the origin of its address, whose path and query are for nobody else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointNews)]
pub struct EndpointNewsView {
    /// Its id.
    #[schema(example = "whe_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// Scheme, host and port of its address.
    #[schema(example = "https://shop.acme.example")]
    origin: String,
    /// Why Herald disabled it: `failing` (for 5 days without a success) or `gone` (it answered 410). An open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gone")]
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
