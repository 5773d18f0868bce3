//! Which notifications this process has in hand, and what the dispatcher waits for.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use herald_core::id::{NotificationId, TenantId};
use jiff::Timestamp;

/// The notifications that are being attended to: one that takes longer than its lease is not taken up twice. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct InHand(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    all: HashSet<(TenantId, NotificationId)>,
    counts: HashMap<TenantId, usize>,
    /// Until when the dispatcher means to rest; it looks around while there is none.
    rests_until: Option<Timestamp>,
    /// The tenants that have more waiting than they may have in hand, and at how few they are given more.
    wanting: HashMap<TenantId, usize>,
    /// The same for all together.
    wanting_all: Option<usize>,
}

/// Held while one is attended to.
#[derive(Debug)]
pub(super) struct Held {
    all: InHand,
    key: (TenantId, NotificationId),
}

impl InHand {
    /// Takes it in hand; nothing if it is already.
    pub(super) fn take(&self, tenant: &TenantId, id: NotificationId) -> Option<Held> {
        let key = (tenant.clone(), id);
        let mut state = self.locked();
        if !state.all.insert(key.clone()) {
            return None;
        }
        *state.counts.entry(tenant.clone()).or_default() += 1;
        Some(Held { all: self.clone(), key })
    }

    /// How many are in hand.
    pub(super) fn len(&self) -> usize {
        self.locked().all.len()
    }

    /// How many of this tenant's are in hand.
    pub(super) fn len_of(&self, tenant: &TenantId) -> usize {
        self.locked().counts.get(tenant).copied().unwrap_or(0)
    }

    /// The dispatcher looks around: whatever ends from now on is to be told to it.
    pub(super) fn looks_around(&self) {
        let mut state = self.locked();
        state.rests_until = None;
        state.wanting.clear();
        state.wanting_all = None;
    }

    /// This tenant has more waiting than it may have in hand, and had so many: the dispatcher is told when a quarter of them is
    /// done. True when that is so already.
    pub(super) fn wants_more(&self, tenant: &TenantId, had: usize) -> bool {
        let mut state = self.locked();
        let few = had * 3 / 4;
        let has = state.counts.get(tenant).copied().unwrap_or(0);
        if has > few {
            state.wanting.insert(tenant.clone(), few);
        }
        has <= few
    }

    /// The same for all together.
    pub(super) fn want_more(&self, had: usize) -> bool {
        let mut state = self.locked();
        let few = had * 3 / 4;
        if state.all.len() > few {
            state.wanting_all = Some(few);
        }
        state.all.len() <= few
    }

    /// The dispatcher rests until then.
    pub(super) fn rests(&self, until: Timestamp) {
        self.locked().rests_until = Some(until);
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// It is attended to, and due again then, if ever. Is the dispatcher to be told?
    pub(super) fn done(self, due_at: Option<Timestamp>) -> bool {
        let all = self.all.clone();
        let tenant = self.key.0.clone();
        drop(self);
        let mut state = all.locked();
        let is_early = due_at.is_some_and(|due| state.rests_until.is_none_or(|until| due < until));
        let has = state.counts.get(&tenant).copied().unwrap_or(0);
        let has_room = state.wanting.get(&tenant).is_some_and(|few| has <= *few);
        let is_there_room = state.wanting_all.is_some_and(|few| state.all.len() <= few);
        if has_room {
            state.wanting.remove(&tenant);
        }
        if is_there_room {
            state.wanting_all = None;
        }
        is_early || has_room || is_there_room
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.all.locked();
        state.all.remove(&self.key);
        if let Some(count) = state.counts.get_mut(&self.key.0) {
            *count -= 1;
            if *count == 0 {
                state.counts.remove(&self.key.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_000, 0);

    fn tenant() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    fn held(all: &InHand, count: u128) -> Vec<Held> {
        (0..count).map(|id| all.take(&tenant(), NotificationId::from_u128(id)).unwrap()).collect()
    }

    #[test]
    fn one_notification_is_in_hand_once() {
        let all = InHand::default();
        let id = NotificationId::from_u128(1);
        let held = all.take(&tenant(), id);
        assert!(held.is_some() && all.take(&tenant(), id).is_none());
        assert_eq!((all.len(), all.len_of(&tenant())), (1, 1));
        drop(held);
        assert_eq!((all.len(), all.len_of(&tenant())), (0, 0));
        assert!(all.take(&tenant(), id).is_some());
    }

    #[test]
    fn the_dispatcher_is_told_only_of_what_comes_before_it_wakes_by_itself() {
        let all = InHand::default();
        let mut held = held(&all, 5).into_iter();
        let mut done = |due| held.next().unwrap().done(due);
        assert!(done(Some(NOW)), "while it looks around it is told of everything");
        all.rests(NOW);
        assert!(!done(None), "what is settled is no news");
        assert!(!done(Some(NOW)));
        assert!(done(Some(NOW - jiff::SignedDuration::from_secs(1))));
        all.looks_around();
        assert!(done(Some(NOW)));
    }

    #[test]
    fn who_wants_more_is_told_once_when_there_is_room_for_a_good_part() {
        let all = InHand::default();
        let held = held(&all, 8);
        assert!(!all.wants_more(&tenant(), 8) && all.wants_more(&tenant(), 11));
        all.rests(NOW);
        let told: Vec<bool> = held.into_iter().map(|held| held.done(None)).collect();
        assert_eq!(told, [false, true, false, false, false, false, false, false]);
    }
}
