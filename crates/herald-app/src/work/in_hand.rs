//! What this process has in hand of what is due, and what the dispatcher of it waits for.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
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
    /// What is in hand.
    all: HashMap<(TenantId, I), Grip>,
    counts: HashMap<TenantId, usize>,
    /// Until when the dispatcher means to rest; it looks around while there is none.
    rests_until: Option<Timestamp>,
    /// The tenants that have more waiting than they may have in hand, and at how few they are given more.
    wanting: HashMap<TenantId, usize>,
    /// The same for all together.
    wanting_all: Option<usize>,
}

/// How one is held.
#[derive(Clone, Copy, Debug)]
struct Grip {
    /// Was it leased once more meanwhile?
    is_leased_again: bool,
    /// When its lease ends, for all that is known: it was prolonged last before.
    until: Timestamp,
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
    /// Takes what was leased until then in hand; nothing if it is already: then who has it gives the lease back, see
    /// [`Held::ends`].
    pub(crate) fn take(&self, tenant: &TenantId, id: I, until: Timestamp) -> Option<Held<I>> {
        let key = (tenant.clone(), id);
        let mut state = self.locked();
        match state.all.entry(key.clone()) {
            Entry::Occupied(mut held) => {
                held.insert(Grip { is_leased_again: true, until });
                return None;
            }
            Entry::Vacant(free) => free.insert(Grip { is_leased_again: false, until }),
        };
        *state.counts.entry(tenant.clone()).or_default() += 1;
        Some(Held { all: self.clone(), key: Some(key) })
    }

    /// What is in hand, by tenant.
    pub(crate) fn by_tenant(&self) -> HashMap<TenantId, Vec<I>> {
        let mut tenants = HashMap::<_, Vec<_>>::new();
        for (tenant, id) in self.locked().all.keys() {
            match tenants.get_mut(tenant) {
                Some(ids) => ids.push(*id),
                None => drop(tenants.insert(tenant.clone(), vec![*id])),
            }
        }
        tenants
    }

    /// The store was asked to prolong these until then, and did so with those that are `kept`. The others are not ours any more,
    /// whatever was known of them; but for those that were leased anew since it was asked.
    pub(crate) fn prolonged(&self, tenant: &TenantId, asked: &[I], kept: &[I], until: Timestamp) {
        let kept: HashSet<&I> = kept.iter().collect();
        let mut state = self.locked();
        for id in asked {
            let Some(grip) = state.all.get_mut(&(tenant.clone(), *id)) else { continue };
            if kept.contains(id) {
                grip.until = until;
            } else if grip.until < until {
                grip.until = Timestamp::MIN;
            }
        }
    }

    /// Is it in hand, and surely nobody else's before then?
    pub(crate) fn is_ours_until(&self, tenant: &TenantId, id: I, then: Timestamp) -> bool {
        self.locked().all.get(&(tenant.clone(), id)).is_some_and(|grip| then <= grip.until)
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
        if let Some(grip) = self.key.as_ref().and_then(|key| state.all.get_mut(key)) {
            grip.is_leased_again = false;
        }
    }

    /// It is attended to, its lease was given back, and it is due again then, if ever. Is the dispatcher to be told?
    ///
    /// It is not over if it was leased once more since [`Held::gives_back`]: that lease is to be given back too.
    pub(crate) fn ends(mut self, due_at: Option<Timestamp>) -> Result<bool, Self> {
        let all = self.all.clone();
        let mut state = all.locked();
        let Some(key) = self.key.take() else { return Ok(false) };
        if state.all.get(&key).is_some_and(|grip| grip.is_leased_again) {
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
#[path = "in_hand_tests.rs"]
mod tests;
