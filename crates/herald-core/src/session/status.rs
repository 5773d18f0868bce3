//! What callers see of where a session is, and why it was ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Its credentials are good.
    Active,
    /// It was ended, or its time is over.
    Ended,
}

impl SessionStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }

    /// The status of that word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Ended].into_iter().find(|status| status.as_str() == text)
    }
}

impl fmt::Display for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// A service ended it.
    Ended,
    /// The person signed out at a site.
    LoggedOut,
    /// One of its tokens was revoked (RFC 7009).
    Revoked,
    /// A refresh token was used again long after its rotation: one of the two users is a thief (RFC 9700, 4.14.2).
    RefreshTokenReused,
    /// The provider said that it deleted the person.
    UserDeleted,
}

impl EndReason {
    /// The reason as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::LoggedOut => "logged_out",
            Self::Revoked => "revoked",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::UserDeleted => "user_deleted",
        }
    }
}
