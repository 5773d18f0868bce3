//! One try to send a notification.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Hop, NotificationStatus};
use crate::{
    error::{ErrorKind, ProviderError},
    id::ConnectionId,
    provider::ProviderName,
};

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// Through which connection.
    pub connection: ConnectionId,
    /// Of which provider.
    pub provider: ProviderName,
    /// When it began.
    pub started_at: Timestamp,
    /// Past it, a sender that has not written the outcome counts as dead.
    pub deadline: Timestamp,
    /// When its outcome was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// How it stands.
    pub status: AttemptStatus,
}

/// How a try stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AttemptStatus {
    /// The provider is being called, or was when its replica died.
    Sending,
    /// The provider took it.
    Sent {
        /// The provider's id of the message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        /// The provider's id of the request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// The messenger it went through, where the provider says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        platform: Option<String>,
    },
    /// Surely nothing was sent.
    Failed(AttemptFailure),
    /// Nobody can know.
    Unknown(AttemptFailure),
}

impl AttemptStatus {
    /// The status as a word.
    pub fn as_str(&self) -> &'static str {
        self.settles_as().as_str()
    }

    /// What a notification is whose last attempt ended like this.
    pub fn settles_as(&self) -> NotificationStatus {
        match self {
            Self::Sending => NotificationStatus::Sending,
            Self::Sent { .. } => NotificationStatus::Sent,
            Self::Failed(_) => NotificationStatus::Failed,
            Self::Unknown(_) => NotificationStatus::Unknown,
        }
    }

    /// The failure, where there is one.
    pub fn failure(&self) -> Option<&AttemptFailure> {
        match self {
            Self::Failed(failure) | Self::Unknown(failure) => Some(failure),
            Self::Sending | Self::Sent { .. } => None,
        }
    }
}

/// Why a try went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFailure {
    /// A stable word: a [`ErrorKind`], or `sender_died`.
    pub code: String,
    /// What could help.
    pub kind: FailureKind,
    /// The provider's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// The provider's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl AttemptFailure {
    /// The replica that was sending died before it wrote the outcome.
    pub fn sender_died() -> Self {
        Self {
            code: "sender_died".to_owned(),
            kind: FailureKind::Technical,
            provider_code: None,
            request_id: None,
        }
    }
}

impl From<&ProviderError> for AttemptFailure {
    fn from(error: &ProviderError) -> Self {
        Self {
            code: error.kind().as_str().to_owned(),
            kind: FailureKind::of(error.kind()),
            provider_code: error.provider_code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        }
    }
}

/// What could help a message that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Nothing: this recipient does not take this message.
    Permanent,
    /// Time.
    Temporary,
    /// An operator.
    Technical,
}

impl FailureKind {
    /// What could help against an error of this kind.
    pub fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput | ErrorKind::UnknownRecipient | ErrorKind::Refused => Self::Permanent,
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout => Self::Temporary,
            ErrorKind::Misconfigured
            | ErrorKind::Unauthenticated
            | ErrorKind::Protocol
            | ErrorKind::Consumed
            | ErrorKind::InvalidGrant => Self::Technical,
        }
    }

    /// The kind as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Technical => "technical",
        }
    }
}

impl Attempt {
    pub(super) fn start(number: u32, hop: &Hop, started_at: Timestamp, deadline: Timestamp) -> Self {
        Self {
            number,
            connection: hop.connection.clone(),
            provider: hop.account.provider.clone(),
            started_at,
            deadline,
            finished_at: None,
            status: AttemptStatus::Sending,
        }
    }

    pub(super) fn finish(&mut self, status: AttemptStatus, at: Timestamp) {
        self.status = status;
        self.finished_at = Some(at);
    }
}
