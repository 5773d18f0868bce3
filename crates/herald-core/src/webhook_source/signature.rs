//! How providers sign what they send: HMAC-SHA256 of the raw body, in a header.

use std::fmt;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Header, Refused};

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// `sha256=` and lower-case hexadecimal digits.
    #[default]
    Sha256Hex,
    /// Lower-case hexadecimal digits.
    Hex,
    /// Standard base64 with padding.
    Base64,
}

/// What a connection is told of its provider's signatures.
#[derive(Clone, Debug)]
pub struct WebhookSignature {
    /// The secret that was agreed on with the provider; its UTF-8 bytes are the key.
    pub secret: SecretString,
    /// The header that carries the signature; the provider's usual one when absent.
    pub header: Option<String>,
    /// How it is written.
    pub encoding: SignatureEncoding,
}

/// Checks signatures over raw bodies.
pub struct BodyVerifier {
    key: hmac::Key,
    header: String,
    encoding: SignatureEncoding,
}

impl BodyVerifier {
    /// Checks as the connection is told, in `usual_header` unless it names another one.
    pub fn new(signature: &WebhookSignature, usual_header: &str) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, signature.secret.expose_secret().as_bytes()),
            header: signature.header.as_deref().unwrap_or(usual_header).to_ascii_lowercase(),
            encoding: signature.encoding,
        }
    }

    /// Is there exactly one signature, and is it the one that this body has? The text itself is compared, so that there is
    /// one way to write it; in constant time.
    pub fn verify(&self, headers: &[Header<'_>], body: &[u8]) -> Result<(), Refused> {
        let mut signatures = headers.iter().filter(|(name, _)| *name == self.header);
        let (Some((_, signature)), None) = (signatures.next(), signatures.next()) else {
            return Err(Refused::Signature);
        };
        let expected = self.write(hmac::sign(&self.key, body).as_ref());
        verify_slices_are_equal(expected.as_bytes(), signature).map_err(|_| Refused::Signature)
    }

    fn write(&self, tag: &[u8]) -> String {
        match self.encoding {
            SignatureEncoding::Sha256Hex => hex("sha256=", tag),
            SignatureEncoding::Hex => hex("", tag),
            SignatureEncoding::Base64 => STANDARD.encode(tag),
        }
    }
}

impl fmt::Debug for BodyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyVerifier")
            .field("header", &self.header)
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

fn hex(prefix: &str, bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(prefix.to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"what do ya want for nothing?";
    /// RFC 4231, test case 2; the secret is `Jefe`.
    const HEX: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const BASE64: &str = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";

    fn verifier(header: Option<&str>, encoding: SignatureEncoding) -> BodyVerifier {
        let header = header.map(str::to_owned);
        BodyVerifier::new(&WebhookSignature { secret: "Jefe".into(), header, encoding }, "X-Usual")
    }

    #[test]
    fn each_encoding_takes_its_own_writing_and_no_other() {
        let prefixed = format!("sha256={HEX}");
        let writings = [prefixed.as_str(), HEX, BASE64];
        let encodings = [SignatureEncoding::Sha256Hex, SignatureEncoding::Hex, SignatureEncoding::Base64];
        for (own, encoding) in encodings.into_iter().enumerate() {
            let verifier = verifier(None, encoding);
            for (other, writing) in writings.iter().enumerate() {
                let is_good = verifier.verify(&[("x-usual", writing.as_bytes())], BODY).is_ok();
                assert_eq!(is_good, own == other, "{encoding:?} {writing}");
            }
        }
        let upper = format!("sha256={}", HEX.to_uppercase());
        let unpadded = BASE64.trim_end_matches('=');
        for (encoding, writing) in [
            (SignatureEncoding::Sha256Hex, upper.as_str()),
            (SignatureEncoding::Hex, &HEX.to_uppercase()),
            (SignatureEncoding::Base64, unpadded),
        ] {
            let refused = verifier(None, encoding).verify(&[("x-usual", writing.as_bytes())], BODY);
            assert_eq!(refused, Err(Refused::Signature), "{writing}");
        }
    }

    #[test]
    fn a_header_of_the_connections_own_replaces_the_usual_one() {
        let verifier = verifier(Some("X-Own-Signature"), SignatureEncoding::Hex);
        assert_eq!(verifier.verify(&[("x-own-signature", HEX.as_bytes())], BODY), Ok(()));
        assert_eq!(verifier.verify(&[("x-usual", HEX.as_bytes())], BODY), Err(Refused::Signature));
    }

    #[test]
    fn a_verifier_shows_no_secret() {
        let shown = format!("{:?}", verifier(None, SignatureEncoding::Hex));
        assert!(!shown.contains("Jefe") && shown.contains("x-usual"), "{shown}");
    }
}
