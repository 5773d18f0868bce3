//! Finders: which login each leads to, and how an insert makes sure of its own.

use std::sync::LazyLock;

use futures_util::future;
use herald_core::{
    id::{LoginId, TenantId},
    store::{Finder, LoginRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};
use redis::{Script, cmd};

use super::row::StoredLogin;
use crate::{
    RedisStore, micros,
    script::script,
    value::{self, Kind},
};

static CHANGE: LazyLock<Script> = script!("finder.lua");

/// The first format of a finder's record, and the only one.
const FORMAT: u8 = 1;
/// For how long Redis keeps a finder after its login is over: longer than the login, whose row says that it is.
const SLACK: SignedDuration = SignedDuration::from_hours(2);
/// An insert is over, one way or the other, this long after it reserved its finders. Its commands end within seconds.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(10);

/// Where a finder leads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lead {
    tenant: TenantId,
    id: LoginId,
    /// When it was reserved for the login; microseconds.
    reserved_at: u64,
}

impl Lead {
    fn to_value(&self) -> Vec<u8> {
        let mut record = vec![FORMAT];
        record.extend_from_slice(&self.id.as_u128().to_be_bytes());
        record.extend_from_slice(&self.reserved_at.to_be_bytes());
        record.extend_from_slice(self.tenant.as_str().as_bytes());
        // When it is over is for the row to say.
        value::wrap(1, None, Kind::Finder, &record)
    }

    fn read(value: &[u8]) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Corrupt("a finder has no readable record".to_owned());
        let record = value::read(Kind::Finder, value)?.record;
        let (&FORMAT, rest) = record.split_first().ok_or_else(unreadable)? else { return Err(unreadable()) };
        let (id, rest) = rest.split_first_chunk::<16>().ok_or_else(unreadable)?;
        let (reserved_at, tenant) = rest.split_first_chunk::<8>().ok_or_else(unreadable)?;
        let tenant = std::str::from_utf8(tenant).ok().and_then(|tenant| TenantId::parse(tenant).ok());
        Ok(Self {
            tenant: tenant.ok_or_else(unreadable)?,
            id: LoginId::from_u128(u128::from_be_bytes(*id)),
            reserved_at: u64::from_be_bytes(*reserved_at),
        })
    }

    fn is_of(&self, row: &LoginRow) -> bool {
        self.tenant == row.tenant && self.id == row.id
    }
}

/// How reserving one finder went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reserved {
    /// It leads to our login since now.
    New,
    /// It led there already: by an attempt to insert the same login.
    Before,
    /// It leads to another login.
    Taken,
}

/// The finders that an insert has reserved.
#[derive(Debug)]
pub(super) struct Reservation {
    value: Vec<u8>,
    new: Vec<Finder>,
}

/// The login that a finder finds.
pub(super) async fn find(store: &RedisStore, finder: Finder) -> Result<Option<LoginRow>, StoreError> {
    let Some(value) = store.value(&store.names.finder(&finder.0)).await? else { return Ok(None) };
    Ok(end(store, &Lead::read(&value)?, finder).await?.map(|login| login.row))
}

/// The login at the end of a lead, if it is there and has the finder.
async fn end(store: &RedisStore, lead: &Lead, finder: Finder) -> Result<Option<StoredLogin>, StoreError> {
    let login: Option<StoredLogin> = store.row(&lead.tenant, lead.id.as_u128()).await?;
    Ok(login.filter(|login| login.finders.contains(&finder)))
}

/// Makes all these finders lead to this login, which is to be inserted next; nothing if one of them leads to another.
///
/// What is reserved when this fails is forgotten after the life of the login, and is in nobody's way: it leads to no row.
pub(super) async fn reserve(
    store: &RedisStore,
    row: &LoginRow,
    finders: &[Finder],
) -> Result<Option<Reservation>, StoreError> {
    let lead = Lead { tenant: row.tenant.clone(), id: row.id, reserved_at: micros(store.clock.now()) };
    let value = lead.to_value();
    let reserved = finders.iter().map(|finder| reserve_one(store, row, *finder, &value));
    let reserved = future::try_join_all(reserved).await?;
    let is_taken = reserved.contains(&Reserved::Taken);
    let new = finders.iter().zip(reserved).filter(|(_, reserved)| *reserved == Reserved::New);
    let reservation = Reservation { value, new: new.map(|(finder, _)| *finder).collect() };
    if is_taken {
        give_back(store, reservation, &[]).await?;
        return Ok(None);
    }
    Ok(Some(reservation))
}

async fn reserve_one(
    store: &RedisStore,
    row: &LoginRow,
    finder: Finder,
    value: &[u8],
) -> Result<Reserved, StoreError> {
    let (key, life) = (store.names.finder(&finder.0), life(row, store.clock.now()));
    loop {
        let mut set = cmd("SET");
        set.arg(&key).arg(value).arg("NX").arg("GET").arg("PX").arg(life);
        let Some(other): Option<Vec<u8>> = store.ask(&set).await? else { return Ok(Reserved::New) };
        let lead = Lead::read(&other)?;
        let is_ours = lead.is_of(row);
        if !is_ours && (is_under_way(&lead, store.clock.now()) || end(store, &lead, finder).await?.is_some())
        {
            return Ok(Reserved::Taken);
        }
        if change(store, &key, &other, value, life).await? {
            return Ok(if is_ours { Reserved::Before } else { Reserved::New });
        }
    }
}

/// May the login that the lead is for still be inserted?
fn is_under_way(lead: &Lead, now: Timestamp) -> bool {
    let ends_at = now.checked_sub(UNDER_WAY).map_or(0, micros);
    lead.reserved_at > ends_at
}

/// For how many milliseconds Redis keeps the finders of a login.
fn life(row: &LoginRow, now: Timestamp) -> i64 {
    let life = row.purge_at.duration_since(now).max(SignedDuration::ZERO).saturating_add(SLACK);
    i64::try_from(life.as_millis()).unwrap_or(i64::MAX)
}

async fn change(
    store: &RedisStore,
    key: &[u8],
    seen: &[u8],
    value: &[u8],
    life: i64,
) -> Result<bool, StoreError> {
    let arguments = [seen.to_vec(), value.to_vec(), life.to_string().into_bytes()];
    Ok(store.link.run(&CHANGE, &[key.to_vec()], &arguments).await? == redis::Value::Int(1))
}

/// Forgets the finders that were reserved newly for a login that was not inserted; all but those of the login that is there.
pub(super) async fn give_back(
    store: &RedisStore,
    reservation: Reservation,
    kept: &[Finder],
) -> Result<(), StoreError> {
    let Reservation { value, new } = reservation;
    let given_back = new.iter().filter(|finder| !kept.contains(finder)).map(|finder| {
        let (key, value) = (store.names.finder(&finder.0), &value);
        async move { change(store, &key, value, b"", 0).await }
    });
    future::try_join_all(given_back).await?;
    Ok(())
}

/// Keeps the finders of a login for as long as this row of it says.
pub(super) async fn keep(store: &RedisStore, row: &LoginRow, finders: &[Finder]) -> Result<(), StoreError> {
    let life = life(row, store.clock.now());
    let kept = finders.iter().map(|finder| async move {
        let mut keep = cmd("PEXPIRE");
        keep.arg(store.names.finder(&finder.0)).arg(life).arg("GT");
        store.ask::<i64>(&keep).await
    });
    future::try_join_all(kept).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_comes_back_as_it_was_written() {
        let lead = Lead {
            tenant: TenantId::parse("acme").unwrap(),
            id: LoginId::from_u128(u128::MAX - 7),
            reserved_at: 9,
        };
        assert_eq!(Lead::read(&lead.to_value()).unwrap(), lead);
    }

    #[test]
    fn of_a_damaged_or_later_lead_nothing_is_believed() {
        let lead =
            Lead { tenant: TenantId::parse("acme").unwrap(), id: LoginId::from_u128(7), reserved_at: 9 };
        let value = lead.to_value();
        for length in 0..=value.len() - "acme".len() {
            assert!(matches!(Lead::read(&value[..length]), Err(StoreError::Corrupt(_))), "{length} bytes");
        }
        let mut later = value.clone();
        later[value::HEADER] = FORMAT + 1;
        assert!(matches!(Lead::read(&later), Err(StoreError::Corrupt(_))));
    }
}
