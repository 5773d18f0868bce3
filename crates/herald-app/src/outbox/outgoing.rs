//! What is stored of an event on its way to one destination: what is said, and how far it is.

use herald_core::{
    clock::Entropy,
    courier::{NoAnswer, NoAnswerKind, Receipt},
    event::SessionEnded,
    id::{DeliveryId, EndpointId, EventId, TenantId},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{later, logout_policy, webhook_policy};

/// The type of a trial.
const TEST: &str = "webhook_endpoint.test";
/// How many tries are kept of all.
const KEPT_ATTEMPTS: usize = 20;
/// How long the receiver of logout tokens is tried.
const TRY_LOGOUT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// An event on its way to one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    /// Its id.
    pub(crate) id: DeliveryId,
    /// Whose it is.
    pub(crate) tenant: TenantId,
    /// The event, the same for all destinations.
    pub(crate) event: EventId,
    /// The event's type.
    pub(crate) kind: String,
    /// When the event happened.
    pub(crate) created_at: Timestamp,
    /// Who is told, and what.
    pub(super) destination: Destination,
    /// How often it was tried in all.
    pub(super) tried: u32,
    /// The last tries, the earliest first.
    pub(crate) attempts: Vec<Attempt>,
    /// How often it failed since it was opened, the last time that it was.
    pub(super) failures: u32,
    /// How often of these it was refused.
    pub(super) refusals: u32,
    /// No try is planned for later than this.
    pub(super) give_up_at: Option<Timestamp>,
    /// The replay that opened it last, by the time that it reached up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replayed: Option<Timestamp>,
    /// What comes next.
    pub(crate) state: State,
}

/// Who is told, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub(super) enum Destination {
    /// The tenant's receiver of logout tokens.
    BackChannelLogout {
        /// What a token is made of, at every try a fresh one.
        session: SessionEnded,
    },
    /// A webhook endpoint.
    Webhook {
        /// Which.
        endpoint: EndpointId,
        /// The body, the same at every try.
        body: String,
    },
}

/// One try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// Its number, 1 for the first.
    pub(crate) number: u32,
    /// When it began.
    pub(crate) started_at: Timestamp,
    /// When it ended.
    pub(crate) ended_at: Timestamp,
    /// How.
    pub(crate) reply: Reply,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// With this HTTP status.
    Status(u16),
    /// Without an answer.
    NoAnswer(NoAnswerKind),
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum State {
    /// A try, at this time.
    Open {
        /// Not before.
        next_at: Timestamp,
    },
    /// Nothing before a replay: the endpoint was disabled when the event happened.
    Held,
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
pub(crate) enum Settlement {
    /// The receiver took it.
    Delivered,
    /// The receiver does not want it.
    Refused,
    /// The receiver could not be told in time.
    GaveUp,
    /// There is no such receiver any more.
    Withdrawn,
}

/// What follows a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another one, after this wait.
    Again(SignedDuration),
    /// Nothing.
    Settle(Settlement),
}

impl Outgoing {
    /// When somebody has to attend to it.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Open { next_at } => Some(next_at),
            State::Held | State::Settled { .. } => None,
        }
    }

    /// The endpoint that it goes to, where it goes to one.
    pub(super) fn endpoint(&self) -> Option<EndpointId> {
        match self.destination {
            Destination::BackChannelLogout { .. } => None,
            Destination::Webhook { endpoint, .. } => Some(endpoint),
        }
    }

    /// Notes how a try ended, and what follows.
    pub(super) fn tried(
        &mut self,
        result: &Result<Receipt, NoAnswer>,
        (started_at, now): (Timestamp, Timestamp),
        entropy: &dyn Entropy,
    ) {
        let reply = Reply::of(result);
        self.tried = self.tried.saturating_add(1);
        self.attempts.push(Attempt { number: self.tried, started_at, ended_at: now, reply });
        let excess = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..excess);
        self.failures = self.failures.saturating_add(u32::from(!reply.is_success()));
        let next = match self.destination {
            Destination::BackChannelLogout { .. } => {
                self.refusals = self.refusals.saturating_add(u32::from(logout_policy::is_refusal(reply)));
                logout_policy::next(result, self.failures, self.refusals, entropy)
            }
            Destination::Webhook { .. } => {
                webhook_policy::next(result, self.failures, self.is_test(), entropy)
            }
        };
        match next {
            Next::Again(wait) => self.put_off(later(now, wait), now),
            Next::Settle(how) => self.settle(how, now),
        }
    }

    /// Until when a receiver that answers so is left alone by everything that is meant for it.
    pub(super) fn rest(&self, result: &Result<Receipt, NoAnswer>, now: Timestamp) -> Option<Timestamp> {
        let rest = match self.destination {
            Destination::BackChannelLogout { .. } => logout_policy::rest(result),
            Destination::Webhook { .. } => webhook_policy::rest(result),
        };
        rest.map(|rest| later(now, rest))
    }

    /// Is it a trial of an endpoint, and no event that happened?
    pub(super) fn is_test(&self) -> bool {
        self.kind == TEST
    }

    /// Tries next at this time, or gives up if that is too late.
    pub(super) fn put_off(&mut self, next_at: Timestamp, now: Timestamp) {
        if self.give_up_at.is_none_or(|give_up_at| next_at <= give_up_at) {
            self.state = State::Open { next_at };
        } else {
            self.settle(Settlement::GaveUp, now);
        }
    }

    /// Opens it, if it is held because its endpoint was disabled; false when it is not.
    pub(super) fn release(&mut self, now: Timestamp) -> bool {
        let is_held = self.state == State::Held;
        if is_held {
            self.state = State::Open { next_at: now };
        }
        is_held
    }

    /// Ends it.
    pub(super) fn settle(&mut self, how: Settlement, now: Timestamp) {
        self.state = State::Settled { how, at: now };
    }

    /// Opens it again for the replay that reaches up to `until`; false when there is nothing to open.
    pub(super) fn replay(&mut self, until: Timestamp, now: Timestamp) -> bool {
        let is_meant = self.created_at < until && !self.is_test();
        if !is_meant || self.replayed.is_some_and(|replayed| replayed >= until) {
            return false;
        }
        (self.failures, self.refusals) = (0, 0);
        self.replayed = Some(until);
        self.state = State::Open { next_at: now };
        true
    }
}

impl Destination {
    /// Until when it is tried, if that has an end by the clock.
    pub(super) fn give_up_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::BackChannelLogout { .. } => Some(later(now, TRY_LOGOUT_FOR)),
            Self::Webhook { .. } => None,
        }
    }

    /// The destination as a word.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::BackChannelLogout { .. } => "back_channel_logout",
            Self::Webhook { .. } => "webhook",
        }
    }
}

impl Reply {
    /// What the courier brought back.
    pub(super) fn of(result: &Result<Receipt, NoAnswer>) -> Self {
        match result {
            Ok(receipt) => Self::Status(receipt.status),
            Err(silence) => Self::NoAnswer(silence.why),
        }
    }

    /// Did the receiver take it?
    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Status(200..300))
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
