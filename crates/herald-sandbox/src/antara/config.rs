//! The accounts and switches of the simulated Antara.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::webhook::SignatureEncoding;

/// One registered app and the people who can approve it.
#[derive(Debug, Clone)]
pub struct AntaraConfig {
    /// The app's UUID.
    pub client_id: String,
    /// Shown on the consent page.
    pub app_name: String,
    /// The app's API key, `antara_live_…`.
    pub api_key: String,
    /// Registered addresses; they matter while `strict_redirect_uris` is on.
    pub redirect_uris: Vec<String>,
    /// What webhooks are signed with, unless an endpoint has a secret of its own.
    pub webhook_secret: String,
    /// An endpoint that is registered from the start, for all events.
    pub webhook_url: Option<Url>,
    /// Who can approve; the first is the default.
    pub users: Vec<AntaraUser>,
    /// How the simulation starts.
    pub switches: AntaraSwitches,
}

impl Default for AntaraConfig {
    fn default() -> Self {
        let user = |id: &str, slug: &str, name: Option<&str>, trust_level: &str, verified| AntaraUser {
            id: id.to_owned(),
            slug: slug.to_owned(),
            display_name: name.map(str::to_owned),
            trust_level: trust_level.to_owned(),
            verified,
            accepts_messages: true,
        };
        Self {
            client_id: "3f0c8a52-6d1e-4b7a-9c35-5a2b7e9d1c40".to_owned(),
            app_name: "Herald demo".to_owned(),
            api_key: "antara_live_sandbox_5e1f0c7a9b3d4826".to_owned(),
            redirect_uris: Vec::new(),
            webhook_secret: "antara-webhook-sandbox-4b8e1d6f".to_owned(),
            webhook_url: None,
            users: vec![
                user("0b7e2c1a-94d3-4f58-8a61-2d9c5e7f1b30", "xK9mNpQ2vRt7", Some("Ivan Petrov"), "L1", true),
                user(
                    "6c2d8f90-1e4b-4a7d-b35f-9a8e7c6d5b41",
                    "hT4wZbL8sYc3",
                    Some("Anna Weber"),
                    "high",
                    true,
                ),
                user("a91f3e5d-7c20-4b86-9d14-0f2e4c6a8b52", "qJ6dVfG1nXe5", None, "L0", false),
            ],
            switches: AntaraSwitches::default(),
        }
    }
}

/// A person at Antara, as the one registered app sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AntaraUser {
    /// Antara's own UUID.
    pub id: String,
    /// The per-app slug.
    pub slug: String,
    /// May be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `L1`, `high`, …
    pub trust_level: String,
    /// Whether Antara verified them.
    pub verified: bool,
    /// Their notification preference.
    pub accepts_messages: bool,
}

/// Behaviours that the contract leaves open, each offered both ways, and old shapes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named in the control API")]
pub struct AntaraSwitches {
    /// Only registered redirect addresses. Off: any http or https address.
    pub strict_redirect_uris: bool,
    /// Errors as `{ "error", "message", "code" }` instead of the envelope.
    pub flat_errors: bool,
    /// 202 of a message without the envelope.
    pub bare_messages: bool,
    /// The key exchange as `{ "accessToken", "expiresIn": 300 }`.
    pub bare_token_exchange: bool,
    /// `user: null` in the token answer.
    pub null_user: bool,
    /// `iss` beside `code` and `state` (RFC 9207).
    pub iss_parameter: bool,
    /// A refusal ends on Antara's page instead of `error=access_denied`.
    pub silent_refusal: bool,
    /// The app is private or pending: the consent page says so and nobody comes back.
    pub is_app_pending: bool,
    /// A known `Idempotency-Key` with another message is 409. Off: the first answer once more.
    pub idempotency_conflict: bool,
    /// What a known `Idempotency-Key` with the same message gets.
    pub repeated_key: RepeatedKey,
    /// Any slug is one of a person. Off: only the slugs of the users.
    pub everyone_reachable: bool,
    /// When `message.delivered` is sent.
    pub delivery_notice: DeliveryNotice,
    /// Milliseconds of real time before it is.
    pub delivery_delay_ms: u64,
    /// How often the same notice is sent, each under the same id.
    pub delivery_copies: u32,
    /// A JSON Merge Patch (RFC 7396) on what it says.
    pub delivery_patch: Map<String, Value>,
    /// Webhooks carry an `id`.
    pub webhook_has_id: bool,
    /// The header with the signature of a webhook.
    pub webhook_header: String,
    /// How that is written.
    pub webhook_encoding: SignatureEncoding,
    /// How often a webhook is tried, in all.
    pub webhook_attempts: u32,
    /// Milliseconds of real time before the second try; doubles.
    pub webhook_retry_ms: u64,
    /// The status of a message with an `oit_` token: 401 or 403.
    pub wrong_token_status: u16,
    /// The status of a message that the recipient's preferences refuse.
    pub refusal_status: u16,
    /// The circle that new logins are bound to; a `circle` in the authorize request goes before it.
    pub circle_id: Option<String>,
    /// Life of an `aat_` in seconds, 300 to 600.
    pub app_token_seconds: i64,
}

/// What a repeat of an `Idempotency-Key` gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedKey {
    /// The first answer once more.
    #[default]
    SameAnswer,
    /// 409: the first one is still being worked on.
    InProgress,
    /// 409: the key was used.
    Conflict,
    /// 422: the key was used.
    Unprocessable,
}

/// When Antara tells that a message was delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryNotice {
    /// As soon as the message is accepted. Which of the two arrives first, answer or notice, is open.
    #[default]
    After,
    /// Before the send is answered: the notice has been tried once when the answer leaves.
    Before,
    /// Never by itself.
    Never,
}

impl Default for AntaraSwitches {
    fn default() -> Self {
        Self {
            strict_redirect_uris: false,
            flat_errors: false,
            bare_messages: false,
            bare_token_exchange: false,
            null_user: false,
            iss_parameter: false,
            silent_refusal: false,
            is_app_pending: false,
            idempotency_conflict: true,
            repeated_key: RepeatedKey::default(),
            everyone_reachable: false,
            delivery_notice: DeliveryNotice::default(),
            delivery_delay_ms: 0,
            delivery_copies: 1,
            delivery_patch: Map::new(),
            webhook_has_id: true,
            webhook_header: "X-Antara-Signature".to_owned(),
            webhook_encoding: SignatureEncoding::default(),
            webhook_attempts: 3,
            webhook_retry_ms: 500,
            wrong_token_status: 403,
            refusal_status: 422,
            circle_id: None,
            app_token_seconds: 600,
        }
    }
}
