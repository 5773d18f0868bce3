//! Where waiters wait for a change, and the change wakes them.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

/// A value as stored, with the version it was stored at.
#[derive(Debug)]
pub struct Kept<T> {
    /// The value.
    pub value: Arc<T>,
    /// The version of its row.
    pub version: u64,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), version: self.version }
    }
}

/// Where those meet who wait for one value.
#[derive(Debug)]
struct Slot<T> {
    sender: watch::Sender<Option<Kept<T>>>,
    /// How many of them do not mind to miss a change.
    easy: usize,
}

impl<T> Slot<T> {
    fn is_relied_on(&self) -> bool {
        self.sender.receiver_count() > self.easy
    }
}

type Slots<K, T> = Arc<Mutex<HashMap<K, Slot<T>>>>;

/// Hands every change of a value to everybody who waits for it. Costs nothing for values that nobody waits for.
#[derive(Debug)]
pub struct Hub<K: Eq + Hash + Clone, T> {
    slots: Slots<K, T>,
}

impl<K: Eq + Hash + Clone, T> Default for Hub<K, T> {
    fn default() -> Self {
        Self { slots: Slots::default() }
    }
}

impl<K: Eq + Hash + Clone, T> Hub<K, T> {
    /// Waits for changes from now on. Subscribe first, then read the store: so no change is missed.
    pub fn subscribe(&self, key: K) -> Subscription<K, T> {
        self.join(key, false)
    }

    /// The same for somebody who would find out of a change that is missed by himself: the value is not [`relied_on`] because
    /// of him.
    ///
    /// [`relied_on`]: Self::relied_on
    pub fn subscribe_easily(&self, key: K) -> Subscription<K, T> {
        self.join(key, true)
    }

    fn join(&self, key: K, is_easy: bool) -> Subscription<K, T> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot =
            slots.entry(key.clone()).or_insert_with(|| Slot { sender: watch::Sender::new(None), easy: 0 });
        slot.easy += usize::from(is_easy);
        let receiver = slot.sender.subscribe();
        Subscription { receiver: Some(receiver), is_easy, key, slots: Arc::clone(&self.slots) }
    }

    /// Tells of a change. A version older than one already told of is left out.
    pub fn publish(&self, key: &K, kept: &Kept<T>) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key) {
            slot.sender.send_if_modified(|last| {
                let is_newer = last.as_ref().is_none_or(|last| last.version < kept.version);
                if is_newer {
                    *last = Some(kept.clone());
                }
                is_newer
            });
        }
    }

    /// Does somebody wait for this value?
    pub fn is_waited_for(&self, key: &K) -> bool {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// The values that somebody waits for at this moment who has no other way to learn of a change.
    pub fn relied_on(&self) -> Vec<K> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|(_, slot)| slot.is_relied_on()).map(|(key, _)| key.clone()).collect()
    }

    /// How many values somebody waits for.
    pub fn len(&self) -> usize {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Does nobody wait for anything?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One waiter's place in a [`Hub`].
#[derive(Debug)]
pub struct Subscription<K: Eq + Hash, T> {
    // Taken only to be dropped under the lock.
    receiver: Option<watch::Receiver<Option<Kept<T>>>>,
    is_easy: bool,
    key: K,
    slots: Slots<K, T>,
}

impl<K: Eq + Hash, T> Subscription<K, T> {
    /// Waits for a version above `seen`.
    pub async fn newer_than(&mut self, seen: u64) -> Kept<T> {
        if let Some(receiver) = &mut self.receiver {
            let is_newer = |kept: &Option<Kept<T>>| kept.as_ref().is_some_and(|kept| kept.version > seen);
            if let Ok(kept) = receiver.wait_for(is_newer).await
                && let Some(kept) = kept.as_ref()
            {
                return kept.clone();
            }
        }
        // The sender lives as long as its waiters; without it there is nothing left to wait for.
        std::future::pending().await
    }
}

impl<K: Eq + Hash, T> Drop for Subscription<K, T> {
    fn drop(&mut self) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropped under the lock, so that of the last two waiters one sees that nobody is left.
        self.receiver = None;
        if let Some(slot) = slots.get_mut(&self.key) {
            slot.easy -= usize::from(self.is_easy);
            if slot.sender.receiver_count() == 0 {
                slots.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(version: u64) -> Kept<u64> {
        Kept { value: Arc::new(version), version }
    }

    #[tokio::test]
    async fn a_change_between_subscribing_and_waiting_is_not_missed() {
        let hub = Hub::default();
        let mut waiter = hub.subscribe("a");
        hub.publish(&"a", &kept(2));
        assert_eq!(*waiter.newer_than(1).await.value, 2);
    }

    #[tokio::test]
    async fn an_older_version_does_not_come_after_a_newer_one() {
        let hub = Hub::default();
        let mut waiter = hub.subscribe("a");
        hub.publish(&"a", &kept(3));
        hub.publish(&"a", &kept(2));
        assert_eq!(waiter.newer_than(0).await.version, 3);
    }

    #[tokio::test]
    async fn nothing_is_left_when_the_last_waiter_is_gone() {
        let hub = Hub::<&str, u64>::default();
        let (one, two) = (hub.subscribe("a"), hub.subscribe("a"));
        drop(one);
        assert_eq!(hub.len(), 1);
        drop(two);
        assert!(hub.is_empty());
    }

    #[tokio::test]
    async fn what_is_waited_for_is_known_for_as_long_as_somebody_waits() {
        let hub = Hub::<&str, u64>::default();
        let waiter = hub.subscribe("a");
        assert!(hub.is_waited_for(&"a") && !hub.is_waited_for(&"b"));
        assert_eq!(hub.relied_on(), ["a"]);
        drop(waiter);
        assert!(!hub.is_waited_for(&"a") && hub.relied_on().is_empty());
    }

    #[tokio::test]
    async fn who_waits_easily_is_told_like_everybody_and_makes_nothing_relied_on() {
        let hub = Hub::default();
        let mut easy = hub.subscribe_easily("a");
        assert!(hub.is_waited_for(&"a") && hub.relied_on().is_empty());
        let waiter = hub.subscribe("a");
        assert_eq!(hub.relied_on(), ["a"]);
        drop(waiter);
        assert!(hub.relied_on().is_empty());
        hub.publish(&"a", &kept(2));
        assert_eq!(*easy.newer_than(1).await.value, 2);
        drop(easy);
        assert!(hub.is_empty());
    }

    #[test]
    fn waiters_that_leave_at_once_leave_nothing() {
        let hub = Hub::<u32, u64>::default();
        for round in 0..200 {
            let leave = |waiter: Subscription<u32, u64>| move || drop(waiter);
            let (one, two) = (hub.subscribe(round), hub.subscribe(round));
            std::thread::scope(|scope| {
                scope.spawn(leave(one));
                scope.spawn(leave(two));
            });
        }
        assert!(hub.is_empty());
    }
}
