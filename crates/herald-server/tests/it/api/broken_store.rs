//! A store that went away right after the start.

use std::time::Duration;

use async_trait::async_trait;
use herald_core::{
    id::{DeliveryId, EndpointId, LoginId, NotificationId, SessionId, SubjectId, TenantId},
    seal::{BlindIndex, Sealed},
    store::{
        Accepted, Backlog, Change, ChangeStore, ClaimWritten, CounterStore, EndpointRow, EndpointStore,
        Finder, IdentityRow, KeyRecord, LoginFilter, LoginRow, LoginStore, NoticeStore, NotificationFilter,
        NotificationPage, NotificationRow, NotificationStore, OutboxFilter, OutboxRow, OutboxStore, Page,
        Quota, Replaced, SecretRow, SecretStore, SessionFilter, SessionPage, SessionRow, SessionStore,
        StoreError, SubjectStore, Taken,
    },
};
use jiff::Timestamp;

/// Fails at everything but what a start needs.
#[derive(Debug)]
pub(crate) struct BrokenStore;

type Answer<T> = Result<T, StoreError>;

fn gone<T>() -> Answer<T> {
    Err(StoreError::Unavailable("canary-store".into()))
}

#[async_trait]
impl SecretStore for BrokenStore {
    async fn shared_secret(&self, _: &str, fresh: Sealed) -> Answer<Sealed> {
        Ok(fresh)
    }

    async fn secret(&self, _: &TenantId, _: &str) -> Answer<Option<SecretRow>> {
        gone()
    }

    async fn replace_secret(&self, _: &SecretRow) -> Answer<bool> {
        gone()
    }

    async fn ping(&self) -> Answer<()> {
        gone()
    }
}

#[async_trait]
impl SubjectStore for BrokenStore {
    async fn subject_of(&self, _: &TenantId, _: BlindIndex) -> Answer<Option<SubjectId>> {
        gone()
    }

    async fn identities_of(&self, _: &TenantId, _: SubjectId) -> Answer<Vec<IdentityRow>> {
        gone()
    }
}

#[async_trait]
impl LoginStore for BrokenStore {
    async fn insert_login(&self, _: &LoginRow, _: &[Finder]) -> Answer<bool> {
        gone()
    }

    async fn login(&self, _: &TenantId, _: LoginId) -> Answer<Option<LoginRow>> {
        gone()
    }

    async fn find_login(&self, _: Finder) -> Answer<Option<LoginRow>> {
        gone()
    }

    async fn replace_login(&self, _: &LoginRow, _: &[OutboxRow]) -> Answer<bool> {
        gone()
    }

    async fn claim_login(
        &self,
        _: &LoginRow,
        _: &IdentityRow,
        _: &SessionRow,
        _: &[OutboxRow],
    ) -> Answer<ClaimWritten> {
        gone()
    }

    async fn list_logins(&self, _: &TenantId, _: LoginFilter, _: Page) -> Answer<Vec<LoginRow>> {
        gone()
    }

    async fn lease_logins(&self, _: &str, _: Duration, _: usize) -> Answer<Vec<LoginRow>> {
        gone()
    }

    async fn lease_login(&self, _: &str, _: &TenantId, _: LoginId, _: Duration) -> Answer<bool> {
        gone()
    }

    async fn release_login(&self, _: &str, _: &TenantId, _: LoginId) -> Answer<()> {
        gone()
    }

    async fn next_login_due(&self) -> Answer<Option<Timestamp>> {
        gone()
    }
}

#[async_trait]
impl SessionStore for BrokenStore {
    async fn session(&self, _: &TenantId, _: SessionId) -> Answer<Option<SessionRow>> {
        gone()
    }

    async fn replace_session(&self, _: &SessionRow, _: &[OutboxRow]) -> Answer<bool> {
        gone()
    }

    async fn list_sessions(&self, _: &TenantId, _: &SessionFilter, _: Page) -> Answer<SessionPage> {
        gone()
    }
}

#[async_trait]
impl OutboxStore for BrokenStore {
    async fn append_outbox(&self, _: &[OutboxRow]) -> Answer<()> {
        gone()
    }

    async fn replace_delivery(&self, _: &OutboxRow) -> Answer<bool> {
        gone()
    }

    async fn list_deliveries(&self, _: &TenantId, _: OutboxFilter, _: Page) -> Answer<Vec<OutboxRow>> {
        gone()
    }

    async fn lease_deliveries(&self, _: &TenantId, _: &str, _: Duration, _: usize) -> Answer<Vec<OutboxRow>> {
        gone()
    }

    async fn prolong_deliveries(
        &self,
        _: &TenantId,
        _: &str,
        _: &[DeliveryId],
        _: Duration,
    ) -> Answer<Vec<DeliveryId>> {
        gone()
    }

    async fn release_delivery(
        &self,
        _: &str,
        _: &TenantId,
        _: DeliveryId,
        _: Option<Timestamp>,
    ) -> Answer<Option<Timestamp>> {
        gone()
    }

    async fn outbox_backlog(&self) -> Answer<Vec<Backlog>> {
        gone()
    }
}

#[async_trait]
impl EndpointStore for BrokenStore {
    async fn insert_endpoint(&self, _: &EndpointRow, _: usize) -> Answer<bool> {
        gone()
    }

    async fn endpoints(&self, _: &TenantId) -> Answer<Vec<EndpointRow>> {
        gone()
    }

    async fn replace_endpoint(&self, _: &EndpointRow, _: &[OutboxRow]) -> Answer<bool> {
        gone()
    }

    async fn remove_endpoint(&self, _: &TenantId, _: EndpointId) -> Answer<bool> {
        gone()
    }
}

#[async_trait]
impl NoticeStore for BrokenStore {
    async fn is_noticed(&self, _: &TenantId, _: BlindIndex) -> Answer<bool> {
        gone()
    }

    async fn remember_notice(&self, _: &TenantId, _: BlindIndex, _: Timestamp) -> Answer<()> {
        gone()
    }

    async fn note_delivered(
        &self,
        _: &TenantId,
        _: BlindIndex,
        _: Timestamp,
        _: Timestamp,
    ) -> Answer<Option<NotificationId>> {
        gone()
    }
}

#[async_trait]
impl NotificationStore for BrokenStore {
    async fn accept_notification(
        &self,
        _: &NotificationRow,
        _: &KeyRecord,
        _: &[OutboxRow],
    ) -> Answer<Accepted> {
        gone()
    }

    async fn notification_under(&self, _: &TenantId, _: &KeyRecord) -> Answer<Option<Accepted>> {
        gone()
    }

    async fn notification(&self, _: &TenantId, _: NotificationId) -> Answer<Option<NotificationRow>> {
        gone()
    }

    async fn replace_notification(&self, _: &NotificationRow, _: &[OutboxRow]) -> Answer<Replaced> {
        gone()
    }

    async fn list_notifications(
        &self,
        _: &TenantId,
        _: &NotificationFilter,
        _: Page,
    ) -> Answer<NotificationPage> {
        gone()
    }

    async fn lease_notifications(
        &self,
        _: &TenantId,
        _: &str,
        _: Duration,
        _: usize,
    ) -> Answer<Vec<NotificationRow>> {
        gone()
    }

    async fn prolong_notifications(
        &self,
        _: &TenantId,
        _: &str,
        _: &[NotificationId],
        _: Duration,
    ) -> Answer<Vec<NotificationId>> {
        gone()
    }

    async fn release_notification(
        &self,
        _: &str,
        _: &TenantId,
        _: NotificationId,
        _: Option<Timestamp>,
    ) -> Answer<Option<Timestamp>> {
        gone()
    }

    async fn notification_backlog(&self) -> Answer<Vec<Backlog>> {
        gone()
    }
}

#[async_trait]
impl CounterStore for BrokenStore {
    async fn take(&self, _: &TenantId, _: &[(BlindIndex, Quota)]) -> Answer<Vec<Taken>> {
        gone()
    }
}

#[async_trait]
impl ChangeStore for BrokenStore {
    async fn next_change(&self) -> Change {
        std::future::pending().await
    }
}
