//! A store over another one, whose writes go wrong when they are told to, in every way in which a store's writes can: before they
//! took effect, after, or with the effect yet to come.

mod change;
mod counter;
mod endpoint;
mod login;
mod notice;
mod notification;
mod outbox;
mod secret;
mod session;
mod subject;

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use herald_core::store::{Store, StoreError};
use tokio::sync::{oneshot, watch};

/// A kind of write that can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    /// `SecretStore::replace_secret`.
    ReplaceSecret,
    /// `SessionStore::replace_session`.
    ReplaceSession,
    /// `LoginStore::claim_login`.
    ClaimLogin,
    /// `LoginStore::release_login`.
    ReleaseLogin,
    /// `NotificationStore::accept_notification`.
    AcceptNotification,
    /// `NotificationStore::replace_notification`.
    ReplaceNotification,
    /// `OutboxStore::replace_delivery`.
    ReplaceDelivery,
}

/// How a write goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is written, and the answer is [`StoreError::Unavailable`].
    Before,
    /// It is written, and the answer is [`StoreError::Unavailable`] all the same.
    After,
    /// The answer is [`StoreError::Unavailable`], and it is written by [`LateStore::apply_now`].
    Later,
    /// It is written, and answered well by [`LateStore::apply_now`].
    Slow,
    /// Nothing is written, and the answer is that somebody else was first. Only of [`Write::ReplaceSecret`].
    Refused,
}

type KeptBack = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Does what the store below does, except where it was told otherwise.
pub struct LateStore {
    below: Arc<dyn Store>,
    troubles: Mutex<HashMap<Write, VecDeque<Trouble>>>,
    kept_back: Mutex<Vec<KeptBack>>,
    struck: watch::Sender<usize>,
}

impl fmt::Debug for LateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LateStore").field("below", &self.below).finish_non_exhaustive()
    }
}

impl LateStore {
    /// One over this store, with nothing wrong.
    pub fn over(below: Arc<dyn Store>) -> Self {
        let (troubles, kept_back) = (Mutex::default(), Mutex::default());
        Self { below, troubles, kept_back, struck: watch::Sender::new(0) }
    }

    /// The next writes of this kind go wrong like this, one each, before they go well again.
    pub fn troubles(&self, write: Write, troubles: impl IntoIterator<Item = Trouble>) {
        locked(&self.troubles).entry(write).or_default().extend(troubles);
    }

    /// Waits until so many writes have gone wrong.
    pub async fn struck(&self, count: usize) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.struck.subscribe().wait_for(|struck| *struck >= count).await;
    }

    /// Makes the writes that were kept back, in order, gives the answers that are waited for, and says how many both were.
    pub async fn apply_now(&self) -> Result<usize, StoreError> {
        let kept_back = std::mem::take(&mut *locked(&self.kept_back));
        let count = kept_back.len();
        for write in kept_back {
            write.await?;
        }
        Ok(count)
    }

    /// Is the next write of this kind to be refused? Then it is over with that.
    fn refuses(&self, write: Write) -> bool {
        let mut troubles = locked(&self.troubles);
        let refused = troubles
            .get_mut(&write)
            .and_then(|troubles| troubles.pop_front_if(|trouble| *trouble == Trouble::Refused));
        if refused.is_some() {
            self.struck.send_modify(|struck| *struck += 1);
        }
        refused.is_some()
    }

    /// Makes the write, or what it was told to become of it.
    async fn write<T: Send + 'static>(
        &self,
        write: Write,
        effect: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let trouble = locked(&self.troubles).get_mut(&write).and_then(VecDeque::pop_front);
        let answer = match trouble {
            None => return effect.await,
            Some(Trouble::Before | Trouble::Refused) => Err(away()),
            Some(Trouble::After) => effect.await.and(Err(away())),
            Some(Trouble::Later) => {
                locked(&self.kept_back).push(Box::pin(async move { effect.await.map(drop) }));
                Err(away())
            }
            Some(Trouble::Slow) => {
                let answer = effect.await;
                let (go, gone) = oneshot::channel();
                let let_go = async move {
                    // Who does not wait any more does not mind.
                    let _ = go.send(());
                    Ok(())
                };
                locked(&self.kept_back).push(Box::pin(let_go));
                self.struck.send_modify(|struck| *struck += 1);
                // The other end lives in `self`.
                let _ = gone.await;
                return answer;
            }
        };
        self.struck.send_modify(|struck| *struck += 1);
        answer
    }
}

fn away() -> StoreError {
    StoreError::Unavailable("as told".into())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
