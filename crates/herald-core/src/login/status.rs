//! What callers see of where a login is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a login is, for callers. Moves from left to right; steps may be skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginStatus {
    /// Nothing happened yet.
    Pending,
    /// The person visited `start` or opened the messenger.
    Opened,
    /// The provider vouches for the person; the login can be claimed.
    Confirmed,
    /// Claimed.
    Claimed,
    /// The person said no.
    Denied,
    /// Nobody confirmed, or nobody claimed, in time.
    Expired,
    /// The caller cancelled it.
    Cancelled,
    /// It broke.
    Failed,
}

impl LoginStatus {
    /// Every status, in the order of a login's life.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Opened,
        Self::Confirmed,
        Self::Claimed,
        Self::Denied,
        Self::Expired,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Opened => "opened",
            Self::Confirmed => "confirmed",
            Self::Claimed => "claimed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// The status of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Is it over, one way or another?
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Opened | Self::Confirmed)
    }
}

impl fmt::Display for LoginStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
