//! What is told of a login.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{ConnectionId, LoginId, SubjectId},
    login::{Login, LoginStatus, Phase},
    provider::ProviderName,
    text::Reference,
};

/// A login at one moment, as far as others are told: nothing that opens it, and no link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginNews {
    /// Its id.
    pub id: LoginId,
    /// Where it is.
    pub status: LoginStatus,
    /// The provider.
    pub provider: ProviderName,
    /// The connection.
    pub connection: ConnectionId,
    /// The caller's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends if nothing happens.
    pub expires_at: Timestamp,
    /// Who signed in, once it is claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
}

impl LoginNews {
    /// What is told of a login as it is now.
    pub fn of(login: &Login) -> Self {
        let terms = &login.terms;
        let subject = match &login.phase {
            Phase::Claimed { subject, .. } => Some(*subject),
            _ => None,
        };
        Self {
            id: terms.id,
            status: login.status(),
            provider: terms.account.provider.clone(),
            connection: terms.connection.clone(),
            reference: terms.reference.clone(),
            created_at: terms.created_at,
            expires_at: login.expires_at,
            subject,
        }
    }
}
