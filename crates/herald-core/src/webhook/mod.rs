//! Webhook endpoints: addresses at which a tenant is told of events (Standard Webhooks 1.0.0).

mod secret;
mod signature;

pub use secret::{EndpointSecret, SigningSecrets};
pub use signature::sign;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    event::{EventFilter, EventType},
    id::{EndpointId, TenantId},
};

/// How far apart two failures without a success between them are at least for an endpoint to count as failing: what failed once
/// and was not tried again says nothing of the time between.
pub const FAILING_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// How long an endpoint may go on failing, counted from the second of those failures, before it is disabled.
pub const FAILING_MOST: SignedDuration = SignedDuration::from_hours(5 * 24);

/// One address of a tenant, and what it wants to be told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When it failed again, [`FAILING_AGAIN`] or more after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_again_at: Option<Timestamp>,
    /// A replay that is not done yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
}

/// Why Herald disabled an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// It failed, again after [`FAILING_AGAIN`], and still after [`FAILING_MOST`], without a single success.
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

// The path and query of an address may hold secrets of its receiver.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("tenant", &self.tenant)
            .field("origin", &self.url.origin().ascii_serialization())
            .field("events", &self.events)
            .field("is_enabled", &self.is_enabled)
            .field("disabled_reason", &self.disabled_reason)
            .field("failing_since", &self.failing_since)
            .field("failed_again_at", &self.failed_again_at)
            .field("replay", &self.replay)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Forgets that it failed, and why it was disabled: its address is another, or somebody says that it is well.
    pub fn start_over(&mut self) {
        (self.failing_since, self.failed_again_at, self.disabled_reason) = (None, None, None);
    }

    /// Does it want events of this type?
    pub fn wants(&self, kind: EventType) -> bool {
        self.events.iter().any(|filter| filter.takes(kind))
    }
}

#[cfg(test)]
mod tests;
