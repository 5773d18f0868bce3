//! Refreshing a provider's own session: one upstream call for each refresh token, whoever asks, on whichever replica, and
//! whatever becomes of the answer.
//!
//! What is known of a refresh token is a shared secret under a name of its hash ([`known`]), moved by compare-and-swap and
//! remembered for a day. The cookies that a call gave are another one ([`answer`]), which is gone after a minute:
//!
//! ```text
//! nothing ──► Asking ──► Renewed   handed to whoever comes within a minute; a token that was rotated is refused after that
//!    ▲          │ ├────► Refused   by the provider
//!    │          │ └────► Unclear   nobody knows whether it was taken: refused for a day, never sent again
//!    └── Free ◄─┘
//!        surely without effect: whoever waited fails with it, and after a pause it may be sent again
//! ```

mod answer;
mod ask;
mod known;

use std::sync::Arc;

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    provider::ProviderName,
    session_control::SessionControl,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use self::known::Known;
use super::{
    ChoiceError, RefreshCookiesError, Sessions,
    foreign::{connection_named, only_one},
};
use crate::{
    hub::Hub,
    tenant::{Connection, Tenant},
};

/// How long an answer is handed to late comers.
const LATE_COMERS: SignedDuration = SignedDuration::from_secs(60);
/// How often a caller looks whether another replica's call has ended.
const LOOK_EVERY: SignedDuration = SignedDuration::from_millis(250);

/// A provider's session that goes on.
#[derive(Clone, Debug)]
pub struct RenewedCookies {
    /// The provider's `Set-Cookie` headers, unchanged.
    pub set_cookies: Vec<SecretString>,
    /// When the new access token ends.
    pub expires_at: Timestamp,
}

/// The calls that this replica's callers wait for, by the name of their secret.
#[derive(Debug, Default)]
pub(super) struct CookieRefreshes(Hub<String, Known>);

impl Sessions {
    /// Refreshes the session that a provider has with a browser, by the browser's cookies.
    pub async fn refresh_cookies(
        &self,
        tenant: &Tenant,
        cookies: &str,
        connection: Option<&str>,
    ) -> Result<RenewedCookies, RefreshCookiesError> {
        let (connection, control) = controlled(tenant, connection)?;
        let place =
            self.place(&tenant.id, &connection, control, cookies).ok_or(RefreshCookiesError::Refused)?;
        let mut changes = self.cookies.0.subscribe(place.name.clone());
        let mut found = self.known(&place).await?;
        let mut has_waited = false;
        loop {
            let now = self.context.clock.now();
            if let Known::Renewed { attempt, at, .. } = found.value.as_ref()
                && now < *at + LATE_COMERS
                && let Some(answer) = self.answer(&place, attempt).await?
            {
                return Ok(answer);
            }
            match found.value.as_ref() {
                // The store failed when what the token gave was to be kept: nobody can have it again.
                Known::Renewed { is_rotated: true, at, .. } if now < *at + LATE_COMERS => {
                    return Err(RefreshCookiesError::Unclear);
                }
                // Who waited for a call shares its fate, also one that nobody knows.
                Known::Unclear if has_waited => return Err(RefreshCookiesError::Unclear),
                Known::Renewed { is_rotated: true, .. } | Known::Refused | Known::Unclear => {
                    return Err(RefreshCookiesError::Refused);
                }
                Known::Asking { deadline, .. } if now < *deadline => {
                    has_waited = true;
                    let look = self.context.clock.sleep_until((now + LOOK_EVERY).min(*deadline));
                    tokio::select! {
                        newer = changes.newer_than(found.version) => found = newer,
                        () = look => found = self.known(&place).await?,
                    }
                }
                Known::Asking { .. } => {
                    // Its owner is dead and may have sent it, unless it says something in this very moment.
                    has_waited = true;
                    self.note(&place, found.version, Known::Unclear).await?;
                    found = self.known_after(&place, found.version).await?;
                }
                Known::Free { not_before } if now < *not_before => {
                    let wait = not_before.duration_since(now);
                    return Err(try_later(&connection.account().provider, wait).into());
                }
                Known::Free { .. } | Known::Renewed { is_rotated: false, .. } => {
                    match self.ask(&place, cookies, found.version).await? {
                        Some(answer) => return answer,
                        None => found = self.known_after(&place, found.version).await?,
                    }
                }
            }
        }
    }
}

/// The last try had no effect, and the next is not to come yet.
fn try_later(provider: &ProviderName, wait: SignedDuration) -> ProviderError {
    let wait = Retry::After(wait.try_into().unwrap_or_default());
    let detail = "a refresh failed a moment ago, surely without effect";
    ProviderError::new(provider, "refresh", ErrorKind::Unavailable, wait, detail)
}

/// The one connection of the tenant's whose provider has sessions of its own.
fn controlled(
    tenant: &Tenant,
    named: Option<&str>,
) -> Result<(Arc<Connection>, Arc<dyn SessionControl>), ChoiceError> {
    let connection = match named {
        Some(named) => Some(connection_named(tenant, named)?),
        None => only_one(
            tenant.connections.values().filter(|connection| connection.session_control.is_some()).cloned(),
        )?,
    };
    let connection = connection.ok_or(ChoiceError::Unknown)?;
    let control = connection.session_control.clone().ok_or(ChoiceError::Unknown)?;
    Ok((connection, control))
}
