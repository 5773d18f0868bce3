//! Everything that a test or an operator may do to a sandbox: as Rust methods here, as HTTP under `/control/`.

mod antara;
mod antirius;
mod authara;
mod http;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::fault::Fault;
use crate::ledger::{Effect, Summary};
use crate::operation::{Operation, Provider};
use crate::shared::Shared;

pub use antara::{AntaraControl, Decision};
pub use antirius::{AntiriusControl, SessionView};
pub use authara::{AutharaControl, SignedIn};
pub(crate) use http::configure;
pub use webhooks::WebhookEvent;

/// What cannot be done to a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// Nothing of that name.
    #[error("not found: {0}")]
    NotFound(String),
    /// It is there, but not in a state for this.
    #[error("not possible: {0}")]
    NotPossible(String),
    /// The request makes no sense.
    #[error("not valid: {0}")]
    Invalid(String),
}

/// A handle on a running sandbox. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Control").field("base", &self.shared.base).finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Antara's people, tokens and switches.
    pub fn antara(&self) -> AntaraControl<'_> {
        AntaraControl::new(&self.shared)
    }

    /// Antirius' sessions, keys and switches.
    pub fn antirius(&self) -> AntiriusControl<'_> {
        AntiriusControl::new(&self.shared)
    }

    /// Authara's users, sessions, keys and switches.
    pub fn authara(&self) -> AutharaControl<'_> {
        AutharaControl::new(&self.shared)
    }

    /// The sandbox's time.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Moves the time forward: everything that is due expires, and held polls notice.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.shared.antirius().touch_all();
    }

    /// The clock itself.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Lets a fault wait for requests, behind those that wait already.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// The faults that still wait.
    pub fn faults(&self) -> Vec<Fault> {
        self.shared.faults.list()
    }

    /// No faults any more; calls held by one go on.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Everything that took effect, oldest first.
    pub fn effects(&self) -> Vec<Effect> {
        self.shared.ledger.effects_where(|_| true)
    }

    /// What took effect by one operation, oldest first.
    pub fn effects_of(&self, provider: Provider, operation: Operation) -> Vec<Effect> {
        self.shared
            .ledger
            .effects_where(|effect| effect.provider == provider && effect.operation == operation)
    }

    /// The effects of one operation counted by message, to compare thousands of them.
    pub fn summary_of(&self, provider: Provider, operation: Operation) -> Summary {
        self.shared.ledger.summary(|effect| effect.provider == provider && effect.operation == operation)
    }

    /// How many requests of one operation arrived, those that a fault struck too.
    pub fn requests(&self, provider: Provider, operation: Operation) -> u64 {
        self.shared.ledger.requests(provider, operation)
    }

    /// Waits until so many requests of one operation arrived. `false`: not within `timeout`.
    pub async fn wait_for_requests(
        &self,
        provider: Provider,
        operation: Operation,
        at_least: u64,
        timeout: Duration,
    ) -> bool {
        let is_met = |ledger: &crate::ledger::Ledger| ledger.requests(provider, operation) >= at_least;
        self.shared.ledger.wait_until(timeout, is_met).await
    }

    /// Waits until so many effects of one operation are in the ledger. `false`: not within `timeout`.
    pub async fn wait_for_effects(
        &self,
        provider: Provider,
        operation: Operation,
        at_least: usize,
        timeout: Duration,
    ) -> bool {
        let is_met = |ledger: &crate::ledger::Ledger| ledger.effect_count(provider, operation) >= at_least;
        self.shared.ledger.wait_until(timeout, is_met).await
    }

    /// An empty ledger and counters at zero.
    pub fn clear_ledger(&self) {
        self.shared.ledger.clear();
    }

    /// The ids and secrets that are accepted now.
    pub fn credentials(&self) -> Credentials {
        Credentials::of(&self.shared)
    }

    /// As it was at start: no sessions, faults or effects, default switches, no advanced time, the webhooks of the
    /// configuration. Keys stay.
    pub fn reset(&self) {
        self.shared.reset();
    }
}
