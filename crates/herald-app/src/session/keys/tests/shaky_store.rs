//! A store that can go away, hang, be exchanged, and count.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    seal::Sealed,
    store::{SecretRow, SecretStore, StoreError},
};
use tokio::sync::RwLock;

/// The secrets of another store, over a line with faults.
#[derive(Debug)]
pub(super) struct ShakyStore {
    store: ArcSwap<Arc<dyn SecretStore>>,
    reads: AtomicUsize,
    fails_reads: AtomicBool,
    fails_writes: AtomicBool,
    /// Reads go through it: whoever locks it makes them hang.
    pub(super) gate: RwLock<()>,
}

impl ShakyStore {
    pub(super) fn new(store: Arc<dyn SecretStore>) -> Self {
        Self {
            store: ArcSwap::from_pointee(store),
            reads: AtomicUsize::new(0),
            fails_reads: AtomicBool::new(false),
            fails_writes: AtomicBool::new(false),
            gate: RwLock::new(()),
        }
    }

    /// From now on the store is another one, as if it had been emptied.
    pub(super) fn exchange(&self, store: Arc<dyn SecretStore>) {
        self.store.store(Arc::new(store));
    }

    /// How many reads have begun.
    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// Makes reads fail, or not any more.
    pub(super) fn fail_reads(&self, do_fail: bool) {
        self.fails_reads.store(do_fail, Ordering::SeqCst);
    }

    /// Makes writes fail, or not any more.
    pub(super) fn fail_writes(&self, do_fail: bool) {
        self.fails_writes.store(do_fail, Ordering::SeqCst);
    }
}

fn check(fails: &AtomicBool) -> Result<(), StoreError> {
    if fails.load(Ordering::SeqCst) { Err(StoreError::Unavailable("gone".into())) } else { Ok(()) }
}

#[async_trait]
impl SecretStore for ShakyStore {
    async fn shared_secret(&self, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
        self.store.load_full().shared_secret(name, fresh).await
    }

    async fn secret(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretRow>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let _pass = self.gate.read().await;
        check(&self.fails_reads)?;
        self.store.load_full().secret(tenant, name).await
    }

    async fn replace_secret(&self, row: &SecretRow) -> Result<bool, StoreError> {
        check(&self.fails_writes)?;
        self.store.load_full().replace_secret(row).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.load_full().ping().await
    }
}
