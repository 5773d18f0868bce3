//! The secret of the installation, the pepper that every hash in the store is made with, and whether the store still has it.
//!
//! A store that lost everything (a flushed Redis, a volume begun anew) lost the pepper too. The replicas that run still have it,
//! and put it back; if one that starts just then is faster and makes another, they would look for the same things under
//! different hashes: a key used twice, a person with two subjects. So whoever finds another one there than its own is at its
//! end, as a whole and at once: it is started anew, and works with the store's.

use std::{fmt, sync::Arc};

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
/// How soon to look again when the store did not answer: it may be emptied while it is away.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// The installation that this replica is one of.
pub(crate) struct Installation {
    store: Arc<dyn Store>,
    pepper: Sealed,
    /// Cancelled when a check found another one; for good, because what is kept in memory is of this one.
    is_another: CancellationToken,
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
        Ok((Self { store, pepper, is_another: CancellationToken::new() }, opened))
    }

    /// Is the store's secret the one that this replica works with? Puts it back where it is missing.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let there = self.store.shared_secret(NAME, self.pepper.clone()).await?;
        // It is sealed once, with a nonce of its own: the same bytes or another secret.
        if there != self.pepper {
            self.is_another.cancel();
            return Err(StoreError::Corrupt("the store is another installation's by now".to_owned()));
        }
        Ok(())
    }

    /// Waits until a check has found another one.
    pub(crate) async fn replaced(&self) {
        self.is_another.cancelled().await;
    }

    /// Checks every few seconds until told to stop.
    pub(crate) async fn keep(&self, clock: &dyn Clock, stop: CancellationToken) {
        let check = async {
            let mut pause = LOOK_EVERY;
            loop {
                clock.sleep_until(clock.now() + pause).await;
                pause = LOOK_EVERY;
                if let Err(error) = self.check().await {
                    tracing::debug!(%error, "the installation's secret cannot be looked at");
                    pause = LOOK_AGAIN;
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
    use herald_testkit::{fake_clock::FakeClock, shared_store::SharedStore};
    use tokio::task::yield_now;
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
        assert!(!stranger.is_another.is_cancelled());
        assert!(matches!(stranger.check().await, Err(StoreError::Corrupt(_))));
        stranger.replaced().await;
    }

    /// Lets `clock` go on for so long, and what waits for it go on with it.
    async fn pass(clock: &FakeClock, time: SignedDuration) {
        clock.advance(time);
        for _ in 0..100 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_store_that_was_begun_anew_while_it_was_away_is_noticed_within_a_second_of_its_answers() {
        let (clock, keyring) = (FakeClock::default(), Keyring::new(&[Zeroizing::new([7; 32])]).unwrap());
        let (installation, _) = Installation::open(store(), &keyring, &SystemEntropy).await.unwrap();
        let begun_anew = store();
        Installation::open(Arc::clone(&begun_anew), &keyring, &SystemEntropy).await.unwrap();
        let handle = SharedStore::handles(&begun_anew, 1).remove(0);
        let stranger = Installation { store: handle.clone(), ..installation };
        let keep = stranger.keep(&clock, CancellationToken::new());
        let look = async {
            handle.set_away(true);
            pass(&clock, SignedDuration::ZERO).await;
            pass(&clock, LOOK_EVERY).await;
            handle.set_away(false);
            pass(&clock, LOOK_AGAIN - SignedDuration::from_millis(1)).await;
            assert!(!stranger.is_another.is_cancelled(), "the look while it was away is not counted");
            pass(&clock, SignedDuration::from_millis(1)).await;
            assert!(stranger.is_another.is_cancelled());
        };
        tokio::select! {
            () = keep => unreachable!("nobody stops it"),
            () = look => {}
        }
    }
}
