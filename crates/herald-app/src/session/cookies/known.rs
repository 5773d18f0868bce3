//! What is known of a refresh token, and where that is kept.

use std::{fmt, sync::Arc};

use herald_core::{id::TenantId, secret::UrlToken, session_control::SessionControl, store::SecretRow};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::LOOK_EVERY;
use crate::{
    hub::Kept,
    session::{SessionError, Sessions},
    tenant::Connection,
};

/// How long it is remembered what became of a refresh token; longer than a browser keeps sending an old one, and than anything
/// still waits for a row of an earlier version.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// What the owner of a call has beyond the connection's time-outs, one for the call and one for the check of the new token,
/// before it counts as dead.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// What is known of a refresh token.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub(super) enum Known {
    /// It may be sent (again) from then on: the last try surely had no effect.
    Free {
        /// When.
        not_before: Timestamp,
    },
    /// Somebody is sending it.
    Asking {
        /// Tells this try from every other.
        attempt: UrlToken,
        /// Past it, whoever asks counts as dead.
        deadline: Timestamp,
    },
    /// The provider took it. What it gave is kept elsewhere, and not for long.
    Renewed {
        /// The try that it was: what its answer is found by.
        attempt: UrlToken,
        /// Must the token never be sent again?
        is_rotated: bool,
        /// When.
        at: Timestamp,
    },
    /// The provider refused it.
    Refused,
    /// Nobody knows.
    Unclear,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known(…)")
    }
}

/// What is known, and its row's version; version 0 for no row.
pub(super) type Found = Kept<Known>;

/// One refresh token at one connection.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) tenant: TenantId,
    pub(super) name: String,
    pub(super) control: Arc<dyn SessionControl>,
    /// The longest that a call takes.
    pub(super) longest: SignedDuration,
}

impl Sessions {
    /// The refresh token among these cookies, if there is one.
    pub(super) fn place(
        &self,
        tenant: &TenantId,
        connection: &Connection,
        control: Arc<dyn SessionControl>,
        cookies: &str,
    ) -> Option<Place> {
        let digest = control.refresh_key(cookies)?;
        let account = connection.account();
        let parts = [account.provider.as_str(), &account.account, connection.id.as_str(), &digest.to_hex()];
        let name = self.context.vault.name(tenant, "cookie-refresh", &parts);
        let timeout = SignedDuration::try_from(connection.provider.info().redeem_timeout);
        let longest = timeout.unwrap_or(MARGIN).saturating_mul(2).saturating_add(MARGIN);
        Some(Place { tenant: tenant.clone(), name, control, longest })
    }

    pub(super) async fn known(&self, place: &Place) -> Result<Found, SessionError> {
        self.known_under(&place.tenant, &place.name).await
    }

    /// What is known after a write over `seen` was refused. Where that is nothing newer, the store's clock and this process' do not
    /// agree whether it is gone: it is looked at again in a moment.
    pub(super) async fn known_after(&self, place: &Place, seen: u64) -> Result<Found, SessionError> {
        let found = self.known(place).await?;
        if found.version != seen {
            return Ok(found);
        }
        self.context.clock.sleep_until(self.context.clock.now() + LOOK_EVERY).await;
        self.known(place).await
    }

    async fn known_under(&self, tenant: &TenantId, name: &str) -> Result<Found, SessionError> {
        let Some(row) = self.context.store.secret(tenant, name).await? else {
            return Ok(Kept { value: Arc::new(Known::Free { not_before: Timestamp::MIN }), version: 0 });
        };
        let known = self.context.vault.open(tenant, "cookie-refresh", name, &row.body)?;
        Ok(Kept { value: Arc::new(known), version: row.version })
    }

    /// Another replica replaced this secret: who waits here for what becomes of a refresh token is told what is known now.
    pub(crate) async fn heard_of_secret(&self, tenant: &TenantId, name: &str) -> Result<(), SessionError> {
        // No two tenants have secrets of one name here: the tenant is hashed into it.
        let name = name.to_owned();
        if self.cookies.0.is_waited_for(&name) {
            self.cookies.0.publish(&name, &self.known_under(tenant, &name).await?);
        }
        Ok(())
    }

    /// Stores what is known now, if nobody knew more since `seen`, and tells who waits.
    pub(super) async fn note(
        &self,
        place: &Place,
        seen: u64,
        known: Known,
    ) -> Result<Option<Found>, SessionError> {
        let row = SecretRow {
            tenant: place.tenant.clone(),
            name: place.name.clone(),
            version: seen + 1,
            purge_at: Some(self.context.clock.now() + REMEMBERED),
            body: self.context.vault.seal(&place.tenant, "cookie-refresh", &place.name, &known),
        };
        if !self.context.store.replace_secret(&row).await? {
            return Ok(None);
        }
        let found = Kept { value: Arc::new(known), version: row.version };
        self.cookies.0.publish(&place.name, &found);
        Ok(Some(found))
    }
}
