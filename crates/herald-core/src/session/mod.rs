//! What a claimed login gives: a session, which lives until it is ended, left alone for too long, or too old.
//!
//! ```text
//! Active ── used: refresh token rotated, site visited ──► Active
//!    │
//!    ├── ended by the caller, a logout, a revocation, a reused refresh token ──► Ended
//!    └── idle or absolute lifetime over ──► ended, without anybody writing it down
//! ```
//!
//! A session hangs on one [`Tether`]: a refresh token that a service keeps, or a cookie that a browser has on one site.

mod refresh;
mod site;
mod status;

pub use refresh::{Presented, RefreshChain, RefreshToken, Rotation};
pub use site::{SiteOrigin, SiteSecret};
pub use status::{EndReason, SessionStatus};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    id::{LoginId, SessionId, SubjectId, TenantId},
    identity::Identity,
    secret::Digest,
};

/// How long a session lives; fixed when it begins, so that a change of configuration is for new sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// It ends when it was not used for this many seconds.
    pub idle_seconds: u32,
    /// It ends this many seconds after it began, whatever happens.
    pub absolute_seconds: u32,
}

/// What keeps a session alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tether {
    /// A refresh token, in the hands of the service that claimed the login.
    Refresh(RefreshChain),
    /// A cookie, in the browser that signed in at a site.
    Site {
        /// The only site that the cookie opens.
        origin: SiteOrigin,
        /// What is kept of the cookie's secret.
        secret: Digest,
    },
}

/// How a session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEnd {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, the `sid` of its tokens.
    pub id: SessionId,
    /// Its tenant.
    pub tenant: TenantId,
    /// The login that it came from.
    pub login: LoginId,
    /// Whose it is.
    pub subject: SubjectId,
    /// Whom the provider vouched for, when the login was claimed.
    pub identity: Identity,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used: begun, refreshed, or seen at its site.
    pub last_used_at: Timestamp,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// What keeps it alive.
    pub tether: Tether,
    /// How it was ended, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SessionEnd>,
}

/// The session is over, so the move is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct SessionOver;

impl Session {
    /// The latest moment it can reach, however much it is used.
    pub fn ends_at(&self) -> Timestamp {
        later(self.created_at, self.lifetime.absolute_seconds)
    }

    /// When it ends if it is not used any more.
    pub fn expires_at(&self) -> Timestamp {
        later(self.last_used_at, self.lifetime.idle_seconds).min(self.ends_at())
    }

    /// Is it neither ended nor over?
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.end.is_none() && now < self.expires_at()
    }

    /// When it stopped being active, if it did: its end, or the moment its time was over.
    pub fn ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        let over = Some(self.expires_at()).filter(|over| *over <= now);
        match (self.end, over) {
            (Some(end), Some(over)) => Some(end.at.min(over)),
            (Some(end), None) => Some(end.at),
            (None, over) => over,
        }
    }

    /// Notes that it was used.
    pub fn touch(mut self, now: Timestamp) -> Result<Self, SessionOver> {
        if !self.is_active(now) {
            return Err(SessionOver);
        }
        self.last_used_at = self.last_used_at.max(now);
        Ok(self)
    }

    /// Active → Active with the refresh token after the current one, which counts as used from now on.
    pub fn rotate(self, now: Timestamp) -> Result<Self, SessionOver> {
        let mut session = self.touch(now)?;
        let Tether::Refresh(chain) = &mut session.tether else { return Err(SessionOver) };
        chain.rotate(now);
        Ok(session)
    }

    /// Active → Ended.
    pub fn end(mut self, reason: EndReason, now: Timestamp) -> Result<Self, SessionOver> {
        if !self.is_active(now) {
            return Err(SessionOver);
        }
        self.end = Some(SessionEnd { at: now, reason });
        Ok(self)
    }
}

fn later(from: Timestamp, seconds: u32) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
