//! `sessions` of a tenant: what a claimed login gives.

use herald_app::{LogoutReceiver, SessionRules};
use herald_core::{jwt, session::Lifetime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checker, address};

/// `sessions` of a tenant: what a claimed login gives.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsSection {
    /// How tokens are signed. Another one takes effect with the next token; tokens signed before stay good.
    pub algorithm: Algorithm,
    /// The `aud` of access tokens; the tenant's issuer when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// A session that is not used for this long ends. 60 to 31536000, and no longer than `absolute_seconds`.
    pub idle_seconds: u32,
    /// A session ends this long after its login, whatever happens. 60 to 31536000.
    pub absolute_seconds: u32,
    /// How long a used refresh token still gives the same successor, 0 to 300.
    pub refresh_grace_seconds: u32,
    /// How long a key signs before the next one does, 3600 to 31536000. `herald keys rotate` does it at once.
    pub key_rotation_seconds: u32,
    /// Where the end of a session is announced (OpenID Connect Back-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_url: Option<String>,
    /// Allows http and a private address, for exactly this `backchannel_logout_url`.
    pub backchannel_logout_is_private: bool,
}

/// How tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// ECDSA on P-256.
    #[default]
    ES256,
    /// Ed25519.
    EdDSA,
}

impl From<Algorithm> for jwt::Algorithm {
    fn from(word: Algorithm) -> Self {
        match word {
            Algorithm::ES256 => Self::Es256,
            Algorithm::EdDSA => Self::EdDsa,
        }
    }
}

impl Default for SessionsSection {
    fn default() -> Self {
        let SessionRules { lifetime, refresh_grace_seconds, key_rotation_seconds, .. } =
            SessionRules::default();
        Self {
            algorithm: Algorithm::default(),
            audience: None,
            idle_seconds: lifetime.idle_seconds,
            absolute_seconds: lifetime.absolute_seconds,
            refresh_grace_seconds,
            key_rotation_seconds,
            backchannel_logout_url: None,
            backchannel_logout_is_private: false,
        }
    }
}

impl SessionsSection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) -> SessionRules {
        let lifetime = Lifetime {
            idle_seconds: check.within("idle_seconds", self.idle_seconds, 60, 31_536_000),
            absolute_seconds: check.within("absolute_seconds", self.absolute_seconds, 60, 31_536_000),
        };
        if self.idle_seconds > self.absolute_seconds {
            check.fault_at("idle_seconds", "longer than `absolute_seconds`");
        }
        if self.audience.as_deref().is_some_and(|audience| audience.trim().is_empty()) {
            check.fault_at("audience", "empty");
        }
        let is_private = self.backchannel_logout_is_private;
        if is_private && self.backchannel_logout_url.is_none() {
            check.fault_at("backchannel_logout_is_private", "there is no `backchannel_logout_url`");
        }
        let receiver = self.backchannel_logout_url.as_ref().and_then(|text| {
            check.at("backchannel_logout_url", |check| address::receiver_url(check, text, is_private))
        });
        SessionRules {
            algorithm: self.algorithm.into(),
            audience: self.audience.clone(),
            lifetime,
            refresh_grace_seconds: check.within("refresh_grace_seconds", self.refresh_grace_seconds, 0, 300),
            key_rotation_seconds: check.within(
                "key_rotation_seconds",
                self.key_rotation_seconds,
                3_600,
                31_536_000,
            ),
            backchannel_logout: receiver
                .map(|url| LogoutReceiver { url, may_be_private: is_private || check.is_development }),
        }
    }
}
