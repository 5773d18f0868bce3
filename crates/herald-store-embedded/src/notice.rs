//! Providers' notices: which were taken in, and deliveries of messages that no notification has yet.

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
    store::{NoticeStore, StoreError},
};
use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable as _};

use crate::{
    EmbeddedStore, expiry,
    fault::Fault,
    key, notification,
    tables::{NOTICES, NOTIFICATION_MESSAGES, NOTIFICATIONS, Tables, move_entry},
};

/// Moves the expiry of what a hash names.
fn expire(
    tables: &mut Tables<'_>,
    kind: u8,
    (tenant, hash): (&TenantId, &BlindIndex),
    from: Option<i128>,
    to: i128,
) -> Result<(), Fault> {
    let entry = |at: i128| (at, kind, tenant.as_str(), hash.as_bytes().as_slice());
    move_entry(&mut tables.expiries, from.map(entry), Some(entry(to)))
}

fn remember(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    notice: BlindIndex,
    keep_until: Timestamp,
) -> Result<(), Fault> {
    let until = keep_until.as_nanosecond();
    let before =
        tables.notices.insert((tenant.as_str(), notice.as_bytes()), until)?.map(|before| before.value());
    expire(tables, expiry::NOTICE, (tenant, &notice), before, until)
}

/// Forgets a notice, if its time is over.
pub(crate) fn remove_expired(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    notice: BlindIndex,
) -> Result<(), Fault> {
    let key = (tenant.as_str(), notice.as_bytes());
    let until = tables.notices.get(key)?.map(|until| until.value());
    if until.is_some_and(|until| until <= tables.now.as_nanosecond()) {
        tables.notices.remove(key)?;
    }
    Ok(())
}

/// Forgets that a message was delivered, if that was kept for long enough.
pub(crate) fn remove_expired_delivery(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    message: BlindIndex,
) -> Result<(), Fault> {
    let key = (tenant.as_str(), message.as_bytes());
    let noted = tables.noted_deliveries.get(key)?.map(|noted| noted.value());
    if noted.is_some_and(|(_, until)| until <= tables.now.as_nanosecond()) {
        tables.noted_deliveries.remove(key)?;
    }
    Ok(())
}

/// When this message was delivered, if that was noted before any notification had it.
pub(crate) fn delivered_at(
    tables: &Tables<'_>,
    tenant: &TenantId,
    message: BlindIndex,
) -> Result<Option<Timestamp>, Fault> {
    let noted = tables.noted_deliveries.get((tenant.as_str(), message.as_bytes()))?;
    let noted = noted.map(|noted| noted.value());
    noted.filter(|(_, until)| *until > tables.now.as_nanosecond()).map(|(at, _)| key::time(at)).transpose()
}

/// See `NoticeStore::note_delivered`.
fn note_delivered(
    tables: &mut Tables<'_>,
    tenant: &TenantId,
    message: BlindIndex,
    at: Timestamp,
    keep_until: Timestamp,
) -> Result<Option<NotificationId>, Fault> {
    let (notifications, messages) = (&tables.notifications, &tables.notification_messages);
    let found = notification::with_message(notifications, messages, tenant, message, tables.now)?;
    if found.is_some() {
        return Ok(found);
    }
    let (key, until) = ((tenant.as_str(), message.as_bytes()), keep_until.as_nanosecond());
    let before = tables.noted_deliveries.insert(key, (at.as_nanosecond(), until))?;
    let before = before.map(|before| before.value().1);
    expire(tables, expiry::NOTED_DELIVERY, (tenant, &message), before, until)?;
    Ok(None)
}

fn is_noticed(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    notice: BlindIndex,
    now: Timestamp,
) -> Result<bool, Fault> {
    let until = transaction.open_table(NOTICES)?.get((tenant.as_str(), notice.as_bytes()))?;
    Ok(until.is_some_and(|until| until.value() > now.as_nanosecond()))
}

fn with_message(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    message: BlindIndex,
    now: Timestamp,
) -> Result<Option<NotificationId>, Fault> {
    let notifications = transaction.open_table(NOTIFICATIONS)?;
    let messages = transaction.open_table(NOTIFICATION_MESSAGES)?;
    notification::with_message(&notifications, &messages, tenant, message, now)
}

#[async_trait]
impl NoticeStore for EmbeddedStore {
    async fn is_noticed(&self, tenant: &TenantId, notice: BlindIndex) -> Result<bool, StoreError> {
        Ok(is_noticed(&self.shared.disk.read()?, tenant, notice, self.shared.clock.now())?)
    }

    async fn remember_notice(
        &self,
        tenant: &TenantId,
        notice: BlindIndex,
        keep_until: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(move |tables| remember(tables, &tenant, notice, keep_until)).await
    }

    async fn note_delivered(
        &self,
        tenant: &TenantId,
        message: BlindIndex,
        at: Timestamp,
        keep_until: Timestamp,
    ) -> Result<Option<NotificationId>, StoreError> {
        // Most deliveries are of messages that are there; those cost no write.
        let found = with_message(&self.shared.disk.read()?, tenant, message, self.shared.clock.now())?;
        if found.is_some() {
            return Ok(found);
        }
        let tenant = tenant.clone();
        self.write(move |tables| note_delivered(tables, &tenant, message, at, keep_until)).await
    }
}
