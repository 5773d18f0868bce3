//! What was checked at the start is checked again while the store is open: another master may have taken over, its settings may
//! have changed, a clock may have gone astray.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use herald_core::{clock::Clock, store::StoreError};

use super::{
    Link,
    check::{Reading, Report, readings, reports},
};

/// Looks at every master, and logs what is not as it was when that begins.
#[derive(Debug)]
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    is_development: bool,
    forgets: Onset,
    is_astray: Onset,
}

impl Watch {
    pub(crate) fn new(clock: Arc<dyn Clock>, is_development: bool) -> Self {
        Self { clock, is_development, forgets: Onset::default(), is_astray: Onset::default() }
    }

    /// Fails when a master forgets or may drop what it is given, other than in development.
    ///
    /// A clock that is off is a warning only. Leases go by the clock of Redis, which all replicas share; but whatever else has a time
    /// goes by this replica's own: tokens are issued and ended by it. Which of the two clocks is wrong nobody knows here, and if it
    /// is that of Redis, all replicas would turn red at once.
    pub(crate) async fn check(&self, link: &Link) -> Result<(), StoreError> {
        let (reports, readings) = tokio::try_join!(reports(link), readings(link, self.clock.as_ref()))?;
        if self.is_development {
            return Ok(());
        }
        let agrees = readings.iter().try_for_each(Reading::check);
        if let Some(fault) = self.is_astray.of(&agrees) {
            tracing::warn!(%fault, "a clock is no longer as it was at the start");
        }
        let kept = reports.iter().try_for_each(Report::check_keeping);
        if let Some(fault) = self.forgets.of(&kept) {
            tracing::error!(%fault, "Redis is no longer as it was at the start");
        }
        kept.map_err(|fault| StoreError::Unavailable(Box::new(fault)))
    }
}

/// Tells a fault that begins from one that goes on.
#[derive(Debug, Default)]
struct Onset(AtomicBool);

impl Onset {
    /// The fault, if there was none the last time.
    fn of<'a, E>(&self, found: &'a Result<(), E>) -> Option<&'a E> {
        let goes_on = self.0.swap(found.is_err(), Ordering::Relaxed);
        found.as_ref().err().filter(|_| !goes_on)
    }
}
