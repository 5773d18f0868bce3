//! Webhook endpoints: addresses at which a tenant is told of events (Standard Webhooks 1.0.0).

mod secret;
mod signature;

pub use secret::{EndpointSecret, SigningSecrets};
pub use signature::sign;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    event::{EventFilter, EventType},
    id::{EndpointId, TenantId},
};

/// How long an endpoint may fail without a single success before it is disabled.
pub const FAILING_MOST: SignedDuration = SignedDuration::from_hours(5 * 24);

/// One address of a tenant, and what it wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its tenant.
    pub tenant: TenantId,
    /// Where events go, by POST.
    pub url: Url,
    /// Which events.
    pub events: Vec<EventFilter>,
    /// The tenant's words about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Is it told? Events for one that is not are kept for a replay, and not told by themselves.
    pub is_enabled: bool,
    /// Why Herald disabled it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
    /// What signs.
    pub secrets: SigningSecrets,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when every try has failed; nothing after a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// A replay that is not done yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// Why Herald disabled an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// It failed for [`FAILING_MOST`] without a single success.
    Failing,
    /// It answered 410.
    Gone,
}

impl DisabledReason {
    /// The reason as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }
}

/// Events that are told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Of deliveries written at or after this time.
    pub since: Timestamp,
    /// And before it was asked for.
    pub until: Timestamp,
    /// How far it has come: everything newer than this delivery is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_from: Option<crate::id::DeliveryId>,
}

impl Endpoint {
    /// Does it want events of this type?
    pub fn wants(&self, kind: EventType) -> bool {
        self.events.iter().any(|filter| filter.takes(kind))
    }
}

#[cfg(test)]
mod tests;
