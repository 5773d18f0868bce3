//! Credentials that providers issued themselves: asked about once for many callers, and remembered for a moment.

use std::{fmt, sync::Arc};

use herald_core::{
    credential::{Credential, CredentialState, CredentialVerifier},
    error::ProviderError,
    id::{ConnectionId, TenantId},
    provider::ProviderAccount,
    secret::Digest,
    store::SecretRow,
};
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};

use super::{ChoiceError, SessionError, Sessions};
use crate::tenant::{Connection, Tenant};

/// How many credentials are remembered.
const REMEMBERED: usize = 20_000;
/// How long the provider's word is believed. It may take back what it said at any time, and does not tell us.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(30);
/// How long a "no" is believed: long enough to spare the provider a flood, short enough not to matter.
const BAD_FOR: SignedDuration = SignedDuration::from_secs(5);
/// How long an ended session of a provider's is remembered.
const REMEMBER_ENDED: SignedDuration = SignedDuration::from_hours(24);

/// What a provider said of a credential, and until when that is believed.
#[derive(Debug)]
struct Word {
    said: Result<CredentialState, ProviderError>,
    from: Timestamp,
    until: Timestamp,
}

/// What providers said lately, by tenant, connection, provider account and credential.
pub(super) struct Foreign(Cache<Digest, Arc<Word>>);

impl Default for Foreign {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Foreign({})", self.0.len())
    }
}

impl Sessions {
    /// The one connection that the credential belongs to: the one named, or the only one that recognises it. Nothing when none does.
    pub(super) fn connection_for(
        tenant: &Tenant,
        credential: Credential<'_>,
        named: Option<&str>,
    ) -> Result<Option<Arc<Connection>>, ChoiceError> {
        let recognizes = |connection: &Connection| {
            connection.verifier.as_ref().is_some_and(|verifier| verifier.recognizes(credential))
        };
        if let Some(named) = named {
            let connection = connection_named(tenant, named)?;
            return Ok(Some(connection).filter(|connection| recognizes(connection)));
        }
        only_one(tenant.connections.values().filter(|connection| recognizes(connection)).cloned())
    }

    /// What the provider says of the credential: asked once for all who ask at the same time, and believed for a moment.
    pub(super) async fn ask_provider(
        &self,
        tenant: &Tenant,
        connection: &Connection,
        credential: Credential<'_>,
    ) -> Result<CredentialState, ForeignError> {
        let Some(verifier) = &connection.verifier else { return Ok(CredentialState::NotActive) };
        let account = connection.account();
        let key = key_of(&tenant.id, &connection.id, account, credential, verifier.digest(credential));
        let now = self.context.clock.now();
        self.foreign.0.remove_if(&key, |word| !word.holds(now));
        let word = match self.foreign.0.get(&key) {
            Some(word) => word,
            None => self.word_on(key, Arc::clone(verifier), credential).await?,
        };
        let state = word.said.as_ref().map_err(ProviderError::again)?.clone();
        if let CredentialState::Active { provider_session: Some(session), .. } = &state
            && self.is_ended_here(&tenant.id, connection, session).await?
        {
            return Ok(CredentialState::NotActive);
        }
        Ok(state)
    }

    /// What the provider says now, to all who wait for it. As a task of its own: when the one who asked first hangs up, the others
    /// do not start over.
    async fn word_on(
        &self,
        key: Digest,
        verifier: Arc<dyn CredentialVerifier>,
        credential: Credential<'_>,
    ) -> Result<Arc<Word>, SessionError> {
        let (foreign, clock) = (Arc::clone(&self.foreign), Arc::clone(&self.context.clock));
        let (Credential::Token(text) | Credential::Cookies(text)) = credential;
        let (is_token, text) = (matches!(credential, Credential::Token(_)), SecretString::from(text));
        let work = async move {
            match foreign.0.get_value_or_guard_async(&key).await {
                Ok(word) => word,
                Err(guard) => {
                    let text = text.expose_secret();
                    let credential =
                        if is_token { Credential::Token(text) } else { Credential::Cookies(text) };
                    let said = verifier.verify(credential).await;
                    let now = clock.now();
                    // A failure is for those who wait for it now, and for nobody later.
                    let until = said.as_ref().map_or(now, |state| believed_until(state, now));
                    let word = Arc::new(Word { said, from: now, until });
                    // Nobody minds when it was forgotten in this very moment.
                    let _ = guard.insert(Arc::clone(&word));
                    word
                }
            }
        };
        Ok(self.context.tasks.finish(work).await?)
    }

    /// Remembers for a day that a provider's session is over, where the provider's own verification would not notice: longer than
    /// any token of it lives, also one that was made in this moment.
    pub(crate) async fn remember_ended(
        &self,
        tenant: &TenantId,
        connection: &Connection,
        provider_session: &str,
    ) -> Result<(), SessionError> {
        let name = self.ended_name(tenant, connection, provider_session);
        let row = SecretRow {
            tenant: tenant.clone(),
            body: self.context.vault.seal(tenant, "provider-session-ended", &name, &true),
            name,
            version: 1,
            purge_at: Some(self.context.clock.now() + REMEMBER_ENDED),
        };
        // Lost to somebody who remembers the same.
        self.context.store.replace_secret(&row).await?;
        Ok(())
    }

    /// Was this session of the provider's ended here?
    pub(crate) async fn is_ended_here(
        &self,
        tenant: &TenantId,
        connection: &Connection,
        provider_session: &str,
    ) -> Result<bool, SessionError> {
        let name = self.ended_name(tenant, connection, provider_session);
        Ok(self.context.store.secret(tenant, &name).await?.is_some())
    }

    fn ended_name(&self, tenant: &TenantId, connection: &Connection, provider_session: &str) -> String {
        let account = connection.account();
        let parts = [account.provider.as_str(), &account.account, provider_session];
        self.context.vault.name(tenant, "provider-session-ended", &parts)
    }
}

/// The provider could not be asked, or the store could not.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForeignError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl Word {
    fn holds(&self, now: Timestamp) -> bool {
        // Also when the clock was put back.
        self.from <= now && now < self.until
    }
}

fn believed_until(state: &CredentialState, now: Timestamp) -> Timestamp {
    match state {
        CredentialState::Active { expires_at, .. } => {
            let until = now + GOOD_FOR;
            expires_at.map_or(until, |expires_at| until.min(expires_at))
        }
        CredentialState::NotActive => now + BAD_FOR,
    }
}

fn key_of(
    tenant: &TenantId,
    connection: &ConnectionId,
    account: &ProviderAccount,
    credential: Credential<'_>,
    digest: Digest,
) -> Digest {
    let kind = match credential {
        Credential::Token(_) => "token",
        Credential::Cookies(_) => "cookies",
    };
    let ProviderAccount { provider, account } = account;
    let (provider, digest) = (provider.as_str(), digest.to_hex());
    // The account is last: only it might hold a line break.
    Digest::of(format!("{tenant}\n{connection}\n{provider}\n{kind}\n{digest}\n{account}"))
}

/// The tenant's connection of this name.
pub(super) fn connection_named(tenant: &Tenant, name: &str) -> Result<Arc<Connection>, ChoiceError> {
    let id = ConnectionId::parse(name).map_err(|_| ChoiceError::Unknown)?;
    tenant.connections.get(&id).cloned().ok_or(ChoiceError::Unknown)
}

/// The only one of these; nothing when there is none.
pub(super) fn only_one(
    mut connections: impl Iterator<Item = Arc<Connection>>,
) -> Result<Option<Arc<Connection>>, ChoiceError> {
    match (connections.next(), connections.next()) {
        (Some(_), Some(_)) => Err(ChoiceError::Ambiguous),
        (only, _) => Ok(only),
    }
}

#[cfg(test)]
mod tests {
    use herald_core::provider::ProviderName;

    use super::*;

    #[test]
    fn what_one_provider_said_is_not_believed_of_another_nor_of_another_account_or_kind() {
        let (tenant, connection) = (TenantId::parse("acme").unwrap(), ConnectionId::parse("main").unwrap());
        let key = |provider, account: &str, credential: Credential<'_>| {
            let account =
                ProviderAccount { provider: ProviderName::new(provider), account: account.to_owned() };
            key_of(&tenant, &connection, &account, credential, Digest::of("same"))
        };
        let first = key("antara", "app", Credential::Token("t"));
        assert!(first == key("antara", "app", Credential::Token("t")));
        assert!(first != key("antirius", "app", Credential::Token("t")));
        assert!(first != key("antara", "other", Credential::Token("t")));
        assert!(first != key("antara", "app", Credential::Cookies("t")));
    }
}
