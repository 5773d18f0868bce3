//! The sweeper: deletes what is over, with everything that leads to it, in small batches.

use herald_core::{
    id::{DeliveryId, LoginId, NotificationId, SessionId},
    seal::BlindIndex,
    store::StoreError,
};
use jiff::SignedDuration;
use redb::ReadableTable as _;

use crate::{
    EmbeddedStore, fault::Fault, key, login, notice, notification, outbox, secret, session, tables::Tables,
};

/// The kinds in the expiry table; part of the layout of the file.
pub(crate) const LOGIN: u8 = 0;
/// A notification.
pub(crate) const NOTIFICATION: u8 = 1;
/// An idempotency key.
pub(crate) const KEY: u8 = 2;
/// A session.
pub(crate) const SESSION: u8 = 3;
/// An event, up to layout 2. Not to be used again.
pub(crate) const EVENT: u8 = 4;
/// A tenant's secret.
pub(crate) const SECRET: u8 = 5;
/// A delivery.
pub(crate) const DELIVERY: u8 = 6;
/// A provider's notice.
pub(crate) const NOTICE: u8 = 7;
/// A delivery of a message that no notification has.
pub(crate) const NOTED_DELIVERY: u8 = 8;

/// How many rows one transaction deletes at most: others wait for it.
const BATCH: usize = 256;
/// How long the sweeper rests when nothing is left to delete.
const REST: SignedDuration = SignedDuration::from_secs(5);

impl EmbeddedStore {
    /// Deletes up to `limit` rows and keys that are over, and says how many they were.
    pub async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        self.write(move |tables| sweep(tables, limit)).await
    }

    /// Deletes what is over, for ever: to be spawned beside the store. A failure is logged, and tried again later.
    pub async fn keep_swept(&self) {
        loop {
            // Counted from before the sweep: what ends while it runs is not left to one rest more.
            let rested = self.shared.clock.now().saturating_add(REST);
            match self.sweep(BATCH).await {
                // A full batch: there may be more, and others have had their turn in the writer's queue.
                Ok(BATCH) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "expired rows could not be deleted"),
            }
            let Ok(rested) = rested else { return };
            self.shared.clock.sleep_until(rested).await;
        }
    }
}

struct Expired {
    at: i128,
    kind: u8,
    tenant: String,
    key: Vec<u8>,
}

fn sweep(tables: &mut Tables<'_>, limit: usize) -> Result<usize, Fault> {
    let end = tables.now.as_nanosecond() + 1;
    let mut expired = Vec::new();
    for entry in tables.expiries.range(..(end, 0, "", [].as_slice()))?.take(limit) {
        let (entry, ()) = {
            let (key, _) = entry?;
            (key, ())
        };
        let (at, kind, tenant, key) = entry.value();
        expired.push(Expired { at, kind, tenant: tenant.to_owned(), key: key.to_vec() });
    }
    for Expired { at, kind, tenant, key } in &expired {
        let owner = key::tenant(tenant)?;
        match (*kind, key.as_slice()) {
            (LOGIN, key) => login::remove_expired(tables, &owner, LoginId::from_u128(id(key)?))?,
            (NOTIFICATION, key) => {
                notification::remove_expired(tables, &owner, NotificationId::from_u128(id(key)?))?;
            }
            (KEY, key) => notification::remove_expired_key(tables, &owner, hash(key)?)?,
            (SESSION, key) => session::remove_expired(tables, &owner, SessionId::from_u128(id(key)?))?,
            (SECRET, key) => secret::remove_expired(tables, &owner, name(key)?)?,
            (DELIVERY, key) => outbox::remove_expired(tables, &owner, DeliveryId::from_u128(id(key)?))?,
            (NOTICE, key) => notice::remove_expired(tables, &owner, hash(key)?)?,
            (NOTED_DELIVERY, key) => notice::remove_expired_delivery(tables, &owner, hash(key)?)?,
            (other, _) => return Err(Fault::Unreadable(format!("an expiry is of the unknown kind {other}"))),
        }
        // Its row is gone with it; and if it had no row any more, it must not come up for ever.
        tables.expiries.remove((*at, *kind, tenant.as_str(), key.as_slice()))?;
    }
    Ok(expired.len())
}

fn id(key: &[u8]) -> Result<u128, Fault> {
    Ok(u128::from_be_bytes(array(key)?))
}

fn hash(key: &[u8]) -> Result<BlindIndex, Fault> {
    Ok(BlindIndex::from_bytes(array(key)?))
}

fn name(key: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(key).map_err(|_| Fault::Unreadable("an expiry has a key that is no name".to_owned()))
}

fn array<const N: usize>(key: &[u8]) -> Result<[u8; N], Fault> {
    key.try_into().map_err(|_| Fault::Unreadable("an expiry has a key of the wrong length".to_owned()))
}
