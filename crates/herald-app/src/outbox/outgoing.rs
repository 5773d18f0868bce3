//! What is stored of an event that is still to be told: the event, and how far each of its destinations is.

use herald_core::event::{Event, Happening};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::tenant::Tenant;

/// How long a destination is tried.
const TRY_FOR: SignedDuration = SignedDuration::from_hours(24);

/// An event, and who is told of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outgoing {
    /// The event.
    pub(super) event: Event,
    /// Who is told; nobody before it is taken up for the first time.
    pub(super) deliveries: Vec<Delivery>,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Destination {
    /// The tenant's receiver of logout tokens.
    BackChannelLogout,
}

/// How far one destination is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delivery {
    /// Who is told.
    pub(super) destination: Destination,
    /// How often it was tried.
    pub(super) attempts: u32,
    /// How often it was refused.
    pub(super) refusals: u32,
    /// How the last try ended.
    pub(super) last: Option<Reply>,
    /// No try is planned for later than this.
    pub(super) give_up_at: Timestamp,
    /// What comes next.
    pub(super) state: DeliveryState,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// With this HTTP status.
    Status(u16),
    /// Without an answer; why, for operators.
    NoAnswer(String),
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum DeliveryState {
    /// A try, at this time.
    Open {
        /// Not before.
        next_at: Timestamp,
    },
    /// Nothing.
    Settled {
        /// How it ended.
        how: Settlement,
        /// When.
        at: Timestamp,
    },
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Settlement {
    /// The receiver took it.
    Delivered,
    /// The receiver does not want it.
    Refused,
    /// The receiver could not be told in time.
    GaveUp,
    /// The receiver is not configured any more.
    Withdrawn,
}

impl Outgoing {
    /// An event that nobody has taken up yet.
    pub(super) fn new(event: Event) -> Self {
        Self { event, deliveries: Vec::new() }
    }

    /// Decides who is told, if that was not done yet.
    pub(super) fn address(&mut self, tenant: &Tenant, now: Timestamp) {
        if self.deliveries.is_empty() {
            let destinations = Destination::of(&self.event.what, tenant);
            self.deliveries = destinations.map(|destination| Delivery::new(destination, now)).collect();
        }
    }

    /// When the next destination is due; nothing when all are settled.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.deliveries.iter().filter_map(Delivery::due_at).min()
    }

    /// The destination that is due first, if one is due by now, and what it is to be told.
    pub(super) fn first_due(&mut self, now: Timestamp) -> Option<(&Event, &mut Delivery)> {
        let due = self.due_at().filter(|due| *due <= now)?;
        let delivery = self.deliveries.iter_mut().find(|delivery| delivery.due_at() == Some(due))?;
        Some((&self.event, delivery))
    }

    /// Until when its destinations are tried.
    pub(super) fn give_up_at(&self) -> Option<Timestamp> {
        self.deliveries.iter().map(|delivery| delivery.give_up_at).max()
    }
}

impl Destination {
    /// Who is told of this by a tenant that is configured so.
    fn of(what: &Happening, tenant: &Tenant) -> impl Iterator<Item = Self> {
        let is_logout =
            matches!(what, Happening::SessionEnded { .. }) && tenant.sessions.backchannel_logout.is_some();
        is_logout.then_some(Self::BackChannelLogout).into_iter()
    }

    /// The destination as a word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::BackChannelLogout => "back_channel_logout",
        }
    }
}

impl Delivery {
    pub(super) fn new(destination: Destination, now: Timestamp) -> Self {
        Self {
            destination,
            attempts: 0,
            refusals: 0,
            last: None,
            give_up_at: super::later(now, TRY_FOR),
            state: DeliveryState::Open { next_at: now },
        }
    }

    fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            DeliveryState::Open { next_at } => Some(next_at),
            DeliveryState::Settled { .. } => None,
        }
    }
}

impl Settlement {
    /// The end as a word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::GaveUp => "gave_up",
            Self::Withdrawn => "withdrawn",
        }
    }
}
