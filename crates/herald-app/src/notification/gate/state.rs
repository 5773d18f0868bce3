//! One connection's gate: what may go through it now, and what it learns from what went.

use herald_core::{
    clock::Entropy,
    error::{ErrorKind, ProviderError, Retry},
    event::ConnectionCondition,
    id::NotificationId,
};
use jiff::{SignedDuration, Timestamp};

use super::{breaker::Breaker, budget::Budget, parking::Parking};

/// When to look again while the one try of a closed gate runs.
const WHILE_TRYING: SignedDuration = SignedDuration::from_secs(5);
/// When to look again when nothing is left for repeats.
const WITHOUT_BUDGET: SignedDuration = SignedDuration::from_secs(1);
/// The bounds of a rest that a provider asks for.
const SHORTEST_REST: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(1);
/// How far apart those come back that are turned away, so that what they cost does not grow with their number, and for how long
/// one may be sent away so. When they are more, the next ones come between the first.
const APART: SignedDuration = SignedDuration::from_millis(10);
const LONGEST_APART: SignedDuration = SignedDuration::from_mins(15);

/// How a call ended, as far as it says something about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The provider answered, whatever it thought of the message.
    Answered,
    /// There was no answer, or none that made sense.
    Failed,
    /// It wants to be left alone for so long.
    Limited(SignedDuration),
    /// It refused our credential.
    Refused,
    /// It refused our credential, or only this message: it does not say which.
    Doubted,
}

impl From<Option<&ProviderError>> for Ended {
    fn from(error: Option<&ProviderError>) -> Self {
        match error.map(|error| (error.kind(), error.retry())) {
            Some((ErrorKind::RateLimited, Retry::After(rest))) => {
                let rest = SignedDuration::try_from(rest).unwrap_or(LONGEST_REST);
                Self::Limited(rest.clamp(SHORTEST_REST, LONGEST_REST))
            }
            Some((ErrorKind::Unauthenticated, _)) => Self::Refused,
            // For good it is about the message. What an operator, or time, could help against may be about every one.
            Some((ErrorKind::Misconfigured, Retry::After(_))) => Self::Doubted,
            Some(
                (ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Protocol, _)
                | (_, Retry::OutcomeUnknown),
            ) => Self::Failed,
            _ => Self::Answered,
        }
    }
}

/// What was let through; its end is to be told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    id: NotificationId,
    /// The one try of a closed gate.
    is_probe: bool,
}

/// The gate of one connection.
#[derive(Debug)]
pub(super) struct Gate {
    breaker: Breaker,
    budget: Budget,
    parking: Parking,
    rest_until: Option<Timestamp>,
    /// When the next one comes back that is turned away.
    next_back: Timestamp,
    is_probing: bool,
    condition: ConnectionCondition,
    since: Timestamp,
}

impl Gate {
    /// An open gate.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            breaker: Breaker::default(),
            budget: Budget::new(now),
            parking: Parking::default(),
            rest_until: None,
            next_back: now,
            is_probing: false,
            condition: ConnectionCondition::Available,
            since: now,
        }
    }

    /// How the connection is, and since when.
    pub(super) fn standing(&self) -> (ConnectionCondition, Timestamp) {
        (self.condition, self.since)
    }

    /// The connection's configuration was replaced: a refused credential may be another one now.
    pub(super) fn reconfigured(&mut self, now: Timestamp) {
        self.parking.try_now(now);
    }

    /// Nothing when a call may be made now, else when to look again: after those that were turned away before.
    pub(super) fn closed_until(
        &mut self,
        id: NotificationId,
        is_repeat: bool,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let last = self.parking.last(id);
        // For everybody the same, so that who is to come last does not send others away with him.
        let until = self.shut_until(id, is_repeat, now)? - last;
        if !(until..=until + LONGEST_APART).contains(&self.next_back) {
            self.next_back = until;
        }
        let back = self.next_back;
        self.next_back += APART;
        Some(back + last)
    }

    fn shut_until(&mut self, id: NotificationId, is_repeat: bool, now: Timestamp) -> Option<Timestamp> {
        // A rest further off than any is over: the clock was set back.
        let rest_until = self.rest_until.filter(|until| *until <= now + LONGEST_REST);
        let last = self.parking.last(id);
        let next_try = self.parking.next_try(now).map(|next| next + last);
        let closed = [next_try, rest_until, self.breaker.open_until(now)];
        if let Some(until) = closed.into_iter().flatten().max().filter(|until| *until > now) {
            return Some(until);
        }
        if self.is_shut() {
            // The time for a try has come, and there is one at a time. It is worth more than the budget of repeats.
            return self.is_probing.then_some(now + WHILE_TRYING);
        }
        let is_afforded = !is_repeat || self.breaker.is_well(now) || self.budget.allows(now);
        (!is_afforded).then_some(now + WITHOUT_BUDGET)
    }

    /// Lets one call through, or says when to look again.
    pub(super) fn pass(
        &mut self,
        id: NotificationId,
        is_repeat: bool,
        now: Timestamp,
    ) -> Result<Ticket, Timestamp> {
        if let Some(until) = self.shut_until(id, is_repeat, now) {
            return Err(until);
        }
        let is_probe = self.is_shut();
        if is_probe {
            self.is_probing = true;
            self.parking.tried(now);
        }
        self.budget.spend(is_repeat);
        Ok(Ticket { id, is_probe })
    }

    /// What was let through was not called after all.
    pub(super) fn uncalled(&mut self, ticket: Ticket) {
        if ticket.is_probe {
            self.is_probing = false;
        }
    }

    /// A call that was let through has ended. Gives the connection's condition if that has changed.
    pub(super) fn ended(
        &mut self,
        ticket: Ticket,
        how: Ended,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Option<ConnectionCondition> {
        if let Ended::Limited(rest) = how {
            let rests_until = self.rest_until.filter(|until| *until <= now + LONGEST_REST);
            self.rest_until = rests_until.max(Some(now + rest));
        }
        let has_failed = how == Ended::Failed;
        if ticket.is_probe {
            self.is_probing = false;
            if self.breaker.is_open() {
                self.breaker.probed(has_failed, now, entropy);
            }
            self.learn(ticket.id, how, now);
        } else if !self.is_shut() {
            // What began before the gate was shut says nothing about how it is now.
            self.breaker.called(has_failed, now, entropy);
            self.learn(ticket.id, how, now);
        }
        self.changed(now)
    }

    /// What this says of our credential.
    fn learn(&mut self, id: NotificationId, how: Ended, now: Timestamp) {
        match how {
            Ended::Refused => self.parking.refused(id, true, now),
            Ended::Doubted => self.parking.refused(id, false, now),
            Ended::Answered => self.parking.taken(id),
            Ended::Failed | Ended::Limited(_) => {}
        }
    }

    /// Is it closed but for one try now and then?
    fn is_shut(&self) -> bool {
        self.parking.is_parked() || self.breaker.is_open()
    }

    fn changed(&mut self, now: Timestamp) -> Option<ConnectionCondition> {
        let condition = if self.parking.is_parked() {
            ConnectionCondition::CredentialsInvalid
        } else if self.breaker.is_open() {
            ConnectionCondition::Unavailable
        } else {
            ConnectionCondition::Available
        };
        if condition == self.condition {
            return None;
        }
        (self.condition, self.since) = (condition, now);
        Some(condition)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
