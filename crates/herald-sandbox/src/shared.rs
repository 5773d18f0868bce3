//! What every handler of one sandbox shares.

use std::sync::{Mutex, MutexGuard, PoisonError};

use herald_outbound::forward::Forwarder;

use crate::clock::Clock;
use crate::config::SandboxConfig;
use crate::fault::Faults;
use crate::ledger::{Entry, Ledger};
use crate::operation::Provider;
use crate::webhook::{Errands, Webhooks};
use crate::{antara, antirius, authara, shop};

/// The state of one sandbox. Each provider has a lock of its own.
pub(crate) struct Shared {
    /// The sandbox's own address, without a slash at the end.
    pub(crate) base: String,
    pub(crate) config: SandboxConfig,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(crate) webhooks: Webhooks,
    pub(crate) forwarder: Forwarder,
    pub(crate) antara: Mutex<antara::State>,
    pub(crate) antirius: Mutex<antirius::State>,
    pub(crate) authara: Mutex<authara::State>,
    pub(crate) shop: Mutex<shop::State>,
}

impl Shared {
    /// The work of the webhooks is for whoever serves.
    pub(crate) fn new(config: SandboxConfig, base: String, forwarder: Forwarder) -> (Self, Errands) {
        let (webhooks, errands) = Webhooks::new();
        let shared = Self {
            clock: config.clock.clone(),
            antara: Mutex::new(antara::State::new(&config.antara)),
            antirius: Mutex::new(antirius::State::new(&config.antirius)),
            authara: Mutex::new(authara::State::new(&config.authara)),
            shop: Mutex::default(),
            faults: Faults::default(),
            ledger: Ledger::default(),
            webhooks,
            forwarder,
            base,
            config,
        };
        shared.register_configured();
        (shared, errands)
    }

    /// The endpoints that are there from the start.
    fn register_configured(&self) {
        let (antara, authara) = (&self.config.antara, &self.config.authara);
        for (provider, url, secret) in [
            (Provider::Antara, &antara.webhook_url, &antara.webhook_secret),
            (Provider::Authara, &authara.webhook_url, &authara.webhook_secret),
        ] {
            if let Some(url) = url {
                self.webhooks.register(provider, url.clone(), secret, &[]);
            }
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
        let account = match entry.provider {
            Provider::Antara => &self.config.antara.client_id,
            Provider::Antirius => &self.config.antirius.app_id,
            Provider::Authara => &self.config.authara.issuer,
        };
        self.ledger.write(self.clock.now(), account, entry);
    }

    /// As it was at start: no sessions, no faults, default switches. Keys stay, so that nobody's configuration breaks.
    pub(crate) fn reset(&self) {
        self.clock.reset();
        self.faults.clear();
        self.ledger.clear();
        self.webhooks.reset();
        self.register_configured();
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
