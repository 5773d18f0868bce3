//! `webhook` of a connection: what the provider tells us by itself.

use herald_core::webhook_source::{self, WebhookSignature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Checker, Secret};

/// `webhook` of a connection: how what the provider sends by itself is signed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    /// The secret that was agreed on with the provider.
    pub secret: Secret,
    /// The header that carries the signature; the provider's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// How the signature is written.
    #[serde(default)]
    pub encoding: SignatureEncoding,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SignatureEncoding {
    /// `sha256=` and hexadecimal digits.
    #[default]
    #[serde(rename = "sha256=hex")]
    Sha256Hex,
    /// Hexadecimal digits.
    #[serde(rename = "hex")]
    Hex,
    /// Base64.
    #[serde(rename = "base64")]
    Base64,
}

impl WebhookSection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) -> Option<WebhookSignature> {
        let secret = check.at("secret", |check| self.secret.resolve_strong(check));
        let is_name = |name: &str| {
            (1..=128).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if self.header.as_deref().is_some_and(|name| !is_name(name)) {
            check.fault_at("header", "not the name of a header");
        }
        Some(WebhookSignature {
            secret: secret?,
            header: self.header.clone(),
            encoding: self.encoding.into(),
        })
    }
}

impl From<SignatureEncoding> for webhook_source::SignatureEncoding {
    fn from(encoding: SignatureEncoding) -> Self {
        match encoding {
            SignatureEncoding::Sha256Hex => Self::Sha256Hex,
            SignatureEncoding::Hex => Self::Hex,
            SignatureEncoding::Base64 => Self::Base64,
        }
    }
}
