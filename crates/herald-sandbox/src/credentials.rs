//! The ids and secrets that a sandbox accepts: what goes into Herald's configuration.

use serde::Serialize;

use crate::shared::Shared;

/// Everything a caller of the simulated providers needs. Serialises to what `/control/credentials` answers.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Credentials {
    /// `base_url` of every provider, and the `iss` of Antirius, without a slash at the end.
    pub base_url: String,
    /// Antara's app.
    pub antara: AntaraCredentials,
    /// Antirius' app.
    pub antirius: AntiriusCredentials,
    /// Authara's tokens and people.
    pub authara: AutharaCredentials,
}

/// Antara's app.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AntaraCredentials {
    /// The app's UUID.
    pub client_id: String,
    /// `antara_live_…`
    pub api_key: String,
    /// What its webhooks are signed with.
    pub webhook_secret: String,
}

/// Antirius' app.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AntiriusCredentials {
    /// 24 hex characters.
    pub app_id: String,
    /// For `X-Authorization: token …`.
    pub message_token: String,
}

/// Authara's tokens and people.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AutharaCredentials {
    /// `iss` of its tokens.
    pub issuer: String,
    /// `aud` of its tokens.
    pub audience: String,
    /// For local verification; the last one signs.
    pub keys: Vec<AutharaKey>,
    /// What its webhooks are signed with.
    pub webhook_secret: String,
    /// Who can sign in.
    pub users: Vec<AutharaLogin>,
}

/// A shared secret of HS256.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AutharaKey {
    /// The `kid` in the header of a token.
    pub kid: String,
    /// Standard base64, as in Authara's own setting.
    pub secret: String,
}

/// A person's e-mail and password.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AutharaLogin {
    /// A UUID.
    pub id: String,
    /// What one signs in with.
    pub email: String,
    /// In the clear: it is a demo.
    pub password: String,
}

impl Credentials {
    pub(crate) fn of(shared: &Shared) -> Self {
        let config = &shared.config;
        let authara = shared.authara();
        Self {
            base_url: shared.base.clone(),
            antara: AntaraCredentials {
                client_id: config.antara.client_id.clone(),
                api_key: config.antara.api_key.clone(),
                webhook_secret: config.antara.webhook_secret.clone(),
            },
            antirius: AntiriusCredentials {
                app_id: config.antirius.app_id.clone(),
                message_token: config.antirius.message_token.clone(),
            },
            authara: AutharaCredentials {
                issuer: config.authara.issuer.clone(),
                audience: authara.switches.audience.clone(),
                webhook_secret: config.authara.webhook_secret.clone(),
                keys: authara.keys().into_iter().map(|(kid, secret)| AutharaKey { kid, secret }).collect(),
                users: authara
                    .users
                    .iter()
                    .map(|user| AutharaLogin {
                        id: user.id.clone(),
                        email: user.email.clone(),
                        password: user.password.clone(),
                    })
                    .collect(),
            },
        }
    }
}
