//! The embedded store: the conformance suite in memory and on disk, kills, damage, a full disk, two processes, sweeping.

#![expect(clippy::unwrap_used, reason = "these are tests: a call that fails fails the test that makes it")]

mod child;
mod conformance;
mod damage;
mod full_disk;
mod in_use;
mod kill;
mod kill_claim;
mod layout;
mod long_list;
mod sweep;
