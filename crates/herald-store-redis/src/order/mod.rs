//! Orders of rows by time, and pages along them, newest first.
//!
//! An order is a sorted set in which every score is 0, so that Redis sorts its members by their bytes: time (microseconds,
//! 8 bytes), then id (16 bytes), both big-endian. A member never changes, so a changed row may enter it again blindly.

mod span;

use std::{cmp::Reverse, sync::LazyLock};

use futures_util::future;
use herald_core::{
    id::TenantId,
    store::{Cursor, StoreError},
};
use jiff::Timestamp;
use redis::{Script, cmd};

use crate::{
    RedisStore, micros,
    row::{self, Row},
    script::script,
};

pub(crate) use span::Span;

static DROP: LazyLock<Script> = script!("drop.lua");

/// How many rows one look reads at most: what one command answers is bounded, however long the list is.
const MOST_AT_ONCE: usize = 256;

/// How many rows one call looks at, at most, where the port can say that more follow: some ten milliseconds' worth.
pub(crate) const MOST_OF_A_PART: usize = 2_048;

/// How many rows a list looks at, at most, of which the port cannot say that more follow: about a second's worth, and more than a
/// tenant has of what is listed so. What is rarer than that is not found.
pub(crate) const MOST_LOOKED_AT: usize = 80_000;

/// The entry of a row in its orders.
pub(crate) fn member(created_at: Timestamp, id: u128) -> Vec<u8> {
    [micros(created_at).to_be_bytes().as_slice(), &id.to_be_bytes()].concat()
}

/// How far a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// How many rows it gives at most.
    pub(crate) rows: usize,
    /// How many it looks at, at most.
    pub(crate) looked_at: usize,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed<R> {
    /// The rows, newest first.
    pub(crate) rows: Vec<R>,
    /// The last entry that was looked at; nothing when no more follow.
    pub(crate) next: Option<Cursor>,
}

/// An entry, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    created_at: u64,
    id: u128,
}

impl Entry {
    fn read(member: &[u8]) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Corrupt("an order has an entry of the wrong length".to_owned());
        let (created_at, id) = member.split_first_chunk::<8>().ok_or_else(unreadable)?;
        let id = id.try_into().map_err(|_| unreadable())?;
        Ok(Self { created_at: u64::from_be_bytes(*created_at), id: u128::from_be_bytes(id) })
    }

    fn member(self) -> Vec<u8> {
        [self.created_at.to_be_bytes().as_slice(), &self.id.to_be_bytes()].concat()
    }

    fn cursor(self) -> Result<Cursor, StoreError> {
        let created_at =
            i64::try_from(self.created_at).ok().and_then(|at| Timestamp::from_microsecond(at).ok());
        let unreadable = || StoreError::Corrupt("an order has an entry of no time".to_owned());
        Ok(Cursor { created_at: created_at.ok_or_else(unreadable)?, id: self.id })
    }
}

impl RedisStore {
    /// Rows along several orders of a tenant as one, newest first: those that are `is_wanted`, until there are enough or
    /// enough was looked at. Rows that are over are passed over, and entries whose row is gone are dropped.
    pub(crate) async fn list<R: Row>(
        &self,
        tenant: &TenantId,
        orders: &[Vec<u8>],
        span: Span,
        bound: Bound,
        is_wanted: impl Fn(&R) -> bool + Send + Sync,
    ) -> Result<Listed<R>, StoreError> {
        let (mut span, mut looked_at) = (span, 0);
        let mut listed = Listed { rows: Vec::new(), next: None };
        // One more than a page has says whether more follow. What is looked for is rare if the first look did not find it.
        let mut count = bound.rows.saturating_add(1).min(MOST_AT_ONCE);
        loop {
            let entries = self.entries(orders, &span, count).await?;
            let values = self.values_of::<R>(tenant, orders, &entries).await?;
            let now = self.clock.now();
            for (entry, value) in entries.iter().zip(values) {
                if listed.rows.len() >= bound.rows || looked_at >= bound.looked_at {
                    return Ok(listed);
                }
                looked_at += 1;
                listed.next = Some(entry.cursor()?);
                let row = value.map_or(Ok(None), |value| row::read::<R>(tenant, entry.id, &value, now))?;
                // A row of the same id that was inserted anew has an entry of its own.
                let is_of_entry = |row: &R| micros(row.created_at()) == entry.created_at;
                listed.rows.extend(row.filter(|row| is_of_entry(row) && is_wanted(row)));
            }
            match entries.last() {
                Some(last) if entries.len() == count => span = span.after(last.cursor()?),
                _ => return Ok(Listed { next: None, ..listed }),
            }
            count = MOST_AT_ONCE;
        }
    }

    /// The newest entries of several orders together, each once.
    async fn entries(&self, orders: &[Vec<u8>], span: &Span, count: usize) -> Result<Vec<Entry>, StoreError> {
        let reads = orders.iter().map(|order| {
            let mut range = cmd("ZRANGE");
            range.arg(order).arg(span.max()).arg(span.min()).arg(&["BYLEX", "REV", "LIMIT", "0"]).arg(count);
            async move { self.ask::<Vec<Vec<u8>>>(&range).await }
        });
        let members = future::try_join_all(reads).await?.concat();
        let mut entries = members.iter().map(|member| Entry::read(member)).collect::<Result<Vec<_>, _>>()?;
        entries.sort_unstable_by_key(|entry| Reverse(*entry));
        entries.dedup();
        // What comes first in all of them is among what comes first in each.
        entries.truncate(count);
        Ok(entries)
    }

    /// The values of these entries. Those that have none are dropped from the orders.
    async fn values_of<R: Row>(
        &self,
        tenant: &TenantId,
        orders: &[Vec<u8>],
        entries: &[Entry],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let keys: Vec<_> = entries.iter().map(|entry| row::key::<R>(&self.names, tenant, entry.id)).collect();
        let values = self.values(&keys).await?;
        let gone = keys.into_iter().zip(entries).zip(&values).filter(|(_, value)| value.is_none());
        let (rows, members): (Vec<_>, Vec<_>) = gone.map(|((row, entry), _)| (row, entry.member())).unzip();
        if !rows.is_empty() {
            let keys = [rows.as_slice(), orders].concat();
            self.link.run(&DROP, &keys, &members).await?;
        }
        Ok(values)
    }
}
