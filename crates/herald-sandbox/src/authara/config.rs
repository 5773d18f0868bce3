//! The accounts and switches of the simulated Authara.

use serde::{Deserialize, Serialize};
use url::Url;

/// One Authara server and its users.
#[derive(Debug, Clone)]
pub struct AutharaConfig {
    /// `iss` of its tokens.
    pub issuer: String,
    /// The `kid` of its first signing key.
    pub key_id: String,
    /// What webhooks are signed with, unless an endpoint has a secret of its own.
    pub webhook_secret: String,
    /// An endpoint that is there from the start, for all events.
    pub webhook_url: Option<Url>,
    /// Who can sign in; the first is the default.
    pub users: Vec<AutharaUser>,
    /// How the simulation starts.
    pub switches: AutharaSwitches,
}

impl Default for AutharaConfig {
    fn default() -> Self {
        let user = |id: &str, name: &str, roles: &[&str], org_role: &str| AutharaUser {
            id: id.to_owned(),
            email: format!("{name}@demo.example"),
            username: name.to_owned(),
            password: "sandbox-password".to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            organization: AutharaOrganization {
                id: "5d0f7a36-2c1b-4e89-a7d4-8b6f3e2c1d90".to_owned(),
                name: "Demo Organization".to_owned(),
                role: org_role.to_owned(),
            },
            disabled: false,
        };
        Self {
            issuer: "authara".to_owned(),
            key_id: "key-2026-01".to_owned(),
            webhook_secret: "authara-webhook-sandbox-7c2a9e5d".to_owned(),
            webhook_url: None,
            users: vec![
                user("a8f7c1f5-5d2b-4a3a-91c5-1c87b6e19c41", "ivan", &[], "member"),
                user("b1c2d3e4-f506-4718-92a3-b4c5d6e7f809", "anna", &["authara:admin"], "owner"),
            ],
            switches: AutharaSwitches::default(),
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutharaUser {
    /// A UUID.
    pub id: String,
    /// What one signs in with.
    pub email: String,
    /// A short name.
    pub username: String,
    /// In the clear: it is a demo.
    pub password: String,
    /// Each with its prefix, `authara:admin`.
    pub roles: Vec<String>,
    /// The organization the user acts in.
    pub organization: AutharaOrganization,
    /// Whether an administrator disabled the account.
    pub disabled: bool,
}

/// A user's membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutharaOrganization {
    /// A UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The user's role in it.
    pub role: String,
}

/// When a refresh replaces the refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// At most once in 24 hours, the server's default policy.
    Daily,
    /// At every refresh.
    Always,
    /// Never.
    Never,
}

/// What the losers of a refresh race get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaceLoser {
    /// 500 `internal_error` "Session error", in nine of ten measured cases.
    ServerError,
    /// 401 and cleared cookies, in the others.
    Unauthorized,
}

/// Server settings and versions that were measured to differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named in the control API")]
pub struct AutharaSwitches {
    /// No organisation claims and no `organization` member.
    pub older_server: bool,
    /// The server has its Redis cache: it sees ended sessions, and reuse of a refresh token kills access tokens.
    pub has_redis: bool,
    /// When the refresh token is replaced.
    pub rotation: Rotation,
    /// What the losers of a race get.
    pub race_loser: RaceLoser,
    /// How long a rotating refresh takes, in milliseconds: what makes a race of requests that come together.
    pub refresh_ms: u64,
    /// `authara_refresh` with `Path=/auth`, as older documentation has it.
    pub refresh_path_auth: bool,
    /// Five sign-ins a minute per address and ten an hour per e-mail; 429 comes without `Retry-After`.
    pub rate_limits: bool,
    /// `aud` of its tokens.
    pub audience: String,
    /// Life of an access token in seconds.
    pub access_seconds: i64,
    /// How often a webhook is tried, in all.
    pub webhook_attempts: u32,
    /// Milliseconds of real time before the second try; doubles.
    pub webhook_retry_ms: u64,
}

impl Default for AutharaSwitches {
    fn default() -> Self {
        Self {
            older_server: false,
            has_redis: false,
            rotation: Rotation::Daily,
            race_loser: RaceLoser::ServerError,
            refresh_ms: 25,
            refresh_path_auth: false,
            rate_limits: false,
            audience: "app".to_owned(),
            access_seconds: 600,
            webhook_attempts: 3,
            webhook_retry_ms: 500,
        }
    }
}
