//! The moves of a notification from one status to another.

use jiff::Timestamp;

use super::{Attempt, AttemptStatus, IllegalMove, KEY_OUTLIVES, Notification, NotificationStatus};

/// With how many tries on record a notification is not sent anew any more: all of them are stored with every change.
const MOST_ATTEMPTS: usize = 200;

impl Notification {
    /// queued → sending, through the stop `hop` of the route; to be stored before the first byte leaves.
    pub fn start_attempt(
        mut self,
        hop: usize,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Result<Self, IllegalMove> {
        let Some(stop) = self.route.get(hop).filter(|_| self.status == NotificationStatus::Queued) else {
            return Err(self.cannot("be sent"));
        };
        let number = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.attempts.push(Attempt::start(number, stop, now, deadline));
        self.status = NotificationStatus::Sending;
        self.go_to(hop, now);
        self.retry_at = None;
        Ok(self)
    }

    /// sending → sent | failed | unknown: the try that runs ended like this, and nothing more will be tried.
    ///
    /// `failed` only if every try surely failed: with one whose end nobody saw, it is `unknown`.
    pub fn finish(mut self, outcome: AttemptStatus, at: Timestamp) -> Result<Self, IllegalMove> {
        let settled = outcome.settles_as();
        self.end_attempt(outcome, at)?;
        self.status = self.unless_unknown(settled);
        self.settled_at = Some(at);
        Ok(self)
    }

    /// sending → queued: the try that runs ended like this, and the stop `hop` is to be tried from `retry_at`.
    pub fn try_again(
        mut self,
        outcome: AttemptStatus,
        at: Timestamp,
        hop: usize,
        retry_at: Timestamp,
    ) -> Result<Self, IllegalMove> {
        self.end_attempt(outcome, at)?;
        self.status = NotificationStatus::Queued;
        self.go_to(hop, at);
        self.retry_at = Some(retry_at);
        Ok(self)
    }

    /// queued, `failed` or `unknown` → queued at the next stop, which is tried at once. A stop that may have sent it already
    /// is passed by too: who asks for this prefers two messages to none.
    pub fn skip(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        let may_go_on = matches!(
            self.status,
            NotificationStatus::Queued | NotificationStatus::Failed | NotificationStatus::Unknown
        );
        if !may_go_on || self.hop + 1 >= self.route.len() || self.expires_at <= at {
            return Err(self.cannot("go on to another connection"));
        }
        let is_planned = self.status == NotificationStatus::Queued && at < self.send_at;
        self.status = NotificationStatus::Queued;
        self.settled_at = None;
        self.go_to(self.hop + 1, at);
        self.retry_at = (!is_planned).then_some(at);
        Ok(self)
    }

    /// queued → cancelled. `unknown` after a try whose end nobody saw.
    pub fn cancel(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        if self.status != NotificationStatus::Queued {
            return Err(self.cannot("be cancelled"));
        }
        self.settle_queued(NotificationStatus::Cancelled, at).map(|()| self)
    }

    /// `failed`, `expired` or `unknown` → queued, from the first stop of the route on, until `expires_at`. What was tried
    /// before stays on record, but does not count against what is tried now. Not with 200 tries on record.
    pub fn requeue(mut self, at: Timestamp, expires_at: Timestamp) -> Result<Self, IllegalMove> {
        let is_worn = self.attempts.len() >= MOST_ATTEMPTS;
        if !self.status.is_dead() || is_worn || !self.may_live_until(expires_at) || expires_at <= at {
            return Err(self.cannot("be sent anew"));
        }
        self.status = NotificationStatus::Queued;
        self.former_attempts = self.attempts.len();
        self.expires_at = expires_at;
        self.settled_at = None;
        self.go_to(0, at);
        self.hop_since = Some(at);
        self.retry_at = Some(at);
        Ok(self)
    }

    /// Does its idempotency key outlive a life until `expires_at` by a day?
    pub fn may_live_until(&self, expires_at: Timestamp) -> bool {
        expires_at.checked_add(KEY_OUTLIVES).is_ok_and(|until| until <= self.key_until)
    }

    /// sent → delivered: the provider says that the message arrived, by its own clock. It did not before it was sent.
    pub fn deliver(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        if self.status != NotificationStatus::Sent {
            return Err(self.cannot("be delivered"));
        }
        self.status = NotificationStatus::Delivered;
        self.delivered_at = Some(self.settled_at.map_or(at, |sent_at| sent_at.max(at)));
        Ok(self)
    }

    fn go_to(&mut self, hop: usize, at: Timestamp) {
        if hop != self.hop {
            self.hop = hop;
            self.hop_since = Some(at);
        }
    }

    fn end_attempt(&mut self, outcome: AttemptStatus, at: Timestamp) -> Result<(), IllegalMove> {
        let illegal = self.cannot("be finished");
        match (self.status, self.attempts.last_mut()) {
            (NotificationStatus::Sending, Some(attempt)) if outcome != AttemptStatus::Sending => {
                attempt.finish(outcome, at);
                Ok(())
            }
            _ => Err(illegal),
        }
    }

    /// queued → failed: nothing can carry it any more. `unknown` after a try whose end nobody saw.
    pub fn fail(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        self.settle_queued(NotificationStatus::Failed, at).map(|()| self)
    }

    /// queued → expired: its time ran out. `unknown` after a try whose end nobody saw.
    pub fn expire(mut self, at: Timestamp) -> Result<Self, IllegalMove> {
        self.settle_queued(NotificationStatus::Expired, at).map(|()| self)
    }

    fn settle_queued(&mut self, status: NotificationStatus, at: Timestamp) -> Result<(), IllegalMove> {
        if self.status != NotificationStatus::Queued {
            return Err(self.cannot("be settled"));
        }
        self.status = self.unless_unknown(status);
        self.settled_at = Some(at);
        Ok(())
    }

    /// A status that says "surely not sent" is a lie after a try whose end nobody saw.
    fn unless_unknown(&self, status: NotificationStatus) -> NotificationStatus {
        let says_not_sent = matches!(
            status,
            NotificationStatus::Failed | NotificationStatus::Expired | NotificationStatus::Cancelled
        );
        let is_unknown =
            self.attempts.iter().any(|attempt| matches!(attempt.status, AttemptStatus::Unknown(_)));
        if says_not_sent && is_unknown { NotificationStatus::Unknown } else { status }
    }

    fn cannot(&self, action: &'static str) -> IllegalMove {
        IllegalMove { action, from: self.status }
    }
}
