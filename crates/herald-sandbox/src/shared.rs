//! What every handler of one sandbox shares.

use std::sync::{Mutex, MutexGuard, PoisonError};

use herald_outbound::forward::Forwarder;

use crate::clock::Clock;
use crate::config::SandboxConfig;
use crate::fault::Faults;
use crate::ledger::{Entry, Ledger};
use crate::{antara, antirius, authara, shop};

/// The state of one sandbox. Each provider has a lock of its own.
pub(crate) struct Shared {
    /// The sandbox's own address, without a slash at the end.
    pub(crate) base: String,
    pub(crate) config: SandboxConfig,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(crate) forwarder: Forwarder,
    pub(crate) antara: Mutex<antara::State>,
    pub(crate) antirius: Mutex<antirius::State>,
    pub(crate) authara: Mutex<authara::State>,
    pub(crate) shop: Mutex<shop::State>,
}

impl Shared {
    pub(crate) fn new(config: SandboxConfig, base: String, forwarder: Forwarder) -> Self {
        Self {
            clock: config.clock.clone(),
            antara: Mutex::new(antara::State::new(&config.antara)),
            antirius: Mutex::new(antirius::State::new(&config.antirius)),
            authara: Mutex::new(authara::State::new(&config.authara)),
            shop: Mutex::default(),
            faults: Faults::default(),
            ledger: Ledger::default(),
            forwarder,
            base,
            config,
        }
    }

    pub(crate) fn antara(&self) -> MutexGuard<'_, antara::State> {
        locked(&self.antara)
    }

    pub(crate) fn antirius(&self) -> MutexGuard<'_, antirius::State> {
        locked(&self.antirius)
    }

    pub(crate) fn authara(&self) -> MutexGuard<'_, authara::State> {
        locked(&self.authara)
    }

    pub(crate) fn write(&self, entry: &Entry<'_>) {
        self.ledger.write(self.clock.now(), entry);
    }

    /// As it was at start: no sessions, no faults, default switches. Keys stay, so that nobody's configuration breaks.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        self.faults.clear();
        self.ledger.clear();
        *self.antara() = antara::State::new(&self.config.antara);
        self.antirius().reset(&self.config.antirius);
        self.authara().reset(&self.config.authara);
        *locked(&self.shop) = shop::State::default();
    }
}

/// The lock, also after a panic elsewhere: a simulated provider goes on with what it has.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
