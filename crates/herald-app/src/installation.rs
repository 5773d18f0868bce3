//! The secret of the installation, the pepper that every hash in the store is made with, and whether the store still has it.
//!
//! A store that lost everything (a flushed Redis, a volume begun anew) lost the pepper too. The replicas that run still have it,
//! and put it back; if one that starts just then is faster and makes another, they would look for the same things under
//! different hashes: a key used twice, a person with two subjects. So whoever finds another one there than its own says that
//! it is not ready, takes no more calls, and has to be started anew.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use herald_core::{
    clock::{Clock, Entropy},
    seal::{Keyring, Pepper, Place, Sealed},
    store::{Store, StoreError},
};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::OpenError;

/// What the store calls it.
const NAME: &str = "pepper";
const PLACE: Place<'static> = Place { tenant: None, kind: "secret", id: NAME };
/// How often to look.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// The installation that this replica is one of.
pub(crate) struct Installation {
    store: Arc<dyn Store>,
    pepper: Sealed,
    is_another: AtomicBool,
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation").field("is_another", &self.is_another).finish_non_exhaustive()
    }
}

impl Installation {
    /// The one of this store; the first replica makes it.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        keyring: &Keyring,
        entropy: &dyn Entropy,
    ) -> Result<(Self, Pepper), OpenError> {
        let fresh = keyring.seal(PLACE, Pepper::generate(entropy).as_slice());
        let pepper = store.shared_secret(NAME, fresh).await?;
        let opened = Pepper::new(&keyring.open(PLACE, &pepper).map_err(|_| OpenError::WrongKeys)?);
        Ok((Self { store, pepper, is_another: AtomicBool::new(false) }, opened))
    }

    /// Is the store's secret the one that this replica works with? Puts it back where it is missing.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let there = self.store.shared_secret(NAME, self.pepper.clone()).await?;
        // It is sealed once, with a nonce of its own: the same bytes or another secret.
        let is_another = there != self.pepper;
        if self.is_another.swap(is_another, Ordering::Relaxed) != is_another && is_another {
            tracing::error!("the store was emptied and begun anew: this replica has to be started anew");
        }
        if is_another {
            return Err(StoreError::Corrupt("the store is another installation's by now".to_owned()));
        }
        Ok(())
    }

    /// Did the last check find another one?
    pub(crate) fn is_another(&self) -> bool {
        self.is_another.load(Ordering::Relaxed)
    }

    /// Checks every few seconds until told to stop.
    pub(crate) async fn keep(&self, clock: &dyn Clock, stop: CancellationToken) {
        let check = async {
            loop {
                clock.sleep_until(clock.now() + LOOK_EVERY).await;
                if let Err(error @ StoreError::Unavailable(_)) = self.check().await {
                    tracing::debug!(%error, "the installation's secret cannot be looked at");
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = check => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use herald_core::clock::SystemEntropy;
    use herald_store_embedded::EmbeddedStore;
    use herald_testkit::fake_clock::FakeClock;
    use zeroize::Zeroizing;

    use super::*;

    fn store() -> Arc<dyn Store> {
        Arc::new(EmbeddedStore::in_memory(Arc::new(FakeClock::default())).unwrap())
    }

    #[tokio::test]
    async fn a_store_that_was_emptied_gets_the_secret_back_and_one_begun_anew_is_noticed() {
        let keyring = Keyring::new(&[Zeroizing::new([7; 32])]).unwrap();
        let (installation, _) = Installation::open(store(), &keyring, &SystemEntropy).await.unwrap();
        installation.check().await.unwrap();

        let emptied = store();
        let ours = Installation { store: Arc::clone(&emptied), ..installation };
        ours.check().await.unwrap();
        let (newcomer, _) = Installation::open(emptied, &keyring, &SystemEntropy).await.unwrap();
        assert_eq!(newcomer.pepper, ours.pepper, "it was put back before the newcomer came");

        let begun_anew = store();
        Installation::open(Arc::clone(&begun_anew), &keyring, &SystemEntropy).await.unwrap();
        let stranger = Installation { store: begun_anew, ..ours };
        assert!(!stranger.is_another());
        assert!(matches!(stranger.check().await, Err(StoreError::Corrupt(_))));
        assert!(stranger.is_another());
    }
}
