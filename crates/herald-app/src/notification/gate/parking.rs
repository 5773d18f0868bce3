//! Leaves a connection alone whose credential is refused, but for one try a minute.

use std::collections::VecDeque;

use herald_core::id::NotificationId;
use jiff::{SignedDuration, Timestamp};

/// How long it is left alone between two tries.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// How much later the notification comes whose refusal parked it: if it is only about that one, another one shows it first.
const LAST: SignedDuration = SignedDuration::from_secs(10);
/// How many disproved complaints are remembered.
const MOST_DISPROVED: usize = 64;

/// Whether a connection's credential is taken, as far as we know.
#[derive(Debug, Default)]
pub(super) struct Parking {
    parked: Option<Parked>,
    /// Notifications that were refused as if the credential were bad, though others were then taken: it is about them.
    disproved: VecDeque<NotificationId>,
}

#[derive(Clone, Copy, Debug)]
struct Parked {
    by: NotificationId,
    next_try: Timestamp,
}

impl Parking {
    /// Is it left alone?
    pub(super) fn is_parked(&self) -> bool {
        self.parked.is_some()
    }

    /// When it may be tried next with this notification, while it is parked.
    pub(super) fn next_try(&self, id: NotificationId) -> Option<Timestamp> {
        let parked = self.parked?;
        Some(if parked.by == id { parked.next_try + LAST } else { parked.next_try })
    }

    /// It is tried.
    pub(super) fn tried(&mut self, now: Timestamp) {
        if let Some(parked) = &mut self.parked {
            parked.next_try = now + PAUSE;
        }
    }

    /// It may be tried at once: its configuration was replaced.
    pub(super) fn try_now(&mut self, now: Timestamp) {
        if let Some(parked) = &mut self.parked {
            parked.next_try = now;
        }
    }

    /// The credential was refused when `id` was sent.
    pub(super) fn refused(&mut self, id: NotificationId, now: Timestamp) {
        if !self.disproved.contains(&id) {
            let by = self.parked.map_or(id, |parked| parked.by);
            self.parked = Some(Parked { by, next_try: now + PAUSE });
        }
    }

    /// The credential was taken when `id` was sent.
    pub(super) fn taken(&mut self, id: NotificationId) {
        let Some(Parked { by, .. }) = self.parked.take() else { return };
        if by != id {
            self.disproved.truncate(MOST_DISPROVED - 1);
            self.disproved.push_front(by);
        }
    }
}
