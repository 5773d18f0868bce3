//! The store ports: one per aggregate, every method one atomic step.
//!
//! What a store sees is a row: the few members it has to find, order and expire rows by, and a sealed body. Personal data
//! and secrets are in the body or behind a [`BlindIndex`](crate::seal::BlindIndex). Every row belongs to a tenant; there is
//! no way to name one without.
//!
//! # Behaviour of every store
//! - `what_was_written_is_there_after_a_crash`: a method that returned has taken effect, and the end of the process does not take
//!   that back. What else it outlives is the store's to say: the embedded one has it on the disk, Redis keeps it as durably as
//!   its settings make it (`docs/guarantees.md`).
//! - `an_expired_row_is_absent`: from its `purge_at` on a row is not found, not listed, and may be inserted anew.
//! - `tenants_do_not_meet`: no id, index or cursor of one tenant finds a row of another.
//! - A method that fails with [`StoreError::Unavailable`] may have taken effect or not; repeating it is safe, because what
//!   changes a row is conditional on the version seen.
//!
//! # Behaviour of a store that several replicas share
//! - `leases_are_kept_between_replicas`: what one holds no other gets.
//! - `racing_replicas_share_out_what_is_due`: each piece goes to one of them, and none is left over.
//! - `of_racing_replicas_one_writes`: versions count for all of them.
//! - `a_lease_survives_its_process_until_it_ends`: nobody can tell a dead replica from a slow one any sooner.

mod change;
mod counter;
mod endpoint;
mod login;
mod memory_counters;
mod notice;
mod notification;
mod outbox;
pub mod record;
mod secret;
mod session;
mod subject;

pub use change::{Change, ChangeStore};
pub use counter::{CounterStore, Quota, Taken};
pub use endpoint::{EndpointRow, EndpointStore};
pub use login::{ClaimWritten, Finder, LoginFilter, LoginRow, LoginStore};
pub use memory_counters::MemoryCounters;
pub use notice::NoticeStore;
pub use notification::{
    Accepted, Backlog, KeyRecord, NotificationFilter, NotificationPage, NotificationRow, NotificationStore,
    Replaced,
};
pub use outbox::{OutboxFilter, OutboxRow, OutboxStore};
pub use secret::{SecretRow, SecretStore};
pub use session::{SessionFilter, SessionPage, SessionRow, SessionStore};
pub use subject::{IdentityRow, SubjectStore};

use std::error::Error;

use jiff::Timestamp;

/// The store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is full, or took too long.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// What it holds makes no sense.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

/// Where a page of a list begins: right after this row, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time.
    pub created_at: Timestamp,
    /// The 128 bits of the row's id.
    pub id: u128,
}

/// One page of a list, newest first.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Where it begins; at the newest when absent.
    pub after: Option<Cursor>,
    /// How many rows at most.
    pub limit: usize,
}

/// Everything a service needs to keep, in one place.
pub trait Store:
    LoginStore
    + SessionStore
    + NotificationStore
    + NoticeStore
    + SubjectStore
    + OutboxStore
    + EndpointStore
    + SecretStore
    + CounterStore
    + ChangeStore
{
}

impl<T> Store for T where
    T: LoginStore
        + SessionStore
        + NotificationStore
        + NoticeStore
        + SubjectStore
        + OutboxStore
        + EndpointStore
        + SecretStore
        + CounterStore
        + ChangeStore
{
}
