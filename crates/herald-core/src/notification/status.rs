//! Where a notification is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a notification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationStatus {
    /// Accepted, kept, waiting for its turn.
    Queued,
    /// A provider is being called, or was when its replica died.
    Sending,
    /// The provider took it.
    Sent,
    /// The provider says it arrived.
    Delivered,
    /// Surely not sent.
    Failed,
    /// Nobody can know whether it was sent.
    Unknown,
    /// Its time ran out before it was sent.
    Expired,
    /// The caller cancelled it.
    Cancelled,
}

impl NotificationStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Unknown,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Did it end without being surely sent, so that somebody may have it sent anew?
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown | Self::Expired)
    }

    /// Is a caller that waits for the outcome still to be kept waiting?
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}

impl fmt::Display for NotificationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
