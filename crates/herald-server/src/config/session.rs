//! `sessions` of a tenant: what a claimed login gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checker, address};

/// `sessions` of a tenant: what a claimed login gives.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionsSection {
    /// How access tokens are signed.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// The `aud` of access tokens; the tenant's issuer when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// A session that is not refreshed for this long ends.
    #[serde(default = "default_idle_seconds")]
    pub idle_seconds: u32,
    /// A session ends this long after its login, whatever happens.
    #[serde(default = "default_absolute_seconds")]
    pub absolute_seconds: u32,
    /// How long a used refresh token still gives the same successor.
    #[serde(default = "default_refresh_grace_seconds")]
    pub refresh_grace_seconds: u32,
    /// Where the end of a session is announced (OpenID Connect Back-Channel Logout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_url: Option<String>,
}

/// How access tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// ECDSA on P-256.
    #[default]
    ES256,
    /// Ed25519.
    EdDSA,
    /// RSA with 2048 bits.
    RS256,
}

fn default_idle_seconds() -> u32 {
    2_592_000
}

fn default_absolute_seconds() -> u32 {
    7_776_000
}

fn default_refresh_grace_seconds() -> u32 {
    60
}

impl SessionsSection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) {
        check.within("idle_seconds", self.idle_seconds, 60, 31_536_000);
        check.within("absolute_seconds", self.absolute_seconds, 60, 31_536_000);
        check.within("refresh_grace_seconds", self.refresh_grace_seconds, 0, 300);
        if self.idle_seconds > self.absolute_seconds {
            check.fault_at("idle_seconds", "longer than `absolute_seconds`");
        }
        if self.audience.as_deref().is_some_and(|audience| audience.trim().is_empty()) {
            check.fault_at("audience", "empty");
        }
        if let Some(url) = &self.backchannel_logout_url {
            check.at("backchannel_logout_url", |check| address::base_url(check, url, false));
        }
    }
}
