//! The book of endpoints: typed endpoints in, sealed rows out, and every tenant's list by heart for a moment.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::{
    id::{EndpointId, TenantId},
    seal::CannotOpen,
    store::{EndpointRow, OutboxRow, StoreError},
    webhook::Endpoint,
};
use jiff::{SignedDuration, Timestamp};

use crate::{herald::Context, hub::Kept};

/// How old a list may be: so long may another replica's change go unseen that is not heard of.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// How often it is said that an endpoint cannot be read.
const COMPLAIN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A tenant's endpoints, newest first: those that can be read.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    readable: Arc<[Kept<Endpoint>]>,
    unreadable: Arc<[EndpointId]>,
}

impl Endpoints {
    /// Is it there, and cannot be read?
    pub(crate) fn is_unreadable(&self, id: EndpointId) -> bool {
        self.unreadable.contains(&id)
    }

    /// An endpoint takes the place of an earlier version of itself.
    fn refresh(&mut self, newer: &Kept<Endpoint>) {
        let is_former =
            |kept: &Kept<Endpoint>| kept.value.id == newer.value.id && kept.version < newer.version;
        if self.readable.iter().any(is_former) {
            let refreshed = |kept: &Kept<Endpoint>| if is_former(kept) { newer } else { kept }.clone();
            self.readable = self.readable.iter().map(refreshed).collect();
        }
    }
}

impl Deref for Endpoints {
    type Target = [Kept<Endpoint>];

    fn deref(&self) -> &Self::Target {
        &self.readable
    }
}

/// Loads and saves endpoints.
#[derive(Debug)]
pub(crate) struct Book {
    context: Arc<Context>,
    memories: Mutex<HashMap<TenantId, Arc<Memory>>>,
    complained_at: Mutex<Option<Timestamp>>,
}

/// What is known of one tenant.
#[derive(Debug, Default)]
struct Memory {
    known: Mutex<Known>,
    /// Held by who reads the store, so that many who find nothing read it once.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// The list, and when reading it began.
    list: Option<(Endpoints, Timestamp)>,
    /// How often something was written. A list that was read while that changed may lack it, and is not kept.
    writes: u64,
}

/// Forgets a tenant's list when dropped, because it may be another by now, unless it is known what was written.
#[derive(Debug)]
struct Writing {
    memory: Arc<Memory>,
    is_known: bool,
}

impl Writing {
    fn begin(memory: Arc<Memory>) -> Self {
        Self { memory, is_known: false }
    }

    /// What was written takes its place in the list.
    fn knows(mut self, written: &Kept<Endpoint>) {
        let mut known = self.memory.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((list, _)) = &mut known.list {
            list.refresh(written);
        }
        known.writes += 1;
        drop(known);
        self.is_known = true;
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.is_known {
            return;
        }
        let mut known = self.memory.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.list = None;
        known.writes += 1;
    }
}

impl Book {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, memories: Mutex::default(), complained_at: Mutex::default() }
    }

    /// The tenant's endpoints as this process last wrote them, or another one before it was heard of, five seconds ago at most.
    pub(crate) async fn list(&self, tenant: &TenantId) -> Result<Endpoints, StoreError> {
        let memory = self.memory(tenant);
        if let Some(list) = memory.fresh(self.context.clock.now()) {
            return Ok(list);
        }
        let _reading = memory.reading.lock().await;
        let now = self.context.clock.now();
        if let Some(list) = memory.fresh(now) {
            return Ok(list);
        }
        let writes = memory.known.lock().unwrap_or_else(PoisonError::into_inner).writes;
        let list = self.read(tenant).await?;
        let mut known = memory.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.writes == writes {
            known.list = Some((list.clone(), now));
        }
        Ok(list)
    }

    /// The tenant's endpoints as they are stored now.
    pub(crate) async fn read(&self, tenant: &TenantId) -> Result<Endpoints, StoreError> {
        let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
        for row in self.context.store.endpoints(tenant).await? {
            match self.open(&row) {
                Ok(kept) => readable.push(kept),
                Err(error) => {
                    self.complain(&row, error);
                    unreadable.push(row.id);
                }
            }
        }
        Ok(Endpoints { readable: readable.into(), unreadable: unreadable.into() })
    }

    /// One that cannot be read is told nothing, and stops no other.
    fn complain(&self, row: &EndpointRow, error: CannotOpen) {
        let now = self.context.clock.now();
        let mut complained_at = self.complained_at.lock().unwrap_or_else(PoisonError::into_inner);
        if complained_at.is_none_or(|at| now.duration_since(at).abs() >= COMPLAIN_EVERY) {
            *complained_at = Some(now);
            tracing::error!(tenant.id = %row.tenant, endpoint.id = %row.id, %error, "a webhook endpoint cannot be read");
        }
    }

    /// Stores a new endpoint; nothing when the tenant has `most` already. Not to be called from where it may be dropped.
    pub(super) async fn insert(
        &self,
        endpoint: Endpoint,
        most: usize,
    ) -> Result<Option<Arc<Endpoint>>, StoreError> {
        let _writing = Writing::begin(self.memory(&endpoint.tenant));
        let is_stored = self.context.store.insert_endpoint(&self.row(&endpoint, 1), most).await?;
        Ok(is_stored.then(|| Arc::new(endpoint)))
    }

    /// Stores a changed endpoint and what is to be told of the change, if it is still at the version `seen`; nothing when it
    /// is not. Not to be called from where it may be dropped.
    pub(crate) async fn replace(
        &self,
        seen: u64,
        endpoint: Endpoint,
        told: &[OutboxRow],
    ) -> Result<Option<Arc<Endpoint>>, StoreError> {
        let writing = Writing::begin(self.memory(&endpoint.tenant));
        if !self.context.store.replace_endpoint(&self.row(&endpoint, seen + 1), told).await? {
            return Ok(None);
        }
        let written = Kept { value: Arc::new(endpoint), version: seen + 1 };
        writing.knows(&written);
        Ok(Some(written.value))
    }

    /// Removes an endpoint; false when there is none. Not to be called from where it may be dropped.
    pub(super) async fn remove(&self, tenant: &TenantId, id: EndpointId) -> Result<bool, StoreError> {
        let _writing = Writing::begin(self.memory(tenant));
        self.context.store.remove_endpoint(tenant, id).await
    }

    /// Another replica wrote one of the tenant's endpoints: the list is read anew when it is needed.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        let memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(memory) = memories.get(tenant).cloned() {
            drop(memories);
            drop(Writing::begin(memory));
        }
    }

    fn memory(&self, tenant: &TenantId) -> Arc<Memory> {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(memory) = memories.get(tenant) {
            return Arc::clone(memory);
        }
        Arc::clone(memories.entry(tenant.clone()).or_default())
    }

    fn row(&self, endpoint: &Endpoint, version: u64) -> EndpointRow {
        let Endpoint { tenant, id, .. } = endpoint;
        let body = self.context.vault.seal(tenant, "webhook-endpoint", &id.to_string(), endpoint);
        EndpointRow { tenant: tenant.clone(), id: *id, version, body }
    }

    fn open(&self, row: &EndpointRow) -> Result<Kept<Endpoint>, CannotOpen> {
        let endpoint: Endpoint =
            self.context.vault.open(&row.tenant, "webhook-endpoint", &row.id.to_string(), &row.body)?;
        Ok(Kept { value: Arc::new(endpoint), version: row.version })
    }
}

impl Memory {
    fn fresh(&self, now: Timestamp) -> Option<Endpoints> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (list, read_at) = known.list.as_ref()?;
        let age = now.duration_since(*read_at);
        (SignedDuration::ZERO..FRESH).contains(&age).then(|| list.clone())
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
