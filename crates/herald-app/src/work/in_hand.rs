//! What this process has in hand of what is due, and what the dispatcher of it waits for.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use herald_core::id::TenantId;
use jiff::Timestamp;

/// The rows that are being attended to, by tenant and id: one that takes longer than its lease is not taken up twice. Cheap to
/// clone.
#[derive(Debug)]
pub(crate) struct InHand<I>(Arc<Mutex<State<I>>>);

#[derive(Debug)]
struct State<I> {
    /// What is in hand, and whether it was leased once more meanwhile.
    all: HashMap<(TenantId, I), bool>,
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
pub(crate) struct Held<I: Eq + Hash> {
    all: InHand<I>,
    /// There until it is over.
    key: Option<(TenantId, I)>,
}

impl<I> Clone for InHand<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I> Default for InHand<I> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            all: HashMap::new(),
            counts: HashMap::new(),
            rests_until: None,
            wanting: HashMap::new(),
            wanting_all: None,
        })))
    }
}

impl<I: Copy + Eq + Hash> InHand<I> {
    /// Takes what was leased in hand; nothing if it is already: then who has it gives the lease back, see [`Held::ends`].
    pub(crate) fn take(&self, tenant: &TenantId, id: I) -> Option<Held<I>> {
        let key = (tenant.clone(), id);
        let mut state = self.locked();
        match state.all.entry(key.clone()) {
            Entry::Occupied(mut is_leased_again) => {
                is_leased_again.insert(true);
                return None;
            }
            Entry::Vacant(free) => free.insert(false),
        };
        *state.counts.entry(tenant.clone()).or_default() += 1;
        Some(Held { all: self.clone(), key: Some(key) })
    }

    /// How many are in hand.
    pub(crate) fn len(&self) -> usize {
        self.locked().all.len()
    }

    /// How many of this tenant's are in hand.
    pub(crate) fn len_of(&self, tenant: &TenantId) -> usize {
        self.locked().counts.get(tenant).copied().unwrap_or(0)
    }

    /// The dispatcher looks around: whatever ends from now on is to be told to it.
    pub(crate) fn looks_around(&self) {
        let mut state = self.locked();
        state.rests_until = None;
        state.wanting.clear();
        state.wanting_all = None;
    }

    /// This tenant has more waiting than it may have in hand, and had so many: the dispatcher is told when a quarter of them is
    /// done. True when that is so already.
    pub(crate) fn wants_more(&self, tenant: &TenantId, had: usize) -> bool {
        let mut state = self.locked();
        let few = had * 3 / 4;
        let has = state.counts.get(tenant).copied().unwrap_or(0);
        if has > few {
            state.wanting.insert(tenant.clone(), few);
        }
        has <= few
    }

    /// The same for all together.
    pub(crate) fn want_more(&self, had: usize) -> bool {
        let mut state = self.locked();
        let few = had * 3 / 4;
        if state.all.len() > few {
            state.wanting_all = Some(few);
        }
        state.all.len() <= few
    }

    /// The dispatcher rests until then.
    pub(crate) fn rests(&self, until: Timestamp) {
        self.locked().rests_until = Some(until);
    }
}

impl<I> InHand<I> {
    fn locked(&self) -> MutexGuard<'_, State<I>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Eq + Hash> State<I> {
    fn let_go(&mut self, key: &(TenantId, I)) {
        self.all.remove(key);
        if let Some(count) = self.counts.get_mut(&key.0) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&key.0);
            }
        }
    }
}

impl<I: Eq + Hash> Held<I> {
    /// Its lease is about to be given back, and with it every one that was taken meanwhile.
    pub(crate) fn gives_back(&self) {
        let mut state = self.all.locked();
        if let Some(is_leased_again) = self.key.as_ref().and_then(|key| state.all.get_mut(key)) {
            *is_leased_again = false;
        }
    }

    /// It is attended to, its lease was given back, and it is due again then, if ever. Is the dispatcher to be told?
    ///
    /// It is not over if it was leased once more since [`Held::gives_back`]: that lease is to be given back too.
    pub(crate) fn ends(mut self, due_at: Option<Timestamp>) -> Result<bool, Self> {
        let all = self.all.clone();
        let mut state = all.locked();
        let Some(key) = self.key.take() else { return Ok(false) };
        if state.all.get(&key).is_some_and(|is_leased_again| *is_leased_again) {
            self.key = Some(key);
            return Err(self);
        }
        state.let_go(&key);
        let (tenant, _) = key;
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
        Ok(is_early || has_room || is_there_room)
    }
}

impl<I: Eq + Hash> Drop for Held<I> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.all.locked().let_go(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use herald_core::id::NotificationId;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_000, 0);

    fn tenant() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    fn held(all: &InHand<NotificationId>, count: u128) -> Vec<Held<NotificationId>> {
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
    fn what_is_leased_again_before_it_is_over_is_given_back_once_more() {
        let all = InHand::default();
        let id = NotificationId::from_u128(1);
        let held = all.take(&tenant(), id).unwrap();
        assert!(all.take(&tenant(), id).is_none());
        // That lease goes with the first one; the next does not.
        held.gives_back();
        assert!(all.take(&tenant(), id).is_none());
        let held = held.ends(None).unwrap_err();
        assert!(all.take(&tenant(), id).is_none(), "it is in hand yet");
        held.gives_back();
        assert!(held.ends(None).is_ok());
        assert_eq!((all.len(), all.len_of(&tenant())), (0, 0));
    }

    #[test]
    fn the_dispatcher_is_told_only_of_what_comes_before_it_wakes_by_itself() {
        let all = InHand::default();
        let mut held = held(&all, 5).into_iter();
        let mut done = |due| held.next().unwrap().ends(due).unwrap();
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
        let told: Vec<bool> = held.into_iter().map(|held| held.ends(None).unwrap()).collect();
        assert_eq!(told, [false, true, false, false, false, false, false, false]);
    }
}
