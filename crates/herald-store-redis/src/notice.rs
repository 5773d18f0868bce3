//! Providers' notices: which were taken in, and deliveries of messages that no notification has yet.

use async_trait::async_trait;
use herald_core::{
    id::{NotificationId, TenantId},
    seal::BlindIndex,
    store::{NoticeStore, NotificationRow, StoreError},
};
use jiff::Timestamp;

use crate::{
    RedisStore,
    names::Names,
    notification, row,
    step::{Checks, Committed},
    value::{self, HEADER, Kind},
};

/// How often it is looked where a message leads, when that has changed before a step ran.
const LOOKS: usize = 8;

fn notice_key(names: &Names, tenant: &TenantId, notice: &BlindIndex) -> Vec<u8> {
    names.hash(tenant, "notice", notice)
}

/// The key of when a message was delivered that no notification had then.
pub(crate) fn delivered_key(names: &Names, tenant: &TenantId, message: &BlindIndex) -> Vec<u8> {
    names.hash(tenant, "delivered", message)
}

/// When that was, from what is under the key.
pub(crate) fn delivered_at(value: &[u8]) -> Result<Timestamp, StoreError> {
    let at = value::read_plain(Kind::Delivered, value)?.map(i128::from_be_bytes);
    let at = at.and_then(|at| Timestamp::from_nanosecond(at).ok());
    at.ok_or_else(|| StoreError::Corrupt("a noted delivery has no readable time".to_owned()))
}

impl RedisStore {
    /// The notification that has this message, if one has; else has it expected that none has when a step runs.
    async fn with_message(
        &self,
        checks: &mut Checks,
        tenant: &TenantId,
        message: &BlindIndex,
    ) -> Result<Option<NotificationId>, StoreError> {
        let key = notification::message_key(&self.names, tenant, message);
        let Some(value) = self.value(&key).await? else {
            checks.absent(&key);
            return Ok(None);
        };
        let unreadable = || StoreError::Corrupt("a message leads to no readable id".to_owned());
        let id = value::read_plain(Kind::Message, &value)?.map(u128::from_be_bytes).ok_or_else(unreadable)?;
        // It leads there still, …
        checks.same(&key, HEADER, &value[HEADER..]);
        let key = row::key::<NotificationRow>(&self.names, tenant, id);
        let value = self.value(&key).await?;
        let row = value
            .map_or(Ok(None), |value| row::read::<NotificationRow>(tenant, id, &value, self.clock.now()))?;
        // … to a notification that is over, or went on to another message.
        match row {
            Some(row) if row.message == Some(*message) => return Ok(Some(row.id)),
            Some(row) => checks.version(&key, row.version),
            None => checks.absent(&key),
        };
        Ok(None)
    }
}

#[async_trait]
impl NoticeStore for RedisStore {
    async fn is_noticed(&self, tenant: &TenantId, notice: BlindIndex) -> Result<bool, StoreError> {
        let value = self.value(&notice_key(&self.names, tenant, &notice)).await?;
        let now = self.clock.now();
        value.map_or(Ok(false), |value| Ok(value::read(Kind::Notice, &value)?.is_live(now)))
    }

    async fn remember_notice(
        &self,
        tenant: &TenantId,
        notice: BlindIndex,
        keep_until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut step = Checks::default().then();
        let value = value::wrap(1, Some(keep_until), Kind::Notice, &[]);
        step.set(&notice_key(&self.names, tenant, &notice), &value);
        self.commit(step, &[]).await?;
        Ok(())
    }

    async fn note_delivered(
        &self,
        tenant: &TenantId,
        message: BlindIndex,
        at: Timestamp,
        keep_until: Timestamp,
    ) -> Result<Option<NotificationId>, StoreError> {
        let key = delivered_key(&self.names, tenant, &message);
        let value = value::wrap_plain(1, Some(keep_until), Kind::Delivered, at.as_nanosecond().to_be_bytes());
        for _ in 0..LOOKS {
            let mut checks = Checks::default();
            let found = self.with_message(&mut checks, tenant, &message).await?;
            if found.is_some() {
                return Ok(found);
            }
            let mut step = checks.then();
            step.set(&key, &value);
            if self.commit(step, &[]).await? == Committed::Done {
                return Ok(None);
            }
        }
        Err(StoreError::Unavailable("a message changes hands all the time".into()))
    }
}
