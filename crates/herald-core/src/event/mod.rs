//! What happened, for those who asked to be told.

mod connection;
mod endpoint;
mod kind;
mod login;
mod session;

pub use connection::{ConnectionCondition, ConnectionNews};
pub use endpoint::EndpointNews;
pub use kind::{EventFilter, EventType, InvalidFilter};
pub use login::LoginNews;
pub use session::SessionEnded;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{EventId, TenantId},
    login::LoginStatus,
    notification::{Notification, NotificationStatus},
};

/// Something that happened. Written to the outbox in one step with the change that it tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; the same however often and to whomever it is told.
    pub id: EventId,
    /// Whose it is.
    pub tenant: TenantId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
}

/// What happened, with the thing as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Happening {
    /// A session was ended. Not told of one whose time merely ran out: that was known when it began.
    #[serde(rename = "session.ended")]
    SessionEnded {
        /// The session.
        session: SessionEnded,
    },
    /// A refresh token was used again long after its rotation; `session.ended` is told as well.
    #[serde(rename = "session.reuse_detected")]
    SessionReuseDetected {
        /// The session.
        session: SessionEnded,
    },
    /// A login reached another status.
    #[serde(rename = "login")]
    Login {
        /// The login.
        login: LoginNews,
    },
    /// A notification was accepted, or reached another status.
    #[serde(rename = "notification")]
    Notification {
        /// The notification.
        notification: Box<Notification>,
    },
    /// The way through a connection opened or closed.
    #[serde(rename = "connection")]
    Connection {
        /// The connection.
        connection: ConnectionNews,
    },
    /// A webhook endpoint was disabled because it failed for too long, or said that it is gone.
    #[serde(rename = "webhook_endpoint.disabled")]
    EndpointDisabled {
        /// The endpoint.
        webhook_endpoint: EndpointNews,
    },
    /// Somebody tries out a webhook endpoint.
    #[serde(rename = "webhook_endpoint.test")]
    EndpointTest {
        /// The endpoint.
        webhook_endpoint: EndpointNews,
    },
}

impl Happening {
    /// What of a login is told; nothing of one that only waits.
    pub fn of_login(login: LoginNews) -> Option<Self> {
        (login.status != LoginStatus::Pending).then_some(Self::Login { login })
    }

    /// What of a notification is told; nothing of one that is being sent.
    pub fn of_notification(notification: Notification) -> Option<Self> {
        let is_told = notification.status != NotificationStatus::Sending;
        is_told.then(|| Self::Notification { notification: Box::new(notification) })
    }

    /// The event's type.
    pub fn kind(&self) -> EventType {
        match self {
            Self::SessionEnded { .. } => EventType::SESSION_ENDED,
            Self::SessionReuseDetected { .. } => EventType::SESSION_REUSE_DETECTED,
            Self::Login { login } => EventType::of_login(login.status),
            Self::Notification { notification } => EventType::of_notification(notification.status),
            Self::Connection { connection } => EventType::of_connection(connection.condition),
            Self::EndpointDisabled { .. } => EventType::ENDPOINT_DISABLED,
            Self::EndpointTest { .. } => EventType::ENDPOINT_TEST,
        }
    }
}
