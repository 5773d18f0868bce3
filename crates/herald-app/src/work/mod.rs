//! Work that is due, of many tenants: taken from the store, shared out between them, attended to piece by piece, given back.
//! Notifications that are sent and events that are told differ in what attending is, and in nothing else here.
//!
//! # Things to note
//! - Of many replicas each takes what it can attend to and holds it by a lease, which it prolongs while it lives (`keeping`).
//!   What a dead one held is anybody's within the lease; nothing tells of that but the looks that every replica makes.
//! - A lease gives no right to write. A replica that slept, or could not prolong, finds that out by the versions of the rows.

mod dispatcher;
mod fair;
mod in_hand;
mod keeping;

pub(crate) use dispatcher::run;
pub(crate) use in_hand::InHand;
pub(crate) use keeping::keep_leases;

use std::{fmt::Display, hash::Hash, sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    store::{Backlog, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{herald::Context, tenant::DeliveryRules};

/// How long a piece is held without a word of whoever has it: so long does nobody do what a dead replica was to do.
const LEASE: Duration = Duration::from_secs(30);

/// When a lease ends that was asked for now, at the earliest: the store may have given it a moment later.
fn lease_end(asked_at: Timestamp) -> Timestamp {
    asked_at + SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::ZERO)
}

/// How a piece of work was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// As it is stored: it is for whoever comes when it is due, if ever.
    Free,
    /// It is due, but is not to be looked at before this time.
    Until(Timestamp),
}

/// One kind of work.
#[async_trait]
pub(crate) trait Work: Clone + Send + Sync + 'static {
    /// A piece of it, as it was leased.
    type Piece: Send + Sync + 'static;
    /// What names a piece within its tenant.
    type Id: Copy + Eq + Hash + Display + Send + Sync + 'static;
    /// Why a piece could not be attended to.
    type Error: Display + Send;

    /// What the work is called in logs and metrics.
    const KIND: &'static str;

    fn context(&self) -> &Arc<Context>;

    /// What is being attended to.
    fn in_hand(&self) -> &InHand<Self::Id>;

    fn name(piece: &Self::Piece) -> (&TenantId, Self::Id);

    fn due_at(piece: &Self::Piece) -> Option<Timestamp>;

    /// How many pieces of a tenant with these rules may be in hand at once.
    fn most_of_tenant(rules: &DeliveryRules) -> usize;

    /// Is the trouble over in a moment, as a rule, and is trying again free?
    fn is_short(error: &Self::Error) -> bool;

    /// As the store's port says.
    async fn backlog(&self) -> Result<Vec<Backlog>, StoreError>;

    /// As the store's port says, for this replica.
    async fn lease(
        &self,
        tenant: &TenantId,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Self::Piece>, StoreError>;

    /// As the store's port says, for this replica.
    async fn prolong(
        &self,
        tenant: &TenantId,
        ids: &[Self::Id],
        lease: Duration,
    ) -> Result<Vec<Self::Id>, StoreError>;

    /// As the store's port says, for this replica.
    async fn release(
        &self,
        tenant: &TenantId,
        id: Self::Id,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// Does what is due for one piece.
    async fn attend(&self, piece: &Self::Piece, stop: &CancellationToken) -> Result<Left, Self::Error>;

    /// Comes when something may have become due.
    async fn something_due(&self);

    /// Says that something may have become due.
    fn wake(&self);
}
