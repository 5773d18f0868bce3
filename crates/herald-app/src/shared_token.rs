//! Tokens that the replicas share, each a shared secret that is replaced by compare-and-swap:
//!
//! ```text
//! nothing ──► fetching ──► there ──► fetching (renewal, or it was refused) ──► …
//!    ▲           │
//!    └───────────┘ given up, or the one who fetched died
//! ```

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    id::TenantId,
    provider::ProviderAccount,
    store::{SecretRow, StoreError},
    token_shelf::{Shelf, ShelvedToken, TokenShelf, Turn},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::herald::Context;

/// How long to wait when a write is refused although nothing newer lies there: the store's clock and this process' do not agree
/// whether what lay there is gone, and to ask again at once would go on for as long as they differ.
const DISAGREEMENT: SignedDuration = SignedDuration::from_millis(250);

/// How long a note about a fetch is kept after it ended one way or the other: longer than two who race for it take.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

/// Makes the shelves of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SharedTokens(Arc<Context>);

impl SharedTokens {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self(context)
    }

    /// The shelf of the token that a tenant has for this provider account at this address.
    pub fn of(&self, tenant: &TenantId, account: &ProviderAccount, base_url: &str) -> Arc<dyn TokenShelf> {
        let of = [account.provider.as_str(), &account.account, base_url];
        let name = self.0.vault.name(tenant, "app-token", &of);
        Arc::new(OneToken { context: Arc::clone(&self.0), tenant: tenant.clone(), name })
    }
}

/// What lies there.
#[derive(Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
enum Lying {
    /// Somebody is fetching one.
    Fetching {
        /// Past it, he counts as dead.
        deadline: Timestamp,
    },
    /// A token.
    Token { token: String, renew_at: Timestamp, expires_at: Timestamp },
    /// Nothing: fetching failed.
    Nothing,
}

#[derive(Debug)]
struct OneToken {
    context: Arc<Context>,
    tenant: TenantId,
    name: String,
}

impl OneToken {
    /// What lies there, and its version; 0 for nothing ever.
    async fn lying(&self) -> Result<(Lying, u64), StoreError> {
        let Some(row) = self.context.store.secret(&self.tenant, &self.name).await? else {
            return Ok((Lying::Nothing, 0));
        };
        // What a later release wrote is fetched anew; its version stays the fence.
        let lying = self.context.vault.open(&self.tenant, "app-token", &self.name, &row.body);
        Ok((lying.unwrap_or(Lying::Nothing), row.version))
    }

    /// Lays this there, if the last version is still `seen`.
    async fn lay(&self, seen: u64, lying: &Lying, until: Timestamp) -> Result<bool, StoreError> {
        let row = SecretRow {
            tenant: self.tenant.clone(),
            name: self.name.clone(),
            version: seen + 1,
            purge_at: until.checked_add(KEPT).ok(),
            body: self.context.vault.seal(&self.tenant, "app-token", &self.name, lying),
        };
        self.context.store.replace_secret(&row).await
    }
}

#[async_trait]
impl TokenShelf for OneToken {
    async fn look(&self, refused: Option<&SecretString>, lease: Duration) -> Result<Shelf, StoreError> {
        let now = self.context.clock.now();
        let mut refused_at = None;
        loop {
            let (lying, seen) = self.lying().await?;
            if refused_at == Some(seen) {
                return Ok(Shelf::Wait(now.checked_add(DISAGREEMENT).unwrap_or(Timestamp::MAX)));
            }
            match lying {
                Lying::Token { token, renew_at, expires_at }
                    if now < renew_at
                        && refused.is_none_or(|refused| refused.expose_secret() != token.as_str()) =>
                {
                    return Ok(Shelf::Token(ShelvedToken { token: token.into(), renew_at, expires_at }));
                }
                Lying::Fetching { deadline } if now < deadline => return Ok(Shelf::Wait(deadline)),
                Lying::Token { .. } | Lying::Fetching { .. } | Lying::Nothing => {}
            }
            let deadline = now.checked_add(lease).unwrap_or(Timestamp::MAX);
            if self.lay(seen, &Lying::Fetching { deadline }, deadline).await? {
                return Ok(Shelf::Fetch(Turn(seen + 1)));
            }
            refused_at = Some(seen);
        }
    }

    async fn put(&self, Turn(turn): Turn, token: &ShelvedToken) -> Result<(), StoreError> {
        let ShelvedToken { token, renew_at, expires_at } = token;
        let (token, renew_at, expires_at) = (token.expose_secret().to_owned(), *renew_at, *expires_at);
        self.lay(turn, &Lying::Token { token, renew_at, expires_at }, expires_at).await.map(drop)
    }

    async fn give_up(&self, Turn(turn): Turn) -> Result<(), StoreError> {
        self.lay(turn, &Lying::Nothing, self.context.clock.now()).await.map(drop)
    }
}
