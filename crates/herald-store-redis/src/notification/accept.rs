//! Accepting, and what was accepted under a key.

use herald_core::{
    failpoint,
    id::TenantId,
    seal::BlindIndex,
    store::{Accepted, KeyRecord, NotificationRow, OutboxRow, StoreError, record::KeyEntry},
};

use super::write;
use crate::{
    RedisStore,
    names::Names,
    outbox, row,
    step::{Check, Checks, Committed, Step},
    value::{self, Kind},
};

/// How often a key is looked at whose notification is gone: the first time it may have been about to end.
const LOOKS: usize = 2;

fn key_of(names: &Names, tenant: &TenantId, key: &BlindIndex) -> Vec<u8> {
    names.hash(tenant, "key", key)
}

fn entry(value: &[u8]) -> Result<KeyEntry, StoreError> {
    Ok(KeyEntry::from_record(value::read(Kind::Key, value)?.record)?)
}

/// The checks of an accept.
struct Expected {
    /// The key is free.
    key: Check,
    /// The notification is new.
    row: Check,
}

impl RedisStore {
    fn accept_step(
        &self,
        row: &NotificationRow,
        record: &KeyRecord,
        told: &[OutboxRow],
    ) -> Result<(Step, Expected), StoreError> {
        let (names, tenant) = (&self.names, &row.tenant);
        let key = key_of(names, tenant, &record.key);
        let mut checks = Checks::default();
        let expected = Expected {
            key: checks.absent(&key),
            row: checks.absent(&row::key::<NotificationRow>(names, tenant, row.id.as_u128())),
        };
        outbox::expect_new(&mut checks, names, tenant, told)?;
        let mut step = checks.then();
        let KeyRecord { fingerprint, keep_until, .. } = *record;
        let entry = KeyEntry { fingerprint, keep_until, notification: row.id };
        step.set(&key, &value::wrap(1, Some(keep_until), Kind::Key, &entry.to_record()));
        write::put(&mut step, names, row);
        outbox::write(&mut step, names, told);
        Ok((step, expected))
    }

    /// See `NotificationStore::accept_notification`.
    pub(super) async fn accept(
        &self,
        row: &NotificationRow,
        record: &KeyRecord,
        told: &[OutboxRow],
    ) -> Result<Accepted, StoreError> {
        self.ensure_tenant(&row.tenant).await?;
        for _ in 0..LOOKS {
            let (step, expected) = self.accept_step(row, record, told)?;
            failpoint::pass("K1");
            match self.commit(step, &write::changes(row, told)).await? {
                Committed::Done => return Ok(Accepted::New),
                Committed::Refused { check, met } if check == expected.key => {
                    let used = entry(&met.unwrap_or_default())?;
                    if let Some(accepted) = self.under(&row.tenant, record, &used).await? {
                        return Ok(accepted);
                    }
                }
                Committed::Refused { check, .. } if check == expected.row => {
                    let what = format!("the new notification {} is there already", row.id);
                    return Err(StoreError::Corrupt(what));
                }
                Committed::Refused { .. } => return Err(outbox::already_there()),
            }
        }
        Err(gone())
    }

    /// See `NotificationStore::notification_under`.
    pub(super) async fn accepted_under(
        &self,
        tenant: &TenantId,
        record: &KeyRecord,
    ) -> Result<Option<Accepted>, StoreError> {
        for _ in 0..LOOKS {
            let Some(value) = self.value(&key_of(&self.names, tenant, &record.key)).await? else {
                return Ok(None);
            };
            if !value::read(Kind::Key, &value)?.is_live(self.clock.now()) {
                return Ok(None);
            }
            if let Some(accepted) = self.under(tenant, record, &entry(&value)?).await? {
                return Ok(Some(accepted));
            }
        }
        Err(gone())
    }

    /// What was accepted under a key that is used; nothing when the notification is gone.
    async fn under(
        &self,
        tenant: &TenantId,
        asked: &KeyRecord,
        used: &KeyEntry,
    ) -> Result<Option<Accepted>, StoreError> {
        if used.fingerprint != asked.fingerprint {
            return Ok(Some(Accepted::KeyReused));
        }
        let id = used.notification.as_u128();
        let Some(value) = self.value(&row::key::<NotificationRow>(&self.names, tenant, id)).await? else {
            return Ok(None);
        };
        // It is kept longer than its key, which was used by the time of Redis: what the clock here says of it does not count.
        let record = value::read(Kind::Notification, &value)?.record;
        let row = NotificationRow::from_record(tenant, used.notification, record)?;
        Ok(Some(Accepted::Replay(Box::new(row))))
    }
}

/// A notification that is purged before its key would be sent twice if the key counted as free.
fn gone() -> StoreError {
    StoreError::Corrupt("a notification is gone before its key".to_owned())
}
