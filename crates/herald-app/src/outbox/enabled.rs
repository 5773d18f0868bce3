//! What happened in the moment in which an endpoint was enabled.
//!
//! A replica that has not heard of it yet holds events back for a few seconds more. They are told all the same, as if they had
//! happened a moment later.

use std::sync::{Arc, Mutex, PoisonError};

use herald_core::{
    id::{EndpointId, TenantId},
    store::{OutboxFilter, Page},
};
use jiff::{SignedDuration, Timestamp};

use super::{Outbox, later, replay::cursor};
use crate::session::SessionError;

/// How long before it was enabled an event may have happened that is told.
const BEFORE: SignedDuration = SignedDuration::from_secs(10);
/// How long after that all replicas know of it.
const KNOWN_AFTER: SignedDuration = SignedDuration::from_secs(6);
/// How many deliveries are looked at at a time.
const PAGE: usize = 256;

/// The endpoints that were enabled just now. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Enabled(Arc<Mutex<Vec<Moment>>>);

#[derive(Clone, Debug)]
struct Moment {
    tenant: TenantId,
    endpoint: EndpointId,
    since: Timestamp,
    /// When to look for what was held back.
    looks_at: Timestamp,
}

impl Enabled {
    fn add(&self, moments: impl IntoIterator<Item = Moment>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(moments);
    }

    fn take_due(&self, now: Timestamp) -> Vec<Moment> {
        let mut moments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moments.extract_if(.., |moment| moment.looks_at <= now).collect()
    }

    fn next(&self) -> Option<Timestamp> {
        let moments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moments.iter().map(|moment| moment.looks_at).min()
    }
}

impl Outbox {
    /// The endpoint was enabled in this moment: what was held back since shortly before is told, and its replay goes on.
    pub(crate) fn was_enabled(&self, tenant: &TenantId, endpoint: EndpointId) {
        let now = self.context.clock.now();
        let since = now.checked_sub(BEFORE).unwrap_or(Timestamp::MIN);
        let moment = |looks_at| Moment { tenant: tenant.clone(), endpoint, since, looks_at };
        self.enabled.add([moment(now), moment(later(now, KNOWN_AFTER))]);
        self.wake_replays();
    }

    /// Opens what was held back when endpoints were enabled, and says when to look again. Where it fails for one, the others have
    /// their turn all the same.
    pub(super) async fn open_held(&self) -> Result<Option<Timestamp>, SessionError> {
        let mut outcome = Ok(());
        for moment in self.enabled.take_due(self.context.clock.now()) {
            if let Err(error) = self.open_since(&moment).await {
                self.enabled.add([moment]);
                outcome = outcome.and(Err(error));
            }
        }
        outcome.map(|()| self.enabled.next())
    }

    async fn open_since(&self, moment: &Moment) -> Result<(), SessionError> {
        let filter = OutboxFilter { endpoint: moment.endpoint, created_from: Some(moment.since) };
        let mut after = None;
        loop {
            let page = Page { after, limit: PAGE };
            let rows = self.context.store.list_deliveries(&moment.tenant, filter, page).await?;
            for row in &rows {
                let Some(mut outgoing) = self.readable(row) else { continue };
                if outgoing.release(self.context.clock.now()) {
                    // Whoever changes it in this moment opens it too.
                    self.write(&self.sealed(&outgoing, row.version + 1)).await?;
                }
            }
            self.wake();
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(cursor(last.id)),
                _ => return Ok(()),
            }
        }
    }
}
