//! How a login ends without a claim.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LoginStatus, RedeemClaim};
use crate::provider::Memo;

/// How a login ended without a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The person said no.
    Denied,
    /// Nobody confirmed, or nobody claimed, in time.
    Expired,
    /// The caller cancelled it.
    Cancelled,
    /// It broke.
    Failed(FailureCode),
}

impl Ending {
    /// The status that callers see.
    pub fn status(self) -> LoginStatus {
        match self {
            Self::Denied => LoginStatus::Denied,
            Self::Expired => LoginStatus::Expired,
            Self::Cancelled => LoginStatus::Cancelled,
            Self::Failed(_) => LoginStatus::Failed,
        }
    }

    /// What the browser is told on its way back (`error=…`).
    pub fn return_error(self) -> &'static str {
        match self {
            Self::Denied => "access_denied",
            Self::Expired => "login_expired",
            Self::Cancelled | Self::Failed(_) => "login_failed",
        }
    }
}

/// Why a login broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The provider reported an error or made no sense.
    ProviderError,
    /// The provider did not answer in time when it mattered.
    ProviderTimeout,
    /// The answer was taken and then lost, by a crash.
    LoginLost,
    /// Somebody else took the answer: a security event.
    ConsumedElsewhere,
    /// What the provider vouched for does not hold.
    IdentityRejected,
}

impl FailureCode {
    /// The code as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProviderError => "provider_error",
            Self::ProviderTimeout => "provider_timeout",
            Self::LoginLost => "login_lost",
            Self::ConsumedElsewhere => "consumed_elsewhere",
            Self::IdentityRejected => "identity_rejected",
        }
    }

    /// What it means, for the caller's log.
    pub fn message(self) -> &'static str {
        match self {
            Self::ProviderError => "The provider reported an error.",
            Self::ProviderTimeout => "The provider did not answer in time.",
            Self::LoginLost => "The provider's answer was lost after it was taken. Start a new login.",
            Self::ConsumedElsewhere => "Somebody else took the provider's answer. Start a new login.",
            Self::IdentityRejected => "What the provider vouched for does not hold.",
        }
    }
}

/// What an ended login leaves at its provider: until the provider's own end it is consumed if it is confirmed after all, because
/// until then it lies there for whoever knows the session. A polled provider is watched for that; from another one the browser
/// brings it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// What the next call needs.
    pub memo: Memo,
    /// When nothing can come of it any more.
    pub until: Timestamp,
    /// Who is taking the answer, if somebody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<RedeemClaim>,
    /// When the provider may be asked again, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// How many tries may have taken effect before `claim`.
    #[serde(default)]
    pub attempt: u32,
}
