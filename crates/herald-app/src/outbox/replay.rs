//! Has events told again that an endpoint was told before, or was not told while it was disabled.
//!
//! How far a replay has come is kept with the endpoint, so that it goes on after a restart. A delivery notes which replay
//! opened it last, so that none is opened twice by one replay, also where two replicas are at it. The replica that was asked
//! for it does it; another one goes on with it when it has not moved between two of its looks, so one or two minutes after it
//! last did.

use std::collections::HashMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use herald_core::{
    id::{DeliveryId, EndpointId, TenantId},
    store::{Cursor, OutboxFilter, OutboxRow, Page},
    webhook::{Endpoint, Replay},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Outbox, later};
use crate::{hub::Kept, session::SessionError};

/// How many deliveries are opened before the next endpoint has its turn.
const PAGE: usize = 256;
/// How many are written at once.
const AT_ONCE: usize = 32;
/// How often it is looked for replays that nobody goes on with: those that are as they were at the look before.
const LOOK_AROUND_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long to wait when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);

impl Outbox {
    /// Does replays until told to stop: those that are unfinished when it begins, and those that are asked for.
    pub(super) async fn run_replays(&self, stop: &CancellationToken) {
        let mut seen = HashMap::new();
        while !stop.is_cancelled() {
            match self.open_and_replay().await {
                Ok((true, _)) => {}
                Ok((false, next_opening)) => self.rest(next_opening, &mut seen, stop).await,
                Err(error) => {
                    tracing::error!(%error, "a replay is interrupted; it goes on in a moment");
                    let again = later(self.context.clock.now(), AFTER_FAILURE);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.context.clock.sleep_until(again) => {}
                    }
                }
            }
        }
    }

    /// Waits until there is something to be opened or replayed.
    async fn rest(
        &self,
        next_opening: Option<Timestamp>,
        seen: &mut HashMap<EndpointId, u64>,
        stop: &CancellationToken,
    ) {
        let next = next_opening.unwrap_or(Timestamp::MAX);
        loop {
            let look_around = later(self.context.clock.now(), LOOK_AROUND_EVERY);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.replays.notified() => return,
                () = self.context.clock.sleep_until(next), if next_opening.is_some() => return,
                () = self.context.clock.sleep_until(look_around) => {
                    if self.is_any_abandoned(seen).await {
                        return;
                    }
                }
            }
        }
    }

    /// Is there a replay of an endpoint that is as it was when it was last `seen` here? Whoever does a replay writes down how
    /// far that is.
    async fn is_any_abandoned(&self, seen: &mut HashMap<EndpointId, u64>) -> bool {
        let mut now = HashMap::new();
        for tenant in self.tenant_ids() {
            let endpoints = match self.endpoints.list(&tenant).await {
                Ok(endpoints) => endpoints,
                Err(error) => {
                    tracing::warn!(tenant.id = %tenant, %error, "abandoned replays cannot be looked for");
                    continue;
                }
            };
            for kept in endpoints.iter() {
                if kept.value.replay.is_some() && kept.value.is_enabled {
                    now.insert(kept.value.id, kept.version);
                }
            }
        }
        let is_any = now.iter().any(|(id, version)| seen.get(id) == Some(version));
        *seen = now;
        is_any
    }

    fn tenant_ids(&self) -> Vec<TenantId> {
        self.context.tenants.load().iter().map(|tenant| tenant.id.clone()).collect()
    }

    /// What is to be opened now. Is there more of a replay to be done, and when is something to be opened next?
    async fn open_and_replay(&self) -> Result<(bool, Option<Timestamp>), SessionError> {
        let (next_opening, is_more) = (self.open_held().await, self.replay_pages().await);
        Ok((is_more?, next_opening?))
    }

    /// One page for every endpoint that has a replay, so that a long one does not hold up the others. That of a disabled endpoint
    /// waits until it is enabled. False: there is none. Where it fails for one tenant, the others have their turn all the same: what
    /// they have may lie on another node.
    async fn replay_pages(&self) -> Result<bool, SessionError> {
        let mut outcome = Ok(false);
        for tenant in self.tenant_ids() {
            let done = self.replay_pages_of(&tenant).await;
            outcome = outcome.and_then(|is_any| done.map(|is_one| is_any || is_one));
        }
        outcome
    }

    async fn replay_pages_of(&self, tenant: &TenantId) -> Result<bool, SessionError> {
        let mut is_any = false;
        for kept in self.endpoints.list(tenant).await?.iter() {
            if let Some(replay) = kept.value.replay.filter(|_| kept.value.is_enabled) {
                is_any = true;
                self.replay_page(kept, replay).await?;
            }
        }
        Ok(is_any)
    }

    /// Opens one page of deliveries and notes how far that is. When somebody changes the endpoint meanwhile, the page is gone
    /// through again, and finds nothing left to open.
    async fn replay_page(&self, kept: &Kept<Endpoint>, replay: Replay) -> Result<(), SessionError> {
        let endpoint = &kept.value;
        let filter = OutboxFilter { endpoint: endpoint.id, created_from: Some(replay.since) };
        let page = Page { after: replay.done_from.map(cursor), limit: PAGE };
        let rows = self.context.store.list_deliveries(&endpoint.tenant, filter, page).await?;
        let openings: Vec<_> = rows.iter().map(|row| self.reopen(row, replay.until)).collect();
        let opened: Vec<bool> = stream::iter(openings).buffer_unordered(AT_ONCE).try_collect().await?;
        self.wake();
        if opened.contains(&false) {
            // Some changed while they were looked at. They are looked at again.
            return Ok(());
        }
        let left = match rows.last() {
            Some(last) if rows.len() == PAGE => Some(Replay { done_from: Some(last.id), ..replay }),
            _ => None,
        };
        let further = Endpoint { replay: left, ..Endpoint::clone(endpoint) };
        let _turn = self.writes.acquire().await;
        self.endpoints.replace(kept.version, further, &[]).await?;
        Ok(())
    }

    /// Opens one delivery again, if it is not yet. One that cannot be read stays as it is. False: it changed in this moment.
    async fn reopen(&self, row: &OutboxRow, until: Timestamp) -> Result<bool, SessionError> {
        let Some(mut outgoing) = self.readable(row) else { return Ok(true) };
        if !outgoing.replay(until, self.context.clock.now()) {
            return Ok(true);
        }
        Ok(self.write(&self.sealed(&outgoing, row.version + 1)).await?)
    }
}

/// Where the page after this delivery begins.
pub(super) fn cursor(id: DeliveryId) -> Cursor {
    Cursor { created_at: written_at(id), id: id.as_u128() }
}

/// When a delivery was written: what its id says, so that the one orders deliveries as the other does.
pub(super) fn written_at(id: DeliveryId) -> Timestamp {
    // The upper 48 bits of a UUID version 7 are milliseconds.
    let millis = i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use herald_core::clock::SystemEntropy;

    use super::*;

    #[test]
    fn a_delivery_was_written_when_its_id_says() {
        let now = Timestamp::constant(1_767_323_045, 678_901_234);
        let written = written_at(DeliveryId::generate(now, &SystemEntropy));
        assert_eq!(written, Timestamp::constant(1_767_323_045, 678_000_000));
        assert_eq!(written_at(DeliveryId::from_u128(u128::MAX)), Timestamp::MAX);
    }
}
