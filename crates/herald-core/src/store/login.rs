//! The logins.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{IdentityRow, OutboxRow, Page, SessionRow, StoreError};
use crate::{
    id::{LoginId, TenantId},
    login::LoginStatus,
    seal::{BlindIndex, Sealed},
};

/// What a store sees of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRow {
    /// The tenant.
    pub tenant: TenantId,
    /// The login.
    pub id: LoginId,
    /// 1 when inserted, one more with every change: what a conditional write is conditional on, and its fence.
    pub version: u64,
    /// Where it is.
    pub status: LoginStatus,
    /// The caller's reference, hashed.
    pub reference: Option<BlindIndex>,
    /// When it started.
    pub created_at: Timestamp,
    /// When somebody has to attend to it; nothing when nothing is left to do.
    pub attend_at: Option<Timestamp>,
    /// From then on it is gone.
    pub purge_at: Timestamp,
    /// Everything else.
    pub body: Sealed,
}

/// What a browser's address finds a login by: a keyed hash of id, state or QR token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finder(pub BlindIndex);

/// Which logins to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoginFilter {
    /// Only with this reference.
    pub reference: Option<BlindIndex>,
    /// Only with this status.
    pub status: Option<LoginStatus>,
}

impl LoginFilter {
    /// Is this one of those that are to be listed?
    pub fn takes(&self, row: &LoginRow) -> bool {
        self.reference.is_none_or(|reference| row.reference == Some(reference))
            && self.status.is_none_or(|status| row.status == status)
    }
}

/// How a claim went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimWritten {
    /// Login, subject, identity and session are stored.
    Done,
    /// The login is not at the version seen any more; nothing is stored.
    LoginChanged,
    /// The identity belongs to another subject by now; nothing is stored.
    SubjectChanged,
}

/// Keeps logins.
#[async_trait]
pub trait LoginStore: fmt::Debug + Send + Sync + 'static {
    /// Stores a new login at version 1, with what finds it.
    ///
    /// # Behaviour
    /// - `a_login_is_inserted_once`: false, and nothing stored, when the id or a finder is taken.
    async fn insert_login(&self, row: &LoginRow, finders: &[Finder]) -> Result<bool, StoreError>;

    /// The login, if there is one.
    async fn login(&self, tenant: &TenantId, id: LoginId) -> Result<Option<LoginRow>, StoreError>;

    /// The login that a finder finds. A finder lives as long as its login.
    async fn find_login(&self, finder: Finder) -> Result<Option<LoginRow>, StoreError>;

    /// Stores a changed login and what is to be told of the change in one step, if the login is still at the version before
    /// `row.version`.
    ///
    /// # Behaviour
    /// - `of_racing_writers_one_wins`: of many writers that saw the same version exactly one gets true, and only what it has
    ///   to tell is stored.
    async fn replace_login(&self, row: &LoginRow, told: &[OutboxRow]) -> Result<bool, StoreError>;

    /// Stores a claimed login, its subject, its identity and the session that it gives in one step: `row` as in
    /// `replace_login`, with what is to be told; the identity, if it belongs to nobody or to `identity.subject`, replaced by
    /// what is given; the session inserted at version 1.
    ///
    /// # Behaviour
    /// - `a_claim_is_all_or_nothing`.
    /// - `a_claim_never_gives_a_session_twice`: a session whose id is there already is `Corrupt`, and nothing is stored.
    /// - `an_identity_has_one_subject`: two claims that would give one identity two subjects: one gets `SubjectChanged`.
    async fn claim_login(
        &self,
        row: &LoginRow,
        identity: &IdentityRow,
        session: &SessionRow,
        told: &[OutboxRow],
    ) -> Result<ClaimWritten, StoreError>;

    /// A page of a tenant's logins, newest first.
    ///
    /// # Behaviour
    /// - `pages_cover_the_list`: pages one after the other give every matching row once, newest first.
    async fn list_logins(
        &self,
        tenant: &TenantId,
        filter: LoginFilter,
        page: Page,
    ) -> Result<Vec<LoginRow>, StoreError>;

    /// Takes up to `limit` logins whose `attend_at` has come and that nobody holds, for this long. The earliest first.
    ///
    /// # Behaviour
    /// - `a_leased_login_is_not_leased_again` before the lease is over or released; then it is.
    /// - A lease does not change the row, and is no right to write: that is the version's part.
    /// - `leases_do_not_survive_their_process`, where only one process can have the store.
    async fn lease_logins(
        &self,
        holder: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<LoginRow>, StoreError>;

    /// Takes one login like `lease_logins`, whether it is due or not; true also for who holds it already, and then the lease
    /// is prolonged.
    async fn lease_login(
        &self,
        holder: &str,
        tenant: &TenantId,
        id: LoginId,
        lease: Duration,
    ) -> Result<bool, StoreError>;

    /// Gives a lease back, if `holder` has it.
    async fn release_login(&self, holder: &str, tenant: &TenantId, id: LoginId) -> Result<(), StoreError>;

    /// The earliest `attend_at` of a login that nobody holds, or the end of the earliest lease on a due one: when to look
    /// again.
    async fn next_login_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
