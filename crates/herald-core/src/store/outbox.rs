//! The outbox: events that are still to be told outside.
//!
//! An event is written in the same step as the change that caused it, so that there is no change without its event and no
//! event without its change.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::{
    id::{EventId, TenantId},
    seal::Sealed,
};

/// What a store sees of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The event.
    pub id: EventId,
    /// 1 when written, one more with every change: what a conditional write is conditional on.
    pub version: u64,
    /// When somebody has to tell it; nothing when nobody has to be told any more.
    pub due_at: Option<Timestamp>,
    /// From then on it is gone.
    pub purge_at: Timestamp,
    /// Everything else.
    pub body: Sealed,
}

/// Keeps events until they are told. They are written by the methods of the other ports that cause them.
#[async_trait]
pub trait OutboxStore: fmt::Debug + Send + Sync + 'static {
    /// Stores a changed event, if it is still at the version before `row.version`; as `replace_login`.
    async fn replace_event(&self, row: &EventRow) -> Result<bool, StoreError>;

    /// Takes up to `limit` events whose `due_at` has come and that nobody holds; as `lease_logins`.
    ///
    /// # Behaviour
    /// - `a_leased_event_is_not_leased_again`.
    async fn lease_events(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<EventRow>, StoreError>;

    /// Gives a lease back, if `holder` has it.
    async fn release_event(&self, holder: &str, tenant: &TenantId, id: EventId) -> Result<(), StoreError>;

    /// When to look again; as `next_login_due`.
    async fn next_event_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
