//! Where a login is, for Herald itself.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Ending, Leftover};
use crate::{
    id::{SessionId, SubjectId},
    identity::Identity,
    provider::{Answer, Memo},
    secret::LoginCode,
    session::SiteSecret,
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
        /// What the claim gave. Absent only in a login that an older release claimed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<Box<Grant>>,
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

/// The session that a claim gave, with what it handed out: the same claim gives the same again for a while.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The session.
    pub session: SessionId,
    /// What opens it.
    pub handed: Handed,
}

/// What opens a session, as it was handed out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Handed {
    /// To the service that claimed.
    Tokens(SessionTokens),
    /// To the browser that signed in at a site.
    Cookie {
        /// The cookie's value.
        secret: SiteSecret,
        /// The latest moment that the session can reach.
        ends_at: Timestamp,
    },
}

/// The tokens of a session at one moment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTokens {
    /// The access token, a JWT (RFC 9068).
    pub access_token: String,
    /// How long it was good when it was made, in seconds.
    pub expires_in_seconds: u32,
    /// The refresh token.
    pub refresh_token: String,
}

macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hidden! { Grant Handed SessionTokens }
