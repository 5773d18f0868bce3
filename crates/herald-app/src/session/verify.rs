//! Verifying any credential of a tenant.

use herald_core::{
    credential::{Credential, CredentialState},
    id::{SessionId, SubjectId},
    identity::Identity,
    secret::Digest,
};
use jiff::Timestamp;

use super::{
    Sessions, VerifyError,
    foreign::{ForeignError, connection_named},
};
use crate::tenant::Tenant;

/// What is known of a credential.
#[derive(Clone, Debug)]
pub enum Verification {
    /// Bad, expired, ended, malformed or another tenant's: which, is nobody's business.
    Inactive,
    /// Good at this moment.
    Active(Box<Active>),
}

/// Whose a good credential is.
#[derive(Clone, Debug)]
pub struct Active {
    /// Who issued it.
    pub kind: ActiveKind,
    /// Who that is in this tenant; unknown for somebody who never signed in through Herald.
    pub subject: Option<SubjectId>,
    /// The session, of Herald's own tokens.
    pub session_id: Option<SessionId>,
    /// Who it is.
    pub identity: Identity,
    /// When the credential ends, where that is known.
    pub expires_at: Option<Timestamp>,
}

/// Who issued a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveKind {
    /// Herald.
    Herald,
    /// The provider of the identity.
    Provider,
}

impl Sessions {
    /// Verifies a Herald access token, or a credential of one of the tenant's providers. `connection` says whose it has to be.
    pub async fn verify(
        &self,
        tenant: &Tenant,
        credential: Credential<'_>,
        connection: Option<&str>,
    ) -> Result<Verification, VerifyError> {
        let named = connection.map(|name| connection_named(tenant, name)).transpose()?;
        if let Credential::Token(text) = credential
            && Self::is_ours(text)
        {
            let Some(token) = self.check_token(tenant, text, Digest::of(text)).await? else {
                return Ok(Verification::Inactive);
            };
            let session = &token.seen.session;
            if named.is_some_and(|named| *named.account() != session.identity.account) {
                return Ok(Verification::Inactive);
            }
            return Ok(Verification::Active(Box::new(Active {
                kind: ActiveKind::Herald,
                subject: Some(session.subject),
                session_id: Some(session.id),
                identity: session.identity.clone(),
                expires_at: Some(token.claims.expires_at()),
            })));
        }
        let Some(connection) = Self::connection_for(tenant, credential, connection)? else {
            return Ok(Verification::Inactive);
        };
        let state = self.ask_provider(tenant, &connection, credential).await?;
        let CredentialState::Active { profile, expires_at, .. } = state else {
            return Ok(Verification::Inactive);
        };
        let account = connection.account().clone();
        let identity = Identity { account, connection: connection.id.clone(), profile: *profile };
        let key = self.context.vault.identity_key(&tenant.id, &identity);
        let subject = self.context.store.subject_of(&tenant.id, key).await?;
        Ok(Verification::Active(Box::new(Active {
            kind: ActiveKind::Provider,
            subject,
            session_id: None,
            identity,
            expires_at,
        })))
    }
}

impl From<ForeignError> for VerifyError {
    fn from(error: ForeignError) -> Self {
        match error {
            ForeignError::Provider(error) => Self::Provider(error),
            ForeignError::Session(error) => Self::Session(error),
        }
    }
}
