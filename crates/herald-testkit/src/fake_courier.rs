//! A courier that keeps what it is given and says what it is told.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use herald_core::courier::{Courier, NoAnswer, Parcel, Receipt};
use tokio::sync::watch;
use url::{Host, Url};

/// What becomes of a parcel.
#[derive(Debug)]
enum Fate {
    Answered(Result<Receipt, NoAnswer>),
    Stuck,
    Panic,
}

/// Keeps every parcel, and answers 200 unless it is told otherwise.
#[derive(Debug, Default)]
pub struct FakeCourier {
    fates: Mutex<VecDeque<Fate>>,
    fates_at: Mutex<HashMap<String, VecDeque<Fate>>>,
    parcels: watch::Sender<Vec<Parcel>>,
    is_held: watch::Sender<bool>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl FakeCourier {
    /// The next parcels are answered like this, one each.
    pub fn answers(&self, answers: impl IntoIterator<Item = Result<Receipt, NoAnswer>>) {
        self.locked().extend(answers.into_iter().map(Fate::Answered));
    }

    /// The next parcels to this host are answered like this, one each, whatever else is said of parcels.
    pub fn answers_at(&self, host: &str, answers: impl IntoIterator<Item = Result<Receipt, NoAnswer>>) {
        let fates = answers.into_iter().map(Fate::Answered);
        self.locked_at().entry(host.to_owned()).or_default().extend(fates);
    }

    /// The next parcels to this host, so many of them, are never answered.
    pub fn gets_stuck_at(&self, host: &str, count: usize) {
        let fates = std::iter::repeat_with(|| Fate::Stuck).take(count);
        self.locked_at().entry(host.to_owned()).or_default().extend(fates);
    }

    /// The next parcel is never answered.
    pub fn gets_stuck(&self) {
        self.locked().push_back(Fate::Stuck);
    }

    /// The next parcel makes the courier panic.
    pub fn breaks_down(&self) {
        self.locked().push_back(Fate::Panic);
    }

    /// Parcels are answered only when the courier is let go.
    pub fn holds(&self, is_held: bool) {
        self.is_held.send_replace(is_held);
    }

    /// Waits until there are so many parcels, and gives all there are.
    pub async fn parcels(&self, count: usize) -> Vec<Parcel> {
        let mut seen = self.parcels.subscribe();
        match seen.wait_for(|parcels| parcels.len() >= count).await {
            Ok(parcels) => parcels.clone(),
            // The sender lives in `self`.
            Err(_) => Vec::new(),
        }
    }

    /// What was delivered so far.
    pub fn so_far(&self) -> Vec<Parcel> {
        self.parcels.borrow().clone()
    }

    /// How many parcels were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    fn fate_of(&self, parcel: &Parcel) -> Option<Fate> {
        let host = parcel.url.host_str().unwrap_or_default();
        let own = self.locked_at().get_mut(host).and_then(VecDeque::pop_front);
        own.or_else(|| self.locked().pop_front())
    }

    fn locked_at(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Fate>>> {
        self.fates_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Fate>> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Courier for FakeCourier {
    /// Literal addresses only where private ones may be: that is what the real one does with most of them.
    fn reaches(&self, url: &Url, may_be_private: bool) -> bool {
        may_be_private || matches!(url.host(), Some(Host::Domain(_)))
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, NoAnswer> {
        let fate = self.fate_of(parcel);
        self.most_at_once.fetch_max(self.at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        self.parcels.send_modify(|parcels| parcels.push(parcel.clone()));
        // The sender lives in `self`.
        let _ = self.is_held.subscribe().wait_for(|is_held| !is_held).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        match fate {
            None => Ok(Receipt { status: 200, retry_after: None }),
            Some(Fate::Answered(answer)) => answer,
            Some(Fate::Stuck) => std::future::pending().await,
            Some(Fate::Panic) => panic!("the courier breaks down"),
        }
    }
}
