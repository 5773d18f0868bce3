//! The outbox: what is still to be told outside, one row for each event and destination.
//!
//! A row is written in the same step as the change that it tells of, so that there is no change without its event and no
//! event without its change. An event for several destinations is several rows, so that none waits for another.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Backlog, Page, StoreError};
use crate::{
    id::{DeliveryId, EndpointId, TenantId},
    seal::Sealed,
};

/// What a store sees of an event on its way to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The delivery.
    pub id: DeliveryId,
    /// The webhook endpoint that it goes to, where it goes to one.
    pub endpoint: Option<EndpointId>,
    /// 1 when written, one more with every change: what a conditional write is conditional on.
    pub version: u64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When somebody has to tell it; nothing when nothing more is to be done.
    pub due_at: Option<Timestamp>,
    /// From then on it is gone.
    pub purge_at: Timestamp,
    /// Everything else.
    pub body: Sealed,
}

/// Which deliveries of an endpoint to list.
#[derive(Clone, Copy, Debug)]
pub struct OutboxFilter {
    /// To this endpoint.
    pub endpoint: EndpointId,
    /// Only those written at or after this time.
    pub created_from: Option<Timestamp>,
}

impl OutboxFilter {
    /// Is this one of those that are to be listed?
    pub fn takes(&self, row: &OutboxRow) -> bool {
        row.endpoint == Some(self.endpoint) && self.created_from.is_none_or(|from| row.created_at >= from)
    }
}

/// Keeps what is to be told until it is told, and for a while after.
///
/// # Behaviour
/// - `a_delivery_is_written_once`: wherever rows are written with a change, one whose id is there already is `Corrupt`, and
///   nothing is stored.
#[async_trait]
pub trait OutboxStore: fmt::Debug + Send + Sync + 'static {
    /// Stores what is told of no stored change, all of one tenant: all of it or nothing.
    async fn append_outbox(&self, rows: &[OutboxRow]) -> Result<(), StoreError>;

    /// Stores a changed delivery, if it is still at the version before `row.version`; as `replace_login`.
    async fn replace_delivery(&self, row: &OutboxRow) -> Result<bool, StoreError>;

    /// A page of an endpoint's deliveries, newest first.
    ///
    /// # Behaviour
    /// - `delivery_pages_cover_the_list`: pages one after the other give every matching row once, newest first.
    async fn list_deliveries(
        &self,
        tenant: &TenantId,
        filter: OutboxFilter,
        page: Page,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// Takes up to `limit` deliveries of a tenant whose `due_at` has come and that nobody holds; as `lease_logins`.
    ///
    /// # Behaviour
    /// - `a_leased_delivery_is_not_leased_again`.
    /// - `a_tenant_leases_its_own_deliveries`: however much another tenant has waiting.
    async fn lease_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// Prolongs the leases that `holder` has on these deliveries, and says on which it has one; as `prolong_notifications`.
    ///
    /// # Behaviour
    /// - `a_prolonged_lease_on_a_delivery_lasts_longer`.
    async fn prolong_deliveries(
        &self,
        tenant: &TenantId,
        holder: &str,
        ids: &[DeliveryId],
        lease: Duration,
    ) -> Result<Vec<DeliveryId>, StoreError>;

    /// Gives a lease back, if `holder` has it, and says when the delivery can be leased next, if ever; as
    /// `release_notification`.
    ///
    /// # Behaviour
    /// - `a_delivery_put_off_rests_until_its_time`.
    async fn release_delivery(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: DeliveryId,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// What is waiting, of every tenant that has something.
    ///
    /// # Behaviour
    /// - `the_outbox_backlog_counts_what_waits`.
    async fn outbox_backlog(&self) -> Result<Vec<Backlog>, StoreError>;
}
