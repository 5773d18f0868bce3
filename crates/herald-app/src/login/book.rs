//! The book of logins: typed logins in, sealed rows out, and every change told to who waits.

use std::sync::Arc;

use herald_core::{
    event::{Happening, LoginNews},
    failpoint,
    id::{LoginId, SubjectId, TenantId},
    identity::Identity,
    login::{Login, Phase},
    seal::CannotOpen,
    secret::UrlToken,
    store::{ClaimWritten, Finder, IdentityRow, LoginRow, SessionRow, StoreError},
};
use jiff::{SignedDuration, Timestamp};

use super::LoginError;
use crate::{
    herald::Context,
    hub::{Hub, Kept, Subscription},
    outbox::{self, Outbox},
};

/// What names a login in the hub.
pub(crate) type Key = (TenantId, LoginId);

/// How long an ended login stays readable.
const KEEP_ENDED: SignedDuration = SignedDuration::from_hours(24);

/// Loads and saves logins.
#[derive(Debug)]
pub(crate) struct Book {
    context: Arc<Context>,
    outbox: Outbox,
    hub: Hub<Key, Login>,
    due: tokio::sync::Notify,
}

impl Book {
    pub(crate) fn new(context: Arc<Context>, outbox: Outbox) -> Self {
        Self { context, outbox, hub: Hub::default(), due: tokio::sync::Notify::new() }
    }

    /// Stores a new login; it is found by its id, its state and its QR token. Not to be called from where it may be dropped.
    pub(crate) async fn insert(&self, login: Login, state: &UrlToken) -> Result<Arc<Login>, LoginError> {
        let row = self.row(&login, 1);
        let finders = [
            self.id_finder(login.terms.id),
            self.context.vault.finder("login-state", state.expose()),
            self.context.vault.finder("login-qr", login.terms.qr_token.expose()),
        ];
        if !self.context.store.insert_login(&row, &finders).await? {
            // 128 random bits were taken: the entropy is broken, and going on would mix two people's logins up.
            return Err(StoreError::Corrupt("a fresh login id was taken already".to_owned()).into());
        }
        failpoint::pass("L1");
        self.due.notify_one();
        Ok(Arc::new(login))
    }

    /// The login, with its version.
    pub(crate) async fn load(
        &self,
        tenant: &TenantId,
        id: LoginId,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let row = self.context.store.login(tenant, id).await?;
        Ok(row.map(|row| self.open(&row)).transpose()?)
    }

    /// The login that a browser's address names.
    pub(crate) async fn find(&self, finder: Finder) -> Result<Option<Kept<Login>>, LoginError> {
        let row = self.context.store.find_login(finder).await?;
        Ok(row.map(|row| self.open(&row)).transpose()?)
    }

    pub(crate) fn id_finder(&self, id: LoginId) -> Finder {
        self.context.vault.finder("login-id", &id.to_string())
    }

    /// Stores `login` if the row is still as `seen`; nothing when it is not. What is written is also told, even if the caller
    /// hangs up in between.
    pub(crate) async fn save(
        self: &Arc<Self>,
        seen: &Kept<Login>,
        login: Login,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let this = Arc::clone(self);
        let seen = seen.clone();
        let write = async move {
            let row = this.row(&login, seen.version + 1);
            let happened = happened_to(&seen.value, &login);
            let told = this.outbox.rows(&row.tenant, happened.clone()).await?;
            let is_written = this.context.store.replace_login(&row, &told).await?;
            Ok(is_written.then(|| this.tell(login, row.version, happened)))
        };
        self.context.tasks.finish(write).await?
    }

    /// Loads, changes, saves, and on a lost race starts over. `change` gives nothing to leave the login as it is.
    pub(crate) async fn update<E: From<LoginError>>(
        self: &Arc<Self>,
        tenant: &TenantId,
        id: LoginId,
        mut change: impl FnMut(&Login) -> Result<Option<Login>, E> + Send,
    ) -> Result<Option<Kept<Login>>, E> {
        loop {
            let Some(kept) = self.load(tenant, id).await? else { return Ok(None) };
            let Some(changed) = change(&kept.value)? else { return Ok(Some(kept)) };
            if let Some(saved) = self.save(&kept, changed).await? {
                return Ok(Some(saved));
            }
        }
    }

    /// Stores a claimed login together with its subject, its identity and the session that it gives.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        seen: &Kept<Login>,
        login: Login,
        (subject, identity): (SubjectId, &Identity),
        session: SessionRow,
    ) -> Result<Result<Kept<Login>, ClaimWritten>, LoginError> {
        let (vault, tenant) = (&self.context.vault, &login.terms.tenant);
        let key = vault.identity_key(tenant, identity);
        let identity = IdentityRow {
            tenant: tenant.clone(),
            key,
            account: vault.account_key(tenant, &identity.account),
            subject,
            verified_at: identity.profile.authenticated_at,
            body: vault.seal_identity(tenant, key, identity),
        };
        let this = Arc::clone(self);
        let seen = seen.clone();
        let write = async move {
            let row = this.row(&login, seen.version + 1);
            let happened = happened_to(&seen.value, &login);
            let told = this.outbox.rows(&row.tenant, happened.clone()).await?;
            match this.context.store.claim_login(&row, &identity, &session, &told).await? {
                ClaimWritten::Done => {
                    failpoint::pass("L8");
                    Ok(Ok(this.tell(login, row.version, happened)))
                }
                lost => Ok(Err(lost)),
            }
        };
        self.context.tasks.finish(write).await?
    }

    /// Another replica changed this login: it is looked at, if somebody waits for it here. Who begins to wait meanwhile reads it
    /// after that.
    pub(super) async fn heard(&self, key: &Key) -> Result<(), StoreError> {
        if !self.hub.is_waited_for(key) {
            return Ok(());
        }
        let Some(row) = self.context.store.login(&key.0, key.1).await? else { return Ok(()) };
        match self.open(&row) {
            Ok(kept) => self.hub.publish(key, &kept),
            Err(error) => {
                tracing::warn!(tenant.id = %key.0, %error, "a login that is waited for cannot be read");
            }
        }
        Ok(())
    }

    /// The logins that callers and browsers wait for here.
    pub(super) fn relied_on(&self) -> Vec<Key> {
        self.hub.relied_on()
    }

    /// Waits for changes as [`Book::subscribe`], but on behalf of the login's watcher. What he misses is not lost: he looks at the
    /// provider again and again, and whatever he then writes is refused, so that he reads.
    pub(super) fn subscribe_as_watcher(&self, tenant: &TenantId, id: LoginId) -> Subscription<Key, Login> {
        self.hub.subscribe_easily((tenant.clone(), id))
    }

    /// Waits for changes of this login from now on.
    pub(crate) fn subscribe(&self, tenant: &TenantId, id: LoginId) -> Subscription<Key, Login> {
        self.hub.subscribe((tenant.clone(), id))
    }

    /// Comes when a login may have become due that was not.
    pub(crate) async fn something_due(&self) {
        self.due.notified().await;
    }

    /// Says that a login may have become due.
    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }

    pub(crate) fn open(&self, row: &LoginRow) -> Result<Kept<Login>, CannotOpen> {
        Ok(Kept { value: Arc::new(self.context.vault.open_login(row)?), version: row.version })
    }

    /// Tells everybody of what was written: those who wait for it, and those who are told by the outbox.
    fn tell(&self, login: Login, version: u64, happened: Option<Happening>) -> Kept<Login> {
        if let Some(happened) = happened {
            outbox::count(happened.kind());
            self.outbox.wake();
        }
        let key = (login.terms.tenant.clone(), login.terms.id);
        let kept = Kept { value: Arc::new(login), version };
        self.hub.publish(&key, &kept);
        self.due.notify_one();
        kept
    }

    fn row(&self, login: &Login, version: u64) -> LoginRow {
        let terms = &login.terms;
        LoginRow {
            tenant: terms.tenant.clone(),
            id: terms.id,
            version,
            status: login.status(),
            reference: terms
                .reference
                .as_ref()
                .map(|reference| self.context.vault.index(&terms.tenant, "reference", reference.as_str())),
            created_at: terms.created_at,
            attend_at: login.attend_at(self.context.clock.now()),
            purge_at: purge_at(login),
            body: self.context.vault.seal_login(login),
        }
    }
}

/// What a change of a login causes: one event for every status but the first.
fn happened_to(before: &Login, after: &Login) -> Option<Happening> {
    let is_elsewhere = before.status() != after.status();
    is_elsewhere.then(|| LoginNews::of(after)).and_then(Happening::of_login)
}

/// A login is gone a day after it ended; one that has not ended, a day after it would have at the latest.
fn purge_at(login: &Login) -> Timestamp {
    let end = match &login.phase {
        Phase::Claimed { claimed_at, .. } => *claimed_at,
        Phase::Ended { ended_at, leftover, .. } => {
            leftover.as_ref().map_or(*ended_at, |leftover| leftover.until.max(*ended_at))
        }
        _ => login.expires_at.max(login.terms.provider_expires_at),
    };
    end + KEEP_ENDED
}
