//! The webhook endpoints of tenants.

use std::fmt;

use async_trait::async_trait;

use super::{OutboxRow, StoreError};
use crate::{
    id::{EndpointId, TenantId},
    seal::Sealed,
};

/// What a store sees of a webhook endpoint. It stays until it is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The endpoint.
    pub id: EndpointId,
    /// 1 when inserted, one more with every change: what a conditional write is conditional on.
    pub version: u64,
    /// Everything else.
    pub body: Sealed,
}

/// Keeps webhook endpoints.
#[async_trait]
pub trait EndpointStore: fmt::Debug + Send + Sync + 'static {
    /// Stores a new endpoint at version 1; false, and nothing stored, when the tenant has `most` already.
    ///
    /// # Behaviour
    /// - `endpoints_are_bounded`: of many that are inserted at once no more than `most` are there.
    async fn insert_endpoint(&self, row: &EndpointRow, most: usize) -> Result<bool, StoreError>;

    /// All endpoints of a tenant, newest first.
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<EndpointRow>, StoreError>;

    /// Stores a changed endpoint and what is to be told of the change in one step, if the endpoint is still at the version
    /// before `row.version`.
    ///
    /// # Behaviour
    /// - `of_racing_endpoint_writers_one_wins`.
    async fn replace_endpoint(&self, row: &EndpointRow, told: &[OutboxRow]) -> Result<bool, StoreError>;

    /// Removes an endpoint; false when there is none. Its deliveries stay until they are purged.
    async fn remove_endpoint(&self, tenant: &TenantId, id: EndpointId) -> Result<bool, StoreError>;
}
