//! Where a login is, for Herald itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Ending, Leftover};
use crate::{
    id::SubjectId,
    identity::Identity,
    provider::{Answer, Memo},
    secret::LoginCode,
};

/// Where a login is, with what it needs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// For the person.
    Waiting {
        /// What the next call needs.
        memo: Memo,
    },
    /// The person agreed; nobody is taking the answer at the moment.
    Ready {
        /// What `redeem` needs.
        memo: Memo,
        /// When it may be tried again.
        not_before: Timestamp,
        /// How many tries may have taken effect so far.
        attempt: u32,
    },
    /// Somebody is taking the answer. Stored before the call is made.
    Redeeming {
        /// What `redeem` needs.
        memo: Memo,
        /// Who.
        claim: RedeemClaim,
    },
    /// The answer is in hand, not yet verified.
    Answered {
        /// The answer.
        answer: Answer,
        /// When verifying may be tried again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    },
    /// The provider vouches for a person.
    Confirmed(Box<Confirmation>),
    /// Done.
    Claimed {
        /// What was confirmed.
        confirmation: Box<Confirmation>,
        /// Who that is in this tenant.
        subject: SubjectId,
        /// When.
        claimed_at: Timestamp,
    },
    /// Over without a claim.
    Ended {
        /// How.
        ending: Ending,
        /// When.
        ended_at: Timestamp,
        /// What is left at the provider.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leftover: Option<Leftover>,
    },
}

/// Who is taking a one-shot answer, and until when nobody else may. Its fence is the version of the row it is stored in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedeemClaim {
    /// The replica.
    pub owner: String,
    /// Past it the owner counts as dead.
    pub deadline: Timestamp,
    /// 1 for the first try. A provider that says "consumed" means somebody else at the first, a lost answer later.
    pub attempt: u32,
}

/// What a confirmed login holds for its claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Who the provider vouches for.
    pub identity: Identity,
    /// Proves which browser came back. One per login.
    pub code: LoginCode,
    /// When.
    pub confirmed_at: Timestamp,
}
