//! The closed sets of words.

use herald_app::session::keys::KeyState;
use herald_core::{
    login::LoginStatus,
    notification::{NotificationStatus, OnUnknown},
    session::SessionStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $schema:ident from $domain:ident { $($(#[$variant_doc:meta])* $variant:ident)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $schema)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $($domain::$variant => Self::$variant,)*
                }
            }
        }
    };
}

words! {
    /// Where a login is. It moves from left to right; steps may be skipped.
    LoginStatusWord as LoginStatus from LoginStatus {
        /// Nothing happened yet.
        Pending
        /// The person visited `start` or opened the messenger.
        Opened
        /// The provider vouches for the person; the login can be claimed.
        Confirmed
        /// Claimed.
        Claimed
        /// The person said no.
        Denied
        /// Nobody confirmed, or nobody claimed, in time.
        Expired
        /// The caller cancelled it.
        Cancelled
        /// It broke.
        Failed
    }
}

words! {
    /// Where a session is.
    SessionStatusWord as SessionStatus from SessionStatus {
        /// Its credentials are good.
        Active
        /// It was ended, or its time is over.
        Ended
    }
}

words! {
    /// What a signing key does.
    SigningKeyStatusWord as SigningKeyStatus from KeyState {
        /// It signs.
        Current
        /// It is published already, and signs after the next rotation.
        Next
        /// It signs no more; what it signed is good until its time is over.
        Retired
    }
}

words! {
    /// Where a notification is.
    NotificationStatusWord as NotificationStatus from NotificationStatus {
        /// Accepted and kept; it waits for its turn.
        Queued
        /// A provider is being called.
        Sending
        /// The provider took it.
        Sent
        /// The provider says it arrived.
        Delivered
        /// Surely not sent.
        Failed
        /// Nobody can know whether it was sent.
        Unknown
        /// Its time ran out before it was sent.
        Expired
        /// It was cancelled.
        Cancelled
    }
}

words! {
    /// What happens after a send whose end nobody saw, to a provider that does not recognise repeats.
    OnUnknownWord as OnUnknown from OnUnknown {
        /// Nothing more: no duplicate, but it may end `unknown`.
        AtMostOnce
        /// It is sent again: it arrives, perhaps twice.
        AtLeastOnce
        /// The next connection of the route is tried.
        Fallback
    }
}

/// How an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationAttemptStatus)]
pub enum AttemptStatusWord {
    /// The provider is being called.
    Sending,
    /// The provider took it.
    Sent,
    /// The provider says it arrived.
    Delivered,
    /// Surely not sent.
    Failed,
    /// Nobody can know whether it was sent.
    Unknown,
}

/// Where a delivery to a webhook endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookDeliveryStatus)]
pub enum DeliveryStatusWord {
    /// It waits for its next try, or for a replay.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// It is not tried any more.
    Failed,
}

/// How one try to tell a webhook endpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WebhookAttemptStatus)]
pub enum DeliveryAttemptStatusWord {
    /// The endpoint answered 2xx.
    Delivered,
    /// It did not.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_domain() {
        for status in LoginStatus::ALL {
            let word = serde_json::to_value(LoginStatusWord::from(status)).unwrap();
            assert_eq!(word, status.as_str());
        }
        for status in [SessionStatus::Active, SessionStatus::Ended] {
            assert_eq!(serde_json::to_value(SessionStatusWord::from(status)).unwrap(), status.as_str());
        }
        for state in [KeyState::Current, KeyState::Next, KeyState::Retired] {
            assert_eq!(serde_json::to_value(SigningKeyStatusWord::from(state)).unwrap(), state.as_str());
        }
        for status in NotificationStatus::ALL {
            let word = serde_json::to_value(NotificationStatusWord::from(status)).unwrap();
            assert_eq!(word, status.as_str());
        }
    }
}
