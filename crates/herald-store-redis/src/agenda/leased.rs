//! Leasing rows of any kind: the agenda says which, and then they are read.

use std::time::Duration;

use herald_core::{id::TenantId, store::StoreError};
use jiff::Timestamp;

use super::TakenRows;
use crate::{
    RedisStore, micros,
    names::Agenda,
    row::{self, Row},
};

/// A row that is in an agenda.
pub(crate) trait Leased: Row {
    /// In which.
    const AGENDA: Agenda;

    /// When it is due.
    fn due(&self) -> Option<Timestamp>;
}

/// What was found of rows that were taken.
struct Found<R> {
    /// Those that are due.
    due: Vec<R>,
    /// Those that somebody changed after they were taken, and that are not due any more.
    moved: Vec<u128>,
    /// Those that are over, with their keys.
    over: Vec<(u128, Vec<u8>)>,
}

impl RedisStore {
    /// Takes up to `limit` due rows of a tenant that nobody holds.
    pub(crate) async fn lease_due<R: Leased>(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<R>, StoreError> {
        let mut rows = Vec::new();
        while rows.len() < limit {
            let asked = limit - rows.len();
            match self.lease_round(tenant, holder, lease, asked).await {
                Ok((more, is_last)) => {
                    rows.extend(more);
                    if is_last {
                        break;
                    }
                }
                Err(error) if rows.is_empty() => return Err(error),
                Err(error) => {
                    // What was taken before is held, and nobody else attends to it meanwhile.
                    tracing::warn!(tenant.id = %tenant, kind = R::NAME, %error, "no more due rows could be taken");
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// Takes up to so many rows once; gives those that are due still, and whether there are no more.
    async fn lease_round<R: Leased>(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        asked: usize,
    ) -> Result<(Vec<R>, bool), StoreError> {
        let taken = self.agenda_lease(tenant, R::AGENDA, holder, lease, asked).await?;
        // Fewer than asked for.
        let is_last = taken.ids.len() < asked;
        Ok((self.read_taken(tenant, holder, taken).await?, is_last))
    }

    /// Takes those of these rows of a tenant that are due and that nobody holds, in their order.
    pub(crate) async fn lease_these<R: Leased>(
        &self,
        tenant: &TenantId,
        ids: &[u128],
        holder: &str,
        lease: Duration,
    ) -> Result<Vec<R>, StoreError> {
        let taken = self.agenda_lease_these(tenant, R::AGENDA, ids, holder, lease).await?;
        self.read_taken(tenant, holder, taken).await
    }

    /// Takes one row, due or not; false when another holds it, or it does not exist.
    pub(crate) async fn lease_one<R: Leased>(
        &self,
        tenant: &TenantId,
        id: u128,
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let key = row::key::<R>(&self.names, tenant, id);
        self.agenda_lease_one(tenant, R::AGENDA, (key, id), holder, lease).await
    }

    /// Reads rows that were taken. Those that turn out to be over are forgotten, and those that are not due any more are given back.
    async fn read_taken<R: Leased>(
        &self,
        tenant: &TenantId,
        holder: &str,
        taken: TakenRows,
    ) -> Result<Vec<R>, StoreError> {
        let found = match self.found(tenant, &taken).await {
            Ok(found) => found,
            Err(error) => {
                // Somebody else may have more luck before the lease is over. If this fails too, he waits.
                let _ = self.agenda_release_all(tenant, R::AGENDA, holder, taken.ids, None).await;
                return Err(error);
            }
        };
        let tidied = async {
            if !found.over.is_empty() {
                self.agenda_forget(tenant, R::AGENDA, found.over).await?;
            }
            if !found.moved.is_empty() {
                self.agenda_release_all(tenant, R::AGENDA, holder, found.moved, None).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = tidied.await {
            // They are looked at again when the lease is over; those that are due are not to wait for that.
            tracing::warn!(tenant.id = %tenant, kind = R::NAME, %error, "rows that are not due could not be given back");
        }
        Ok(found.due)
    }

    async fn found<R: Leased>(&self, tenant: &TenantId, taken: &TakenRows) -> Result<Found<R>, StoreError> {
        let keys: Vec<_> = taken.ids.iter().map(|id| row::key::<R>(&self.names, tenant, *id)).collect();
        let values = self.values(&keys).await?;
        let mut found = Found { due: Vec::new(), moved: Vec::new(), over: Vec::new() };
        for ((id, key), value) in taken.ids.iter().zip(keys).zip(values) {
            // By the time of Redis, which took it.
            match value.map_or(Ok(None), |value| row::read::<R>(tenant, *id, &value, taken.now)) {
                Ok(Some(row)) if row.due().is_some_and(|due| micros(due) <= micros(taken.now)) => {
                    found.due.push(row);
                }
                Ok(Some(_)) => found.moved.push(*id),
                Ok(None) => found.over.push((*id, key)),
                Err(error) => {
                    // It stays leased, so that it is not read again at once, and takes no place from the others.
                    let id = format_args!("{id:032x}");
                    tracing::error!(tenant.id = %tenant, kind = R::NAME, id, %error, "a row that is due cannot be read");
                }
            }
        }
        Ok(found)
    }
}
