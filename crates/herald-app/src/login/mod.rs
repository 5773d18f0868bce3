//! Logins: started by a service, walked through by a person, claimed by the service.

mod book;
mod browser;
mod busy;
mod claim;
mod claim_site;
mod drive;
mod error;
mod lease;
mod leftover;
mod redeem;
mod start;
mod watch;
mod watcher;

pub use claim::Claimed;
pub use claim_site::Entered;
pub use error::{CancelError, ClaimError, LoginError, StartError};
pub use start::StartLogin;
pub use watch::Watch;

use std::sync::Arc;

use herald_core::{
    id::{LoginId, TenantId},
    login::{Login, LoginStatus},
    store::{Cursor, LoginFilter, Page, StoreError},
    text::Reference,
};

use self::{book::Book, busy::Busy, drive::Driver, watch::Seats};
use crate::{
    herald::Context,
    limit::Limits,
    outbox::Outbox,
    session::Sessions,
    tenant::{Connection, Tenant},
};

/// The use cases of logins. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Logins {
    context: Arc<Context>,
    book: Arc<Book>,
    sessions: Sessions,
    callers: Seats<TenantId>,
    browsers: Seats<LoginId>,
    redeeming: Busy,
    watching: Busy,
    limits: Limits,
}

impl Logins {
    pub(crate) fn new(context: Arc<Context>, sessions: Sessions, outbox: Outbox, limits: Limits) -> Self {
        let book = Arc::new(Book::new(Arc::clone(&context), outbox));
        Self {
            context,
            book,
            sessions,
            callers: Seats::default(),
            browsers: Seats::default(),
            redeeming: Busy::default(),
            watching: Busy::default(),
            limits,
        }
    }

    /// The login, if there is one.
    pub async fn get(&self, tenant: &Tenant, id: LoginId) -> Result<Option<Arc<Login>>, LoginError> {
        let Some(kept) = self.book.load(&tenant.id, id).await? else { return Ok(None) };
        self.check_account(&kept.value)?;
        Ok(Some(kept.value))
    }

    /// A page of the tenant's logins, newest first, and where the next one begins.
    pub async fn list(
        &self,
        tenant: &Tenant,
        reference: Option<&Reference>,
        status: Option<LoginStatus>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Arc<Login>>, Option<Cursor>), LoginError> {
        let reference =
            reference.map(|reference| self.context.vault.index(&tenant.id, "reference", reference.as_str()));
        let page = Page { after, limit: limit + 1 };
        let mut rows =
            self.context.store.list_logins(&tenant.id, LoginFilter { reference, status }, page).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| has_more)
            .map(|row| Cursor { created_at: row.created_at, id: row.id.as_u128() });
        let logins =
            rows.iter().map(|row| Ok(self.book.open(row)?.value)).collect::<Result<_, LoginError>>()?;
        Ok((logins, next))
    }

    pub(crate) fn wake(&self) {
        self.book.wake();
    }

    /// Another replica changed this login.
    pub(crate) async fn heard(&self, tenant: TenantId, id: LoginId) -> Result<(), StoreError> {
        self.book.heard(&(tenant, id)).await
    }

    /// The logins that callers and browsers wait for here.
    pub(crate) fn relied_on(&self) -> Vec<(TenantId, LoginId)> {
        self.book.relied_on()
    }

    /// The connection that the login was started through, if it still is the same account.
    fn connection_of(&self, login: &Login) -> Result<Arc<Connection>, LoginError> {
        let terms = &login.terms;
        let tenants = self.context.tenants.load();
        let connection = tenants
            .get(&terms.tenant)
            .and_then(|tenant| tenant.connection_of(&terms.connection, &terms.account));
        connection.cloned().ok_or(LoginError::AccountGone)
    }

    /// A login that still needs its provider is of no use where the provider's account is gone.
    fn check_account(&self, login: &Login) -> Result<(), LoginError> {
        if login.is_waiting() { self.connection_of(login).map(|_| ()) } else { Ok(()) }
    }

    fn driver(&self) -> Driver<'_> {
        Driver { logins: self }
    }
}
