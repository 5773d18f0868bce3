//! Sessions: begun by a claim, refreshed, verified, ended; and the credentials that providers issued themselves.
//!
//! # Where things are
//! - [`keys`] and [`token`]: what signs, and what is signed.
//! - `begin`, `refresh`, `end`: the life of a session. `book` keeps it; `epochs` tells caches of its end.
//! - `verify`: any credential of a tenant. `herald_token` looks at our own, `foreign` asks providers, once for many callers.
//! - `cookies`: refreshes a provider's own session, once for all replicas.
//! - `oauth`: introspection and revocation.
//!
//! # Things to note
//! - A credential names its session, and a session is looked up by tenant and id: no credential opens another tenant's.
//! - What a cache says is good as long as nobody ended the session here, or elsewhere as far as that is heard of, and for two
//!   seconds at most.

mod begin;
mod book;
mod cookies;
mod end;
mod epochs;
mod error;
mod foreign;
mod herald_token;
pub mod keys;
mod oauth;
mod refresh;
pub mod token;
mod verify;

pub use cookies::RenewedCookies;
pub use end::EndWhich;
pub use error::{ChoiceError, RefreshCookiesError, RefreshError, SessionError, VerifyError};
pub use keys::SigningKeys;
pub use oauth::Introspection;
pub use token::AccessClaims;
pub use verify::{Active, ActiveKind, Verification};

use std::sync::Arc;

use herald_core::{
    id::{ConnectionId, SessionId, SubjectId, TenantId},
    session::Session,
    store::{Cursor, Page, SessionFilter, SessionPage},
};

pub(crate) use self::{book::Book, herald_token::Seen};
use self::{
    cookies::CookieRefreshes,
    foreign::Foreign,
    herald_token::{LiveSessions, SeenTokens},
};
use crate::{herald::Context, tenant::Tenant};

/// The use cases of sessions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions {
    context: Arc<Context>,
    book: Arc<Book>,
    keys: SigningKeys,
    seen: Arc<SeenTokens>,
    live: Arc<LiveSessions>,
    foreign: Arc<Foreign>,
    cookies: Arc<CookieRefreshes>,
}

impl Sessions {
    pub(crate) fn new(context: Arc<Context>, book: Arc<Book>, keys: SigningKeys) -> Self {
        let (seen, live) = (Arc::default(), Arc::default());
        Self { context, book, keys, seen, live, foreign: Arc::default(), cookies: Arc::default() }
    }

    /// A session is left alone where the provider account that vouched is not configured under its connection's name.
    fn check_account(tenant: &Tenant, session: &Session) -> Result<(), SessionError> {
        let identity = &session.identity;
        let connection = tenant.connection_of(&identity.connection, &identity.account);
        connection.map(|_| ()).ok_or(SessionError::AccountGone)
    }

    /// Another replica changed this session: it is looked at again by whoever asks for it next. Where that is not heard of, it is
    /// looked at again when the last look is no longer believed.
    pub(crate) fn heard(&self, tenant: &TenantId, id: SessionId) {
        self.book.epochs().advance(tenant, id);
    }

    pub(crate) fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The session, if there is one; ended ones too, for a day.
    pub async fn get(&self, tenant: &Tenant, id: SessionId) -> Result<Option<Arc<Session>>, SessionError> {
        Ok(self.book.load(&tenant.id, id).await?.map(|kept| kept.value))
    }

    /// A page of the tenant's sessions, newest first, and where the next one begins; perhaps shorter than asked for, and even
    /// empty, though more follow.
    pub async fn list(
        &self,
        tenant: &Tenant,
        subject: Option<SubjectId>,
        connection: Option<ConnectionId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Arc<Session>>, Option<Cursor>), SessionError> {
        let filter = SessionFilter { subject, connection, active_at: None };
        let page = Page { after, limit };
        let SessionPage { rows, next } = self.context.store.list_sessions(&tenant.id, &filter, page).await?;
        let sessions =
            rows.iter().map(|row| Ok(self.book.open(row)?.value)).collect::<Result<_, SessionError>>()?;
        Ok((sessions, next))
    }
}
