//! Keys that verify, each pinned to one algorithm.

use std::fmt;

use aws_lc_rs::{
    hmac,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The length of an Ed25519 public key and of a coordinate on P-256, in bytes (RFC 8037, 2; RFC 7518, 6.2.1.2).
const COORDINATE: usize = 32;

/// The key is of no use; for the operator who configured it, or for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(pub(super) &'static str);

/// A key and the one algorithm it is for. Which algorithm a token claims to have decides nothing.
#[derive(Clone)]
pub struct VerifyingKey(Kind);

#[derive(Clone)]
enum Kind {
    Hs256(Box<hmac::Key>),
    Rs256(ParsedPublicKey),
    Es256(ParsedPublicKey),
    EdDsa(ParsedPublicKey),
}

impl VerifyingKey {
    /// A shared secret for HS256, of at least 32 bytes (RFC 7518, 3.2).
    pub fn hs256(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < 32 {
            return Err(KeyError("a secret for HS256 has at least 32 bytes"));
        }
        Ok(Self(Kind::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))))
    }

    /// A public RSA key for RS256 from the members `n` and `e` of a JWK: a modulus of 2048 to 8192 bits, an odd exponent of
    /// at least 3 that fits 32 bits.
    pub fn rs256_from_jwk(n: &str, e: &str) -> Result<Self, KeyError> {
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError("`n` or `e` is not base64url"))?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            Ok(bytes[zeros..].to_vec())
        };
        let (n, e) = (number(n)?, number(e)?);
        let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(KeyError("the modulus has to have 2048 to 8192 bits"));
        }
        if n.last().is_none_or(|last| last % 2 == 0) {
            return Err(KeyError("the modulus is even"));
        }
        if e.len() > 4 || e.last().is_none_or(|last| last % 2 == 0) || e == [1] {
            return Err(KeyError("the exponent has to be odd, at least 3 and of at most 32 bits"));
        }
        RsaPublicKeyComponents { n, e }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map(|key| Self(Kind::Rs256(key)))
            .map_err(|_| KeyError("no RSA key"))
    }

    /// A public key on P-256 for ES256 from the members `x` and `y` of a JWK: 32 bytes each, together a point of the curve
    /// (RFC 7518, 6.2.1).
    pub fn es256_from_jwk(x: &str, y: &str) -> Result<Self, KeyError> {
        Self::es256(&[&[4][..], &coordinate(x)?, &coordinate(y)?].concat())
    }

    /// The same from an uncompressed point (SEC 1, 2.3.3).
    pub(super) fn es256(point: &[u8]) -> Result<Self, KeyError> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .map(|key| Self(Kind::Es256(key)))
            .map_err(|_| KeyError("`x` and `y` are no point of P-256"))
    }

    /// A public Ed25519 key for EdDSA from the member `x` of a JWK: 32 bytes (RFC 8037, 2). Whether they are a point of the
    /// curve shows when a signature is checked: by a key that is none, none verifies.
    pub fn eddsa_from_jwk(x: &str) -> Result<Self, KeyError> {
        Self::eddsa(&coordinate(x)?)
    }

    /// The same from the bytes of the key.
    pub(super) fn eddsa(public: &[u8]) -> Result<Self, KeyError> {
        ParsedPublicKey::new(&ED25519, public)
            .map(|key| Self(Kind::EdDsa(key)))
            .map_err(|_| KeyError("no Ed25519 key"))
    }

    /// The `alg` that a token verified by this key has to name.
    pub fn algorithm(&self) -> &'static str {
        match self.0 {
            Kind::Hs256(_) => "HS256",
            Kind::Rs256(_) => "RS256",
            Kind::Es256(_) => "ES256",
            Kind::EdDsa(_) => "EdDSA",
        }
    }

    /// Is this the signature of `message`? The bare primitive; tokens go through [`verify`](super::verify()).
    ///
    /// The signature is as a JWS has it: r and s in 32 bytes each for ES256 (RFC 7518, 3.4), the whole tag for HS256. A
    /// shared secret's takes the same time for every answer.
    pub fn is_signature(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Kind::Hs256(key) => hmac::verify(key, message, signature).is_ok(),
            Kind::Rs256(key) | Kind::Es256(key) | Kind::EdDsa(key) => {
                key.verify_sig(message, signature).is_ok()
            }
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifyingKey").field(&self.algorithm()).finish()
    }
}

fn coordinate(text: &str) -> Result<[u8; COORDINATE], KeyError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError("`x` or `y` is not base64url"))?;
    bytes.try_into().map_err(|_| KeyError("`x` or `y` has not 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An odd number of that many bits.
    fn modulus(bits: usize) -> String {
        let mut bytes = vec![0xa5; bits.div_ceil(8)];
        bytes[0] = 1 << ((bits - 1) % 8);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    #[test]
    fn weak_and_absurd_rsa_keys_are_refused() {
        assert!(VerifyingKey::rs256_from_jwk(&modulus(2048), "AQAB").is_ok());
        assert!(VerifyingKey::rs256_from_jwk(&modulus(8192), "Aw").is_ok());
        for bits in [8, 1024, 2047, 8193, 16384] {
            assert!(VerifyingKey::rs256_from_jwk(&modulus(bits), "AQAB").is_err(), "{bits}");
        }
        // 1, 2, 65536, nothing, 0, 2^32 + 1, not base64url.
        for exponent in ["AQ", "Ag", "AQAA", "", "AA", "AQAAAAE", "AQ=="] {
            assert!(VerifyingKey::rs256_from_jwk(&modulus(2048), exponent).is_err(), "{exponent}");
        }
        let even = URL_SAFE_NO_PAD.encode([0x80; 256]);
        assert!(VerifyingKey::rs256_from_jwk(&even, "AQAB").is_err());
    }

    #[test]
    fn a_point_that_is_not_on_the_curve_is_refused() {
        // RFC 7515, A.3.
        let (x, y) =
            ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        assert_eq!(VerifyingKey::es256_from_jwk(x, y).unwrap().algorithm(), "ES256");
        let zero = URL_SAFE_NO_PAD.encode([0; 32]);
        let padded = format!("{x}=");
        let long = URL_SAFE_NO_PAD.encode([1; 33]);
        for (x, y) in [(y, x), (x, x), (&*zero, &*zero), (x, ""), ("", ""), (&*padded, y), (&*long, y)] {
            assert!(VerifyingKey::es256_from_jwk(x, y).is_err(), "{x} {y}");
        }
    }

    #[test]
    fn an_ed25519_key_of_another_length_is_refused() {
        // RFC 8037, A.2.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(VerifyingKey::eddsa_from_jwk(x).unwrap().algorithm(), "EdDSA");
        // Ed448's have 57 bytes; a whole SubjectPublicKeyInfo has 44.
        for length in [0, 31, 33, 44, 57] {
            let text = URL_SAFE_NO_PAD.encode(vec![9; length]);
            assert!(VerifyingKey::eddsa_from_jwk(&text).is_err(), "{length}");
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(VerifyingKey::hs256(&[7; 31]).is_err());
        assert!(VerifyingKey::hs256(&[]).is_err());
        assert_eq!(VerifyingKey::hs256(&[7; 32]).unwrap().algorithm(), "HS256");
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", VerifyingKey::hs256(&[7; 32]).unwrap()), "VerifyingKey(\"HS256\")");
    }
}
