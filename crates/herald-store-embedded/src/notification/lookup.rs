//! What is there of a notification and of a key, for readers and for writers.

use herald_core::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
    store::{Accepted, KeyRecord, NotificationRow, record::KeyEntry},
};
use jiff::Timestamp;
use redb::ReadableTable;

use crate::{
    fault::Fault,
    tables::{Bytes, HashKey, RowKey},
};

/// What is stored of a notification, expired or not.
pub(super) fn stored(
    notifications: &impl ReadableTable<RowKey, Bytes>,
    tenant: &TenantId,
    id: NotificationId,
) -> Result<Option<NotificationRow>, Fault> {
    let bytes = notifications.get((tenant.as_str(), id.as_u128()))?;
    bytes.map(|bytes| Ok(NotificationRow::from_record(tenant, id, bytes.value())?)).transpose()
}

/// What is stored of a key, expired or not.
pub(super) fn stored_key(
    keys: &impl ReadableTable<HashKey, Bytes>,
    tenant: &TenantId,
    key: &BlindIndex,
) -> Result<Option<KeyEntry>, Fault> {
    let bytes = keys.get((tenant.as_str(), key.as_bytes()))?;
    bytes.map(|bytes| Ok(KeyEntry::from_record(bytes.value())?)).transpose()
}

/// The notification whose row has this message key, if it has not expired.
pub(crate) fn with_message(
    notifications: &impl ReadableTable<RowKey, Bytes>,
    messages: &impl ReadableTable<HashKey, u128>,
    tenant: &TenantId,
    message: BlindIndex,
    now: Timestamp,
) -> Result<Option<NotificationId>, Fault> {
    let id = messages.get((tenant.as_str(), message.as_bytes()))?;
    let Some(id) = id.map(|id| NotificationId::from_u128(id.value())) else { return Ok(None) };
    let row = stored(notifications, tenant, id)?;
    Ok(row.filter(|row| row.purge_at > now).map(|row| row.id))
}

/// What was accepted under a key, if it is not free.
pub(super) fn under(
    notifications: &impl ReadableTable<RowKey, Bytes>,
    keys: &impl ReadableTable<HashKey, Bytes>,
    tenant: &TenantId,
    asked: &KeyRecord,
    now: Timestamp,
) -> Result<Option<Accepted>, Fault> {
    let used = stored_key(keys, tenant, &asked.key)?.filter(|used| used.keep_until > now);
    let Some(used) = used else { return Ok(None) };
    if used.fingerprint != asked.fingerprint {
        return Ok(Some(Accepted::KeyReused));
    }
    // A row that is purged before its key would be sent twice if the key counted as free.
    let row = stored(notifications, tenant, used.notification)?.filter(|row| row.purge_at > now);
    let row = row.ok_or_else(|| {
        Fault::Unreadable(format!("the notification {} is gone before its key", used.notification))
    })?;
    Ok(Some(Accepted::Replay(Box::new(row))))
}
