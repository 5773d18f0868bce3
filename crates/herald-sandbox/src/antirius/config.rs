//! The accounts and switches of the simulated Antirius.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One registered app, its bots, and the people who can confirm.
#[derive(Debug, Clone)]
pub struct AntiriusConfig {
    /// 24 hex characters.
    pub app_id: String,
    /// What `X-Authorization: token …` has to carry.
    pub message_token: String,
    /// The bot's name in Telegram and MAX links.
    pub bot: String,
    /// The number in WhatsApp links, digits only.
    pub whatsapp_number: String,
    /// Hosts (`shop.example` or `127.0.0.1`) that `Origin` and `return_url` must be on; empty: any.
    pub allowed_domains: Vec<String>,
    /// Life of a session in seconds.
    pub session_seconds: i64,
    /// How long `poll=true` holds a call, in milliseconds of real time.
    pub long_poll_ms: u64,
    /// Who can confirm; the first is the default.
    pub persons: Vec<AntiriusPerson>,
    /// How the simulation starts.
    pub switches: AntiriusSwitches,
}

impl Default for AntiriusConfig {
    fn default() -> Self {
        let person = |id: &str, user_id: &str, names: [Option<&str>; 3], phone: &str| AntiriusPerson {
            id: id.to_owned(),
            user_id: user_id.to_owned(),
            first_name: names[0].unwrap_or_default().to_owned(),
            last_name: names[1].map(str::to_owned),
            username: names[2].map(str::to_owned),
            phone: phone.to_owned(),
        };
        Self {
            app_id: "683f1a2b3c4d5e6f70819a2b".to_owned(),
            message_token: "sandbox-message-token-9f2c4e6a".to_owned(),
            bot: "HeraldSandboxBot".to_owned(),
            whatsapp_number: "79000000000".to_owned(),
            allowed_domains: Vec::new(),
            session_seconds: 300,
            long_poll_ms: 10_000,
            persons: vec![
                person(
                    "507f1f77bcf86cd799439011",
                    "123456789",
                    [Some("Ivan"), Some("Petrov"), Some("ivan")],
                    "+79001234567",
                ),
                person("507f1f77bcf86cd799439012", "223456789", [Some("Anna"), None, None], "+79007654321"),
                person(
                    "507f1f77bcf86cd799439013",
                    "323456789",
                    [Some("Zoë <b>"), Some("O'Neil & Co"), None],
                    "+16502530000",
                ),
            ],
            switches: AntiriusSwitches::default(),
        }
    }
}

/// A person with a messenger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AntiriusPerson {
    /// `_id`, 24 hex characters, per Antirius.
    pub id: String,
    /// The messenger's numeric id.
    pub user_id: String,
    /// From the messenger.
    pub first_name: String,
    /// From the messenger.
    pub last_name: Option<String>,
    /// From the messenger.
    pub username: Option<String>,
    /// E.164.
    pub phone: String,
}

/// Behaviours that the contract leaves open, each offered both ways, and answers that nobody should believe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named in the control API")]
pub struct AntiriusSwitches {
    /// The messengers that sessions offer, in the order the app's owner wants: `display_order` and the links.
    pub messengers: Vec<String>,
    /// Links lead to the sandbox's own messenger page instead of `t.me`, `max.ru` and `wa.me`.
    pub local_links: bool,
    /// Links by messenger, as they are (`javascript:…`, a foreign host).
    pub link_overrides: BTreeMap<String, String>,
    /// The `session_id` that a new session claims to have (`../../x`).
    pub session_id_override: Option<String>,
    /// `user._id` differs from the token's.
    pub user_id_mismatch: bool,
    /// `app_id` of token and answer is another app's.
    pub app_id_mismatch: bool,
    /// `phone` is null in token and user.
    pub phone_null: bool,
    /// Set over the claims of every token.
    pub claims_patch: Map<String, Value>,
    /// Left out of the claims of every token.
    pub claims_removed: Vec<String>,
    /// Set over the `user` object beside the token.
    pub user_patch: Map<String, Value>,
    /// Set over the answer of every `full`.
    pub full_patch: Map<String, Value>,
    /// A confirmed session expires like a pending one when nobody consumes it.
    pub confirmed_expires: bool,
    /// Any phone is reachable. Off: only people who confirmed a login of this app.
    pub everyone_reachable: bool,
    /// Every send is `success: false`.
    pub refuse_sends: bool,
    /// The status of a send that failed: 200 with `success: false`, or a 4xx.
    pub failed_send_status: u16,
    /// Keys without `alg`, as many real key sets have them.
    pub jwks_without_alg: bool,
}

impl Default for AntiriusSwitches {
    fn default() -> Self {
        Self {
            messengers: ["telegram", "max", "whatsapp"].map(str::to_owned).to_vec(),
            local_links: false,
            link_overrides: BTreeMap::new(),
            session_id_override: None,
            user_id_mismatch: false,
            app_id_mismatch: false,
            phone_null: false,
            claims_patch: Map::new(),
            claims_removed: Vec::new(),
            user_patch: Map::new(),
            full_patch: Map::new(),
            confirmed_expires: false,
            everyone_reachable: false,
            refuse_sends: false,
            failed_send_status: 200,
            jwks_without_alg: false,
        }
    }
}
