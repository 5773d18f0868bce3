//! The signature of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, version `v1`.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::EndpointSecret;

/// The value of `webhook-signature`: one signature for each secret, separated by spaces.
pub fn sign<'a>(
    secrets: impl Iterator<Item = &'a EndpointSecret>,
    id: &str,
    sent_at: Timestamp,
    body: &[u8],
) -> String {
    let mut value = String::new();
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.key());
        let mut signing = hmac::Context::with_key(&key);
        signing.update(format!("{id}.{}.", sent_at.as_second()).as_bytes());
        signing.update(body);
        let separator = if value.is_empty() { "" } else { " " };
        let _ = write!(value, "{separator}v1,{}", STANDARD.encode(signing.sign()));
    }
    value
}
