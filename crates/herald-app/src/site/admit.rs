//! Is this request of somebody who is signed in at the site?

use std::{any::Any, borrow::Cow, fmt, sync::Arc};

use arc_swap::ArcSwap;
use herald_core::{
    secret::Digest,
    session::{Session, SiteSecret, Tether},
    session_control::NamedUser,
};
use jiff::{SignedDuration, Timestamp};

use super::{
    Sites, connection_of,
    identity::Identity,
    key::{Asked, Place},
};
use crate::{
    session::{Seen, SessionError, keys::SeenKeys},
    tenant::{Site, Tenant},
};

/// A session's use is noted when the last note is older than this, or than a tenth of its idle time.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What a request brings, good or not.
#[derive(Clone, Copy)]
pub enum SiteCredential<'a> {
    /// The value of the site's session cookie.
    Cookie(&'a [u8]),
    /// A bearer token.
    Bearer(&'a [u8]),
}

impl<'a> SiteCredential<'a> {
    /// Itself, at this site.
    fn at(self, site: &Arc<Site>) -> Asked<'a> {
        let (credential, is_cookie) = match self {
            Self::Cookie(cookie) => (cookie, true),
            Self::Bearer(token) => (token, false),
        };
        Asked { credential, place: Place { is_cookie, site: Arc::as_ptr(site).addr() } }
    }
}

impl fmt::Debug for SiteCredential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cookie(_) => "Cookie(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// Somebody who is signed in.
pub struct Admitted {
    /// What it rests on, as that was seen last; what else is here does not change with it.
    grounds: ArcSwap<Grounds>,
    /// The bearer token's own end, and the key that it was signed with.
    bearer: Option<(Timestamp, String)>,
    identity: Arc<Identity>,
}

/// What somebody's being signed in rests on.
struct Grounds {
    seen: Seen,
    /// Until when the session is active if nothing happens to it; nothing of one that has ended.
    active_until: Option<Timestamp>,
    /// Absent when the keys were changed in this very moment.
    keys: Option<SeenKeys>,
}

impl Grounds {
    fn new(seen: Seen, keys: Option<SeenKeys>) -> Self {
        let session = &seen.session;
        let active_until = session.end.is_none().then(|| session.expires_at());
        Self { seen, active_until, keys }
    }

    /// Is the session, as it was seen last, still active?
    fn is_active(&self, now: Timestamp) -> bool {
        self.active_until.is_some_and(|until| now < until)
    }
}

impl Admitted {
    /// The session.
    pub fn session(&self) -> Arc<Session> {
        Arc::clone(&self.grounds.load().seen.session)
    }

    /// Who it is, as a token for this site: a JWT of 60 s, `typ` `herald-identity+jwt`, `aud` the site's origin.
    pub fn identity_token(&self) -> &str {
        &self.identity.token
    }

    /// Is it of this site, as configured now, and still in its time?
    fn is_of(&self, site: &Arc<Site>, now: Timestamp) -> bool {
        self.identity.is_for(site, now)
            && self.bearer.as_ref().is_none_or(|(expires_at, _)| now < *expires_at)
    }

    /// The keys that it depends on.
    fn kids(&self) -> impl Iterator<Item = &str> {
        kids(self.bearer.as_ref(), &self.identity)
    }

    /// What `make` makes of it, kept with it: the answer to a credential that was seen before is ready. Nothing for whoever asks
    /// for another `T` than the first.
    pub fn prepared<T: Any + Send + Sync>(&self, make: impl FnOnce(&Self) -> T) -> Option<&T> {
        self.identity.prepared.get_or_init(|| Box::new(make(self))).downcast_ref()
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Admitted({} to {})", self.grounds.load().seen.session.id, self.identity.origin())
    }
}

impl Sites {
    /// Whoever this credential lets in at the site: the site's own cookie, or an access token of its tenant, of an active session
    /// and, where the site names a connection, of that provider account. `browser_cookies` gives the whole `Cookie` header, and is
    /// asked where it matters: on a site of a provider with sessions of its own, a cookie of that provider's that names somebody
    /// else takes access away.
    pub async fn admit<'a>(
        &self,
        tenant: &Tenant,
        site: &Arc<Site>,
        credential: SiteCredential<'_>,
        browser_cookies: impl FnOnce() -> Option<Cow<'a, str>>,
    ) -> Result<Option<Arc<Admitted>>, SessionError> {
        let now = self.context.clock.now();
        let known = self.admitted.get(&credential.at(site)).filter(|known| known.is_of(site, now));
        let admitted = match known {
            Some(known) if self.holds(&known, now) => known,
            // Boxed: what is seldom needed must not make every answer carry its state.
            Some(known) if Box::pin(self.holds_on(tenant, &known, now)).await? => known,
            _ => match Box::pin(self.look_once(tenant, site, credential, now)).await? {
                Some(admitted) => admitted,
                None => return Ok(None),
            },
        };
        Ok(is_same_person(tenant, site, &admitted, browser_cookies).then_some(admitted))
    }

    /// May what is known be believed without another look at anything?
    fn holds(&self, known: &Admitted, now: Timestamp) -> bool {
        let grounds = known.grounds.load();
        grounds.is_active(now)
            && self.sessions.is_fresh(&grounds.seen, now)
            && grounds.keys.as_ref().is_some_and(|keys| keys.are_unchanged(now))
    }

    /// Looks at the session and at the keys again, and at nothing else: what was made of them stays.
    async fn holds_on(
        &self,
        tenant: &Tenant,
        known: &Admitted,
        now: Timestamp,
    ) -> Result<bool, SessionError> {
        let keys = self.sessions.keys();
        for kid in known.kids() {
            if keys.verifying_key(tenant, kid).await?.is_none() {
                return Ok(false);
            }
        }
        let id = known.grounds.load().seen.session.id;
        let Some(seen) = self.sessions.see(tenant, id).await? else { return Ok(false) };
        if !seen.session.is_active(now) {
            return Ok(false);
        }
        if known.bearer.is_none() {
            self.note_use(&seen.session, now);
        }
        known.grounds.store(Arc::new(Grounds::new(seen, keys.seen(&tenant.id, known.kids()))));
        Ok(true)
    }

    /// Looks anew, once for all who ask with this credential at the same time.
    async fn look_once(
        &self,
        tenant: &Tenant,
        site: &Arc<Site>,
        credential: SiteCredential<'_>,
        now: Timestamp,
    ) -> Result<Option<Arc<Admitted>>, SessionError> {
        let key = credential.at(site).to_key();
        self.admitted.remove_if(&key, |known| !known.is_of(site, now) || !self.holds(known, now));
        match self.admitted.get_value_or_guard_async(&key).await {
            Ok(admitted) => Ok(Some(admitted)),
            Err(guard) => {
                let Some(admitted) = self.look(tenant, site, credential, now).await? else {
                    return Ok(None);
                };
                let admitted = Arc::new(admitted);
                // Nobody minds when it was forgotten in this very moment.
                let _ = guard.insert(Arc::clone(&admitted));
                Ok(Some(admitted))
            }
        }
    }

    /// Looks at the credential and at its session anew.
    async fn look(
        &self,
        tenant: &Tenant,
        site: &Arc<Site>,
        credential: SiteCredential<'_>,
        now: Timestamp,
    ) -> Result<Option<Admitted>, SessionError> {
        // What is no text is none of ours.
        let Ok(text) = std::str::from_utf8(credential.at(site).credential) else { return Ok(None) };
        let (seen, bearer) = match credential {
            SiteCredential::Cookie(_) => {
                let Some(id) = SiteSecret::session_of(text) else { return Ok(None) };
                let Some(seen) = self.sessions.see(tenant, id).await? else { return Ok(None) };
                let is_its_cookie = matches!(
                    &seen.session.tether,
                    Tether::Site { origin, secret } if *origin == site.origin && secret.is_of(text)
                );
                if !is_its_cookie || !seen.session.is_active(now) {
                    return Ok(None);
                }
                self.note_use(&seen.session, now);
                (seen, None)
            }
            SiteCredential::Bearer(_) => {
                let token = self.sessions.bearer(tenant, text, Digest::of(text)).await?;
                let Some(token) = token else { return Ok(None) };
                (token.0, Some((token.1, token.2)))
            }
        };
        if !is_for(tenant, site, &seen.session) {
            return Ok(None);
        }
        let identity = self.identity(tenant, site, &seen.session, now).await?;
        let keys = self.sessions.keys().seen(&tenant.id, kids(bearer.as_ref(), &identity));
        let grounds = ArcSwap::from_pointee(Grounds::new(seen, keys));
        Ok(Some(Admitted { grounds, bearer, identity }))
    }

    /// Notes that a session was used, now and then, and without anybody waiting for it.
    fn note_use(&self, session: &Session, now: Timestamp) {
        let tenth = SignedDuration::from_secs(i64::from(session.lifetime.idle_seconds / 10));
        let seen = session.last_used_at;
        if now.duration_since(seen) >= NOTED_EVERY.min(tenth) {
            let (sessions, tenant, id) = (self.sessions.clone(), session.tenant.clone(), session.id);
            self.context.tasks.spawn(async move {
                if let Err(error) = sessions.note_use(&tenant, id, seen, now).await {
                    tracing::warn!(%error, "the use of a session could not be noted");
                }
            });
        }
    }
}

/// The keys that a bearer token and what is told of it depend on; mostly it is one.
fn kids<'a>(
    bearer: Option<&'a (Timestamp, String)>,
    identity: &'a Identity,
) -> impl Iterator<Item = &'a str> {
    let bearer = bearer.map(|(_, kid)| kid.as_str()).filter(|kid| *kid != identity.kid);
    bearer.into_iter().chain([identity.kid.as_str()])
}

/// May a session of this provider account open the site? One whose account is not configured here any more opens none: it is left
/// alone, and its person can sign in anew.
fn is_for(tenant: &Tenant, site: &Site, session: &Session) -> bool {
    let (account, connection) = (&session.identity.account, &session.identity.connection);
    match &site.connection {
        Some(wanted) => tenant.connection_of(wanted, account).is_some(),
        None => tenant.connection_of(connection, account).is_some(),
    }
}

/// Do the browser's own cookies of the site's provider name the same person, if they name anybody?
fn is_same_person<'a>(
    tenant: &Tenant,
    site: &Site,
    admitted: &Admitted,
    cookies: impl FnOnce() -> Option<Cow<'a, str>>,
) -> bool {
    let Some(connection) = connection_of(tenant, site) else { return true };
    let Some(control) = &connection.session_control else { return true };
    let Some(cookies) = cookies() else { return true };
    let session = admitted.session();
    match control.named_user(&cookies) {
        NamedUser::Nobody => true,
        NamedUser::One(user) => {
            *connection.account() == session.identity.account && user == session.identity.profile.user_key
        }
        NamedUser::Unclear => false,
    }
}
