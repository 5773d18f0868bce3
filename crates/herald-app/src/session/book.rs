//! The book of sessions: typed sessions in, sealed rows out, and every end told to the caches.

use std::sync::Arc;

use herald_core::{
    event::{Happening, SessionEnded},
    id::{SessionId, TenantId},
    session::{EndReason, Session, SessionStatus},
    store::SessionRow,
};
use jiff::{SignedDuration, Timestamp};

use super::{SessionError, epochs::Epochs};
use crate::{
    herald::Context,
    hub::Kept,
    outbox::{self, Outbox},
};

/// How long a session that is over stays readable.
const KEEP_ENDED: SignedDuration = SignedDuration::from_hours(24);

/// Loads and saves sessions.
#[derive(Debug)]
pub(crate) struct Book {
    context: Arc<Context>,
    outbox: Outbox,
    epochs: Epochs,
}

impl Book {
    pub(crate) fn new(context: Arc<Context>, outbox: Outbox) -> Self {
        Self { context, outbox, epochs: Epochs::default() }
    }

    /// What tells caches that a session was ended.
    pub(crate) fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    /// The session, with its version.
    pub(crate) async fn load(
        &self,
        tenant: &TenantId,
        id: SessionId,
    ) -> Result<Option<Kept<Session>>, SessionError> {
        let row = self.context.store.session(tenant, id).await?;
        row.map(|row| self.open(&row)).transpose()
    }

    pub(crate) fn open(&self, row: &SessionRow) -> Result<Kept<Session>, SessionError> {
        let session = self.context.vault.open(&row.tenant, "session", &row.id.to_string(), &row.body)?;
        Ok(Kept { value: Arc::new(session), version: row.version })
    }

    /// Stores `session` if its row is still at the version `seen`; nothing when it is not. If it has ended with this change,
    /// that is told, also when the caller hangs up in between.
    pub(crate) async fn save(
        self: &Arc<Self>,
        seen: u64,
        session: Session,
    ) -> Result<Option<Kept<Session>>, SessionError> {
        let this = Arc::clone(self);
        let write = async move {
            let row = this.row(&session, seen + 1);
            let happened = happened_to(&session);
            let kinds: Vec<_> = happened.iter().map(Happening::kind).collect();
            let told = this.outbox.rows(&session.tenant, happened).await?;
            let written = this.context.store.replace_session(&row, &told).await;
            if session.end.is_some() {
                // Also after a failure: it may have taken effect.
                this.epochs.advance(&session.tenant, session.id);
                this.outbox.wake();
            }
            if !written? {
                return Ok(None);
            }
            kinds.into_iter().for_each(outbox::count);
            Ok(Some(Kept { value: Arc::new(session), version: row.version }))
        };
        self.context.tasks.finish(write).await?
    }

    /// Loads, changes, saves, and on a lost race starts over. `change` gives nothing to leave the session as it is.
    pub(crate) async fn update<E: From<SessionError>>(
        self: &Arc<Self>,
        tenant: &TenantId,
        id: SessionId,
        mut change: impl FnMut(&Session) -> Result<Option<Session>, E> + Send,
    ) -> Result<Option<Kept<Session>>, E> {
        loop {
            let Some(kept) = self.load(tenant, id).await? else { return Ok(None) };
            let Some(changed) = change(&kept.value)? else { return Ok(Some(kept)) };
            if let Some(saved) = self.save(kept.version, changed).await? {
                return Ok(Some(saved));
            }
        }
    }

    /// The row of a session at a version.
    pub(crate) fn row(&self, session: &Session, version: u64) -> SessionRow {
        let Session { tenant, id, .. } = session;
        let is_ended = session.end.is_some();
        let over = session.end.map_or(session.expires_at(), |end| end.at);
        SessionRow {
            tenant: tenant.clone(),
            id: *id,
            version,
            status: if is_ended { SessionStatus::Ended } else { SessionStatus::Active },
            subject: session.subject,
            connection: session.identity.connection.clone(),
            created_at: session.created_at,
            expires_at: session.expires_at(),
            purge_at: over.checked_add(KEEP_ENDED).unwrap_or(Timestamp::MAX),
            body: self.context.vault.seal(tenant, "session", &id.to_string(), session),
        }
    }
}

/// What an ended session causes. A session is saved as ended once, because nothing moves it afterwards.
fn happened_to(session: &Session) -> Vec<Happening> {
    let Some(ended) = SessionEnded::of(session) else { return Vec::new() };
    let reused = (ended.reason == EndReason::RefreshTokenReused)
        .then(|| Happening::SessionReuseDetected { session: ended.clone() });
    reused.into_iter().chain([Happening::SessionEnded { session: ended }]).collect()
}
