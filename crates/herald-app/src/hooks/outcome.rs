//! What became of a notice, and how that is counted.

use herald_core::{provider::ProviderAccount, webhook_source::NoticeKind};

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its effect is stored.
    Taken,
    /// It was taken in before.
    Repeated,
    /// It does not prove where it comes from, or cannot be read.
    Refused,
    /// Its effect could not be stored.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// Counts a notice, or a request that none could be read from. No word of the provider becomes a label.
    pub(super) fn count(self, account: &ProviderAccount, what: Option<&NoticeKind>) {
        let kind = match what {
            None => "unread",
            Some(NoticeKind::MessageDelivered { .. }) => "message_delivered",
            Some(NoticeKind::UserDeleted { .. }) => "user_deleted",
            Some(_) => "other",
        };
        metrics::counter!(
            "herald_hook_notices_total",
            "provider" => account.provider.as_str().to_owned(),
            "kind" => kind,
            "outcome" => self.as_str()
        )
        .increment(1);
    }
}
