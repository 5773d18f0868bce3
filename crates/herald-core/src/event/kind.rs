//! The types of events, and which of them somebody wants.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ConnectionCondition;
use crate::{login::LoginStatus, notification::NotificationStatus};

/// The type of an event: a family, a dot, and what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType(&'static str);

macro_rules! types {
    ($($name:ident = $text:literal),* $(,)?) => {
        impl EventType {
            $(pub(super) const $name: Self = Self($text);)*

            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}
types! {
    LOGIN_PENDING = "login.pending",
    LOGIN_OPENED = "login.opened",
    LOGIN_CONFIRMED = "login.confirmed",
    LOGIN_CLAIMED = "login.claimed",
    LOGIN_DENIED = "login.denied",
    LOGIN_EXPIRED = "login.expired",
    LOGIN_CANCELLED = "login.cancelled",
    LOGIN_FAILED = "login.failed",
    NOTIFICATION_QUEUED = "notification.queued",
    NOTIFICATION_SENDING = "notification.sending",
    NOTIFICATION_SENT = "notification.sent",
    NOTIFICATION_DELIVERED = "notification.delivered",
    NOTIFICATION_FAILED = "notification.failed",
    NOTIFICATION_UNKNOWN = "notification.unknown",
    NOTIFICATION_EXPIRED = "notification.expired",
    NOTIFICATION_CANCELLED = "notification.cancelled",
    SESSION_ENDED = "session.ended",
    SESSION_REUSE_DETECTED = "session.reuse_detected",
    CONNECTION_CREDENTIALS_INVALID = "connection.credentials_invalid",
    CONNECTION_UNAVAILABLE = "connection.unavailable",
    CONNECTION_AVAILABLE = "connection.available",
    ENDPOINT_DISABLED = "webhook_endpoint.disabled",
    ENDPOINT_TEST = "webhook_endpoint.test",
}

impl EventType {
    /// The type as text.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The type of a login's event.
    pub fn of_login(status: LoginStatus) -> Self {
        match status {
            LoginStatus::Pending => Self::LOGIN_PENDING,
            LoginStatus::Opened => Self::LOGIN_OPENED,
            LoginStatus::Confirmed => Self::LOGIN_CONFIRMED,
            LoginStatus::Claimed => Self::LOGIN_CLAIMED,
            LoginStatus::Denied => Self::LOGIN_DENIED,
            LoginStatus::Expired => Self::LOGIN_EXPIRED,
            LoginStatus::Cancelled => Self::LOGIN_CANCELLED,
            LoginStatus::Failed => Self::LOGIN_FAILED,
        }
    }

    /// The type of a notification's event.
    pub fn of_notification(status: NotificationStatus) -> Self {
        match status {
            NotificationStatus::Queued => Self::NOTIFICATION_QUEUED,
            NotificationStatus::Sending => Self::NOTIFICATION_SENDING,
            NotificationStatus::Sent => Self::NOTIFICATION_SENT,
            NotificationStatus::Delivered => Self::NOTIFICATION_DELIVERED,
            NotificationStatus::Failed => Self::NOTIFICATION_FAILED,
            NotificationStatus::Unknown => Self::NOTIFICATION_UNKNOWN,
            NotificationStatus::Expired => Self::NOTIFICATION_EXPIRED,
            NotificationStatus::Cancelled => Self::NOTIFICATION_CANCELLED,
        }
    }

    /// The type of a connection's event.
    pub fn of_connection(condition: ConnectionCondition) -> Self {
        match condition {
            ConnectionCondition::CredentialsInvalid => Self::CONNECTION_CREDENTIALS_INVALID,
            ConnectionCondition::Unavailable => Self::CONNECTION_UNAVAILABLE,
            ConnectionCondition::Available => Self::CONNECTION_AVAILABLE,
        }
    }

    /// Is this type ever told? A login that only waits, a notification that is being sent and a test are not for filters.
    fn is_filtered_for(self) -> bool {
        !matches!(self, Self::LOGIN_PENDING | Self::NOTIFICATION_SENDING | Self::ENDPOINT_TEST)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Which events somebody wants: one type, a family (`notification.*`), or all (`*`).
///
/// What is wished for is read by [`EventFilter::parse`], which is strict. What is stored is read as it is: a type that this
/// release does not know (another one wrote it) is kept, and takes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventFilter(String);

/// The text names no event that is ever told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no event is called so")]
pub struct InvalidFilter;

impl EventFilter {
    /// Reads a type, `<family>.*` or `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidFilter> {
        let filter = Self(text.to_owned());
        let is_known = EventType::ALL.iter().any(|kind| kind.is_filtered_for() && filter.takes(*kind));
        if is_known { Ok(filter) } else { Err(InvalidFilter) }
    }

    /// Does it take events of this type?
    pub fn takes(&self, kind: EventType) -> bool {
        match self.0.strip_suffix('*') {
            Some("") => true,
            Some(family) => family.ends_with('.') && kind.0.starts_with(family),
            None => kind.0 == self.0,
        }
    }

    /// The filter as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_a_type_a_family_or_all() {
        let sent = EventType::of_notification(NotificationStatus::Sent);
        for good in ["*", "notification.*", "notification.sent"] {
            assert!(EventFilter::parse(good).unwrap().takes(sent), "{good}");
        }
        for other in ["login.*", "notification.failed", "session.ended"] {
            assert!(!EventFilter::parse(other).unwrap().takes(sent), "{other}");
        }
    }

    #[test]
    fn a_filter_that_takes_nothing_is_refused() {
        for bad in [
            "",
            "notification",
            "notification.",
            "notification*",
            "n*",
            ".*",
            "**",
            "login.started",
            "login.pending",
            "notification.sending",
            "webhook_endpoint.test",
            "Login.*",
        ] {
            assert!(EventFilter::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_stored_filter_of_another_release_is_kept_and_takes_nothing() {
        let stored: EventFilter = serde_json::from_str(r#""payment.sent""#).unwrap();
        assert_eq!(serde_json::to_string(&stored).unwrap(), r#""payment.sent""#);
        assert!(EventType::ALL.iter().all(|kind| !stored.takes(*kind)));
    }

    #[test]
    fn every_type_is_there_once() {
        let all: std::collections::HashSet<_> = EventType::ALL.iter().collect();
        assert_eq!(all.len(), EventType::ALL.len());
    }
}
