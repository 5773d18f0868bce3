//! The agendas: who is due and who holds it. In Redis, so that leases are the same for all replicas, and by its time, so that
//! their clocks do not count.
//!
//! An agenda is of one tenant and three keys ([`AgendaKeys`]). Rows enter, move and leave with the step that writes them
//! ([`Step::due`]); here they are taken, held and given back. Every script costs the logarithm of what waits, for each row
//! that it is about.
//!
//! [`Step::due`]: crate::step::Step::due

mod backlog;
mod leased;

use std::{sync::LazyLock, time::Duration};

use herald_core::{id::TenantId, store::StoreError};
use jiff::Timestamp;
use redis::{FromRedisValue, Script};

use crate::{RedisStore, answer, micros, names::Agenda, script::script, step::AgendaKeys, value::FOR_EVER};

pub(crate) use leased::Leased;

macro_rules! agenda_script {
    ($file:literal) => {
        script!("../script/clock.lua", "prelude.lua", $file)
    };
}

static LEASE: LazyLock<Script> = agenda_script!("lease.lua");
static LEASE_THESE: LazyLock<Script> = agenda_script!("lease_these.lua");
static LEASE_ONE: LazyLock<Script> = agenda_script!("lease_one.lua");
static PROLONG: LazyLock<Script> = agenda_script!("prolong.lua");
static RELEASE: LazyLock<Script> = agenda_script!("release.lua");
static HEADS: LazyLock<Script> = agenda_script!("heads.lua");
static WAITING: LazyLock<Script> = agenda_script!("waiting.lua");
static FORGET: LazyLock<Script> = agenda_script!("forget.lua");

/// Rows that were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TakenRows {
    /// The time by which they were.
    now: Timestamp,
    /// Which, the earliest first.
    ids: Vec<u128>,
}

/// How much is waiting in an agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// How many rows are due, now or later, whether they are held, rest, or are free.
    pub(crate) count: u64,
    /// The earliest time at which one of them is due.
    pub(crate) oldest_due_at: Timestamp,
    /// When to look again.
    pub(crate) next_at: Timestamp,
}

/// A length of time as scripts take it, in microseconds.
fn length(lease: Duration) -> Vec<u8> {
    let micros = u64::try_from(lease.as_micros()).unwrap_or(FOR_EVER).min(FOR_EVER);
    micros.to_string().into_bytes()
}

fn bytes(ids: impl IntoIterator<Item = u128>) -> impl Iterator<Item = Vec<u8>> {
    ids.into_iter().map(|id| id.to_be_bytes().to_vec())
}

fn id(bytes: Vec<u8>) -> Result<u128, StoreError> {
    let unreadable = |_| StoreError::Corrupt("an agenda has an id of the wrong length".to_owned());
    bytes.try_into().map(u128::from_be_bytes).map_err(unreadable)
}

fn time(micros: &str) -> Result<Timestamp, StoreError> {
    let at = micros.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
    at.ok_or_else(|| StoreError::Corrupt("an agenda has a time that is none".to_owned()))
}

fn taken_rows((now, ids): (String, Vec<Vec<u8>>)) -> Result<TakenRows, StoreError> {
    Ok(TakenRows { now: time(&now)?, ids: ids.into_iter().map(id).collect::<Result<_, _>>()? })
}

impl RedisStore {
    /// Runs a script of an agenda.
    async fn agenda<T: FromRedisValue>(
        &self,
        script: &Script,
        agenda: AgendaKeys,
        rows: Vec<Vec<u8>>,
        arguments: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<T, StoreError> {
        let mut keys = vec![agenda.dues, agenda.wakes, agenda.leases];
        keys.extend(rows);
        let mut all = vec![self.script_now()];
        all.extend(arguments);
        answer::read(self.link.run(script, &keys, &all).await?)
    }

    /// Takes up to `limit` rows that can be taken, the earliest first.
    async fn agenda_lease(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<TakenRows, StoreError> {
        let arguments = [holder.into(), length(lease), limit.to_string().into_bytes()];
        let keys = self.names.agenda(tenant, agenda);
        taken_rows(self.agenda(&LEASE, keys, Vec::new(), arguments).await?)
    }

    /// Takes those of these rows that can be taken.
    async fn agenda_lease_these(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        ids: &[u128],
        holder: &str,
        lease: Duration,
    ) -> Result<TakenRows, StoreError> {
        let arguments = [holder.into(), length(lease)].into_iter().chain(bytes(ids.iter().copied()));
        let keys = self.names.agenda(tenant, agenda);
        taken_rows(self.agenda(&LEASE_THESE, keys, Vec::new(), arguments).await?)
    }

    /// Takes the row under this key, due or not, or prolongs the holder's lease on it; false when another holds it, or it does
    /// not exist.
    async fn agenda_lease_one(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        (key, id): (Vec<u8>, u128),
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let arguments = [holder.into(), length(lease), id.to_be_bytes().to_vec()];
        self.agenda(&LEASE_ONE, self.names.agenda(tenant, agenda), vec![key], arguments).await
    }

    /// Prolongs the leases that `holder` has on these rows, and says on which he has one.
    pub(crate) async fn agenda_prolong(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        holder: &str,
        ids: impl IntoIterator<Item = u128> + Send,
        lease: Duration,
    ) -> Result<Vec<u128>, StoreError> {
        let arguments: Vec<_> = [holder.into(), length(lease)].into_iter().chain(bytes(ids)).collect();
        if arguments.len() == 2 {
            return Ok(Vec::new());
        }
        let keys = self.names.agenda(tenant, agenda);
        let kept: Vec<Vec<u8>> = self.agenda(&PROLONG, keys, Vec::new(), arguments).await?;
        kept.into_iter().map(id).collect()
    }

    /// Gives a row back, if `holder` has it, and says when it can be taken next. It rests until `not_before` where that is
    /// after it is due, unless it has changed since it was taken: who held it may not have seen that.
    pub(crate) async fn agenda_release(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        holder: &str,
        id: u128,
        not_before: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let next = self.agenda_release_all(tenant, agenda, holder, [id], not_before).await?;
        Ok(next.into_iter().flatten().next())
    }

    /// The same for several rows.
    async fn agenda_release_all(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        holder: &str,
        ids: impl IntoIterator<Item = u128> + Send,
        not_before: Option<Timestamp>,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let rests =
            not_before.map(|at| micros(at).min(FOR_EVER).to_string().into_bytes()).unwrap_or_default();
        let arguments: Vec<_> = [holder.into(), rests].into_iter().chain(bytes(ids)).collect();
        let keys = self.names.agenda(tenant, agenda);
        let next: Vec<String> = self.agenda(&RELEASE, keys, Vec::new(), arguments).await?;
        next.iter().map(|at| if at.is_empty() { Ok(None) } else { time(at).map(Some) }).collect()
    }

    /// Up to `limit` rows that can be taken now, the earliest first, and since when (microseconds).
    pub(crate) async fn agenda_heads(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        limit: usize,
    ) -> Result<Vec<(u64, u128)>, StoreError> {
        let (keys, limit) = (self.names.agenda(tenant, agenda), limit.to_string().into_bytes());
        let heads: Vec<(Vec<u8>, u64)> = self.agenda(&HEADS, keys, Vec::new(), [limit]).await?;
        heads.into_iter().map(|(bytes, since)| Ok((since, id(bytes)?))).collect()
    }

    /// How much is waiting, if anything is.
    pub(crate) async fn agenda_waiting(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
    ) -> Result<Option<Waiting>, StoreError> {
        let keys = self.names.agenda(tenant, agenda);
        let waiting: Option<(u64, String, String)> = self.agenda(&WAITING, keys, Vec::new(), []).await?;
        let Some((count, oldest, next)) = waiting else { return Ok(None) };
        Ok(Some(Waiting { count, oldest_due_at: time(&oldest)?, next_at: time(&next)? }))
    }

    /// When there is something to take.
    pub(crate) async fn agenda_next(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.agenda_waiting(tenant, agenda).await?.map(|waiting| waiting.next_at))
    }

    /// Takes rows out that are over, by id and key.
    async fn agenda_forget(
        &self,
        tenant: &TenantId,
        agenda: Agenda,
        rows: Vec<(u128, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let (ids, keys): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        self.agenda(&FORGET, self.names.agenda(tenant, agenda), keys, bytes(ids)).await
    }
}
