//! What providers told us: which of it was taken in, and what came before its time.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
};

/// Remembers providers' notices.
#[async_trait]
pub trait NoticeStore: fmt::Debug + Send + Sync + 'static {
    /// Was this notice taken in before?
    ///
    /// # Behaviour
    /// - `a_notice_is_remembered_until_its_time`.
    async fn is_noticed(&self, tenant: &TenantId, notice: BlindIndex) -> Result<bool, StoreError>;

    /// Remembers that a notice was taken in: after its effect is stored, so that one whose effect was lost is taken in again.
    async fn remember_notice(
        &self,
        tenant: &TenantId,
        notice: BlindIndex,
        keep_until: Timestamp,
    ) -> Result<(), StoreError>;

    /// The notification whose row has this message key. When there is none (yet), it is stored until `keep_until` that the
    /// message was delivered at `at`, for `replace_notification` to find.
    ///
    /// # Behaviour
    /// - `a_delivery_that_comes_early_is_found_by_the_outcome`: however the two meet, one of them sees the other.
    async fn note_delivered(
        &self,
        tenant: &TenantId,
        message: BlindIndex,
        at: Timestamp,
        keep_until: Timestamp,
    ) -> Result<Option<NotificationId>, StoreError>;
}
