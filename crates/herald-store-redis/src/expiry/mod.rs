//! The sweeper: deletes what is over, with the entries that lead to it, in small steps.
//!
//! A row that is entered anywhere is noted with its key, its entries, and when it is over; in an order of the tenant, by that
//! time. A row that changes may be noted several times. A note whose time has come is looked at once, by whichever replica is
//! first: if the row is over, it goes with its entries; if it lives on, a later note knows about it.
//!
//! Keys that nothing leads to are not noted. Redis deletes them some time after they are over; as it would everything else, if
//! nobody swept.

mod note;

use std::sync::LazyLock;

use herald_core::{id::TenantId, store::StoreError};
use jiff::{SignedDuration, Timestamp};
use redis::{Script, cmd};

use self::note::Note;
use crate::{
    RedisStore, answer, micros,
    names::{Agenda, Names},
    script::script,
    step::Step,
};

static SWEEP: LazyLock<Script> = script!("../script/clock.lua", "../script/operands.lua", "sweep.lua");

/// How many notes one step looks at, at most: Redis does nothing else meanwhile.
const BATCH: usize = 64;
/// How long the sweeper rests when nothing is left to delete.
const REST: SignedDuration = SignedDuration::from_secs(5);

/// The order of a tenant's notes.
fn notes(names: &Names, tenant: &TenantId) -> Vec<u8> {
    names.of(tenant, "expiries")
}

/// Notes that a row is over then, together with the orders that it is entered in, and its entries there. All keys are of this
/// tenant.
pub(crate) fn note(
    step: &mut Step,
    names: &Names,
    tenant: &TenantId,
    purge_at: Timestamp,
    row: &[u8],
    entries: &[(Vec<u8>, Vec<u8>)],
) {
    enter(
        step,
        names,
        tenant,
        purge_at,
        &Note { row: row.to_vec(), agenda: None, entries: entries.to_vec() },
    );
}

/// The same for a row that is in an agenda under this id.
pub(crate) fn note_due(
    step: &mut Step,
    names: &Names,
    tenant: &TenantId,
    purge_at: Timestamp,
    row: &[u8],
    agenda: (Agenda, u128),
    entries: &[(Vec<u8>, Vec<u8>)],
) {
    let note = Note { row: row.to_vec(), agenda: Some(agenda), entries: entries.to_vec() };
    enter(step, names, tenant, purge_at, &note);
}

fn enter(step: &mut Step, names: &Names, tenant: &TenantId, purge_at: Timestamp, note: &Note) {
    step.enter(&notes(names, tenant), &note.encode(names, tenant, purge_at), Some(purge_at));
}

/// The keys and arguments of a sweep.
struct Sweep {
    keys: Vec<Vec<u8>>,
    arguments: Vec<Vec<u8>>,
}

impl Sweep {
    fn number(&mut self, number: usize) {
        self.arguments.push(number.to_string().into_bytes());
    }

    fn key(&mut self, key: Vec<u8>) {
        let place = self.keys.iter().position(|other| *other == key).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        self.number(place + 1);
    }

    fn note(&mut self, names: &Names, tenant: &TenantId, bytes: Vec<u8>) -> Result<(), StoreError> {
        let Note { row, agenda, entries } = Note::decode(names, tenant, &bytes)?;
        self.arguments.push(bytes);
        self.key(row);
        let mut removals: Vec<_> =
            entries.into_iter().map(|(order, member)| ("ZREM", order, member)).collect();
        if let Some((agenda, id)) = agenda {
            let (keys, id) = (names.agenda(tenant, agenda), id.to_be_bytes().to_vec());
            removals.extend([("ZREM", keys.dues, id.clone()), ("ZREM", keys.wakes, id.clone())]);
            // A holder that died has not given it back.
            removals.push(("HDEL", keys.leases, id));
        }
        self.number(removals.len());
        for (command, key, member) in removals {
            self.arguments.push(command.into());
            self.key(key);
            self.arguments.push(member);
        }
        Ok(())
    }
}

/// What one step of the sweeper came to.
struct Swept {
    /// How many notes it was done with.
    done: usize,
    /// The last note that it looked at, where more may follow.
    last: Option<Vec<u8>>,
}

impl RedisStore {
    /// Deletes some of what is over, of every tenant, and says how many notes it was done with; to be repeated until that is none.
    /// A server spawns [`keep_swept`](Self::keep_swept) instead: this is for tests, whose time stands still.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for tenant in self.tenants().await? {
            let mut after = None;
            loop {
                let swept = self.sweep_tenant(&tenant, after.as_deref()).await?;
                done += swept.done;
                after = swept.last;
                if after.is_none() || swept.done > 0 {
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Deletes what is over, for ever: to be spawned beside the store, by every replica. A failure is logged, and tried again
    /// later.
    pub async fn keep_swept(&self) {
        loop {
            // Counted from before the sweep: what ends while it runs is not left to one rest more.
            let rested = self.clock.now().saturating_add(REST);
            if let Err(error) = self.sweep_all().await {
                tracing::warn!(%error, "expired rows could not be deleted");
            }
            let Ok(rested) = rested else { return };
            self.clock.sleep_until(rested).await;
        }
    }

    /// Deletes what is over now, of all tenants in turn.
    async fn sweep_all(&self) -> Result<(), StoreError> {
        // A Redis that is full refuses that, and is full until something is deleted.
        if let Err(error) = self.register_again().await {
            tracing::warn!(%error, "the tenants could not be registered again");
        }
        let mut tenants: Vec<_> = self.tenants().await?.into_iter().map(|tenant| (tenant, None)).collect();
        while !tenants.is_empty() {
            let mut have_more = Vec::new();
            for (tenant, after) in tenants {
                match self.sweep_tenant(&tenant, after.as_deref()).await {
                    // There may be more, and the others have their turn first.
                    Ok(Swept { last: Some(last), .. }) => have_more.push((tenant, Some(last))),
                    Ok(_) => {}
                    // Nobody else waits for its node of a cluster.
                    Err(error) => {
                        tracing::warn!(tenant.id = %tenant, %error, "expired rows could not be deleted");
                    }
                }
            }
            tenants = have_more;
        }
        Ok(())
    }

    /// Deletes the rows of a tenant that are over by its next [`BATCH`] notes.
    async fn sweep_tenant(&self, tenant: &TenantId, after: Option<&[u8]>) -> Result<Swept, StoreError> {
        let notes = notes(&self.names, tenant);
        let begin = after.map_or_else(|| b"-".to_vec(), |after| [b"(".as_slice(), after].concat());
        let end = [b"(".as_slice(), &(micros(self.clock.now()) + 1).to_be_bytes()].concat();
        let mut range = cmd("ZRANGE");
        range.arg(&notes).arg(begin).arg(end).arg(&["BYLEX", "LIMIT", "0"]).arg(BATCH);
        let due: Vec<Vec<u8>> = answer::read(self.link.query(range).await?)?;
        // What cannot be read stays where it is: it is passed by, and holds nobody up.
        let last = due.last().filter(|_| due.len() == BATCH).cloned();
        let mut sweep = Sweep { keys: vec![notes], arguments: vec![self.script_now()] };
        let mut unreadable = 0;
        for note in due {
            if sweep.note(&self.names, tenant, note).is_err() {
                unreadable += 1;
            }
        }
        if unreadable > 0 {
            // Perhaps a later release wrote them, and will read them.
            tracing::error!(tenant.id = %tenant, count = unreadable, "expired rows cannot be deleted: their notes make no sense");
        }
        if sweep.keys.len() == 1 {
            return Ok(Swept { done: 0, last });
        }
        let done = answer::read(self.link.run(&SWEEP, &sweep.keys, &sweep.arguments).await?)?;
        Ok(Swept { done, last })
    }
}
