//! A tenant's rules: what a claimed login gives, how its messages are delivered.

use herald_core::{jwt::Algorithm, session::Lifetime};
use url::Url;

/// How a tenant's sessions are made and kept.
#[derive(Clone, Debug)]
pub struct SessionRules {
    /// How tokens are signed.
    pub algorithm: Algorithm,
    /// The `aud` of access tokens; the issuer when absent.
    pub audience: Option<String>,
    /// How long new sessions live.
    pub lifetime: Lifetime,
    /// How long a used refresh token is forgiven, in seconds.
    pub refresh_grace_seconds: u32,
    /// How long a key signs before the next one does, in seconds.
    pub key_rotation_seconds: u32,
    /// Who is told of ended sessions.
    pub backchannel_logout: Option<LogoutReceiver>,
}

impl Default for SessionRules {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Es256,
            audience: None,
            lifetime: Lifetime { idle_seconds: 2_592_000, absolute_seconds: 7_776_000 },
            refresh_grace_seconds: 60,
            key_rotation_seconds: 2_592_000,
            backchannel_logout: None,
        }
    }
}

/// Who is told of ended sessions (OpenID Connect Back-Channel Logout 1.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutReceiver {
    /// The address that takes logout tokens.
    pub url: Url,
    /// May it be http or a private address? The operator's file names it.
    pub may_be_private: bool,
}

/// How a tenant's notifications share what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryRules {
    /// The tenant's part when tenants compete: twice the weight, twice the part.
    pub weight: u32,
    /// How many of its notifications are attended to at once.
    pub max_in_flight: usize,
    /// How long one connection of a route is tried before the next one is, in seconds. The last one is tried until the
    /// notification expires.
    pub hop_timeout_seconds: u32,
}

impl Default for DeliveryRules {
    fn default() -> Self {
        Self { weight: 1, max_in_flight: 2_000, hop_timeout_seconds: 300 }
    }
}
