//! Leaves a connection alone whose credential is refused, but for one try a minute.

use std::collections::VecDeque;

use herald_core::id::NotificationId;
use jiff::{SignedDuration, Timestamp};

/// How long it is left alone between two tries.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// How much later the notifications come that were refused: if it is only about them, another one shows it first.
const LAST: SignedDuration = SignedDuration::from_secs(10);
/// How many refusals that may be about the notification make one about the credential: of so many different notifications, with
/// none taken between. Twice as many each time that they turned out not to be about it, up to the most.
const FEWEST_DOUBTS: usize = 3;
const MOST_DOUBTS: usize = 24;
/// How many notifications are remembered that were refused while others were taken.
const MOST_DISPROVED: usize = 256;

/// Whether a connection's credential is taken, as far as we know.
#[derive(Debug)]
pub(super) struct Parking {
    /// When it may be tried next, while it is left alone.
    next_try: Option<Timestamp>,
    /// The notifications that were refused since one was last taken.
    refused: VecDeque<NotificationId>,
    /// How many of them it takes.
    doubts: usize,
    /// Notifications that were refused, though others were then taken: it is about them.
    disproved: VecDeque<NotificationId>,
}

impl Default for Parking {
    fn default() -> Self {
        Self { next_try: None, refused: VecDeque::new(), doubts: FEWEST_DOUBTS, disproved: VecDeque::new() }
    }
}

impl Parking {
    /// Is it left alone?
    pub(super) fn is_parked(&self) -> bool {
        self.next_try.is_some()
    }

    /// When it may be tried next, while it is left alone. A time further off than it is ever left alone for is over: the clock
    /// was set back.
    pub(super) fn next_try(&self, now: Timestamp) -> Option<Timestamp> {
        self.next_try.filter(|next| *next <= now + PAUSE)
    }

    /// How much later than others this one may be tried while it is left alone.
    pub(super) fn last(&self, id: NotificationId) -> SignedDuration {
        let is_doubtful = self.is_parked() && (self.refused.contains(&id) || self.disproved.contains(&id));
        if is_doubtful { LAST } else { SignedDuration::ZERO }
    }

    /// It is tried.
    pub(super) fn tried(&mut self, now: Timestamp) {
        if self.is_parked() {
            self.next_try = Some(now + PAUSE);
        }
    }

    /// It may be tried at once: its configuration was replaced.
    pub(super) fn try_now(&mut self, now: Timestamp) {
        self.doubts = FEWEST_DOUBTS;
        if self.is_parked() {
            self.next_try = Some(now);
        }
    }

    /// It was refused when `id` was sent: surely the credential, or perhaps only this notification.
    pub(super) fn refused(&mut self, id: NotificationId, is_sure: bool, now: Timestamp) {
        if self.disproved.contains(&id) {
            return;
        }
        if !self.refused.contains(&id) {
            self.refused.truncate(MOST_DISPROVED - 1);
            self.refused.push_front(id);
        }
        if is_sure || self.is_parked() || self.refused.len() >= self.doubts {
            self.next_try = Some(now + PAUSE);
        }
    }

    /// The credential was taken when `id` was sent.
    pub(super) fn taken(&mut self, id: NotificationId) {
        if self.next_try.take().is_some() {
            self.doubts = (self.doubts * 2).min(MOST_DOUBTS);
        }
        for other in self.refused.drain(..).rev().filter(|other| *other != id) {
            self.disproved.push_front(other);
        }
        self.disproved.truncate(MOST_DISPROVED);
    }
}
