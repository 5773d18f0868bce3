//! HMAC-SHA256 over the raw body, written in the ways that a connection can be configured for.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::random::hex;

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureEncoding {
    /// `sha256=` and lower-case hexadecimal digits.
    #[default]
    #[serde(rename = "sha256=hex")]
    Sha256Hex,
    /// Lower-case hexadecimal digits.
    #[serde(rename = "hex")]
    Hex,
    /// `sha256=` and base64 with padding.
    #[serde(rename = "sha256=base64")]
    Sha256Base64,
    /// Base64 with padding.
    #[serde(rename = "base64")]
    Base64,
}

pub(super) fn signature(secret: &str, body: &[u8], encoding: SignatureEncoding) -> String {
    let mac = hmac_sha256(secret, body);
    match encoding {
        SignatureEncoding::Sha256Hex => format!("sha256={}", hex(&mac)),
        SignatureEncoding::Hex => hex(&mac),
        SignatureEncoding::Sha256Base64 => format!("sha256={}", STANDARD.encode(mac)),
        SignatureEncoding::Base64 => STANDARD.encode(mac),
    }
}

fn hmac_sha256(secret: &str, body: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, body).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_rfc_4231_in_every_encoding() {
        // Test case 2 of RFC 4231.
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let base64 = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
        let made = |encoding| signature("Jefe", b"what do ya want for nothing?", encoding);
        assert_eq!(made(SignatureEncoding::Hex), hex);
        assert_eq!(made(SignatureEncoding::Sha256Hex), format!("sha256={hex}"));
        assert_eq!(made(SignatureEncoding::Base64), base64);
        assert_eq!(made(SignatureEncoding::Sha256Base64), format!("sha256={base64}"));
    }
}
