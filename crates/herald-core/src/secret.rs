//! Secrets as types: made from entropy, printed never, compared in constant time.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::clock::Entropy;

/// The SHA-256 of a secret: what is kept of it, so that the store cannot give it away.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest::digest(&digest::SHA256, bytes.as_ref()).as_ref());
        Self(out)
    }

    /// The digest that 64 hexadecimal digits spell.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(out))
    }

    /// The digest as 64 lower-case hexadecimal digits.
    pub fn to_hex(self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
            hex.push(digit(byte >> 4));
            hex.push(digit(byte & 15));
            hex
        })
    }

    /// The bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Is this the digest of `secret`? Takes the same time for every answer.
    pub fn is_of(&self, secret: impl AsRef<[u8]>) -> bool {
        self.0.ct_eq(&Self::of(secret).0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A fresh one: the prefix and 256 random bits in base64url.
            pub fn generate(entropy: &dyn Entropy) -> Self {
                let mut bytes = [0; 32];
                entropy.fill(&mut bytes);
                Self(format!("{}{}", $prefix, URL_SAFE_NO_PAD.encode(bytes)))
            }

            /// Is the text shaped like one? (Prefix and 43 url-safe characters.) Says nothing about whether it is good.
            pub fn is_shaped(text: &str) -> bool {
                text.strip_prefix($prefix).is_some_and(|rest| {
                    rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                })
            }

            /// The secret itself, to hand to whom it belongs.
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// What to keep of it.
            pub fn digest(&self) -> Digest {
                Digest::of(&self.0)
            }

            /// Is `text` this secret? Takes the same time for every answer.
            pub fn is(&self, text: &str) -> bool {
                self.digest().is_of(text)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.is(&other.0)
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

token! {
    /// Proves who started a login; given once, by the answer that created it.
    ClaimSecret, "hcs_"
}
token! {
    /// Proves which browser came back from a login.
    LoginCode, "hcc_"
}
token! {
    /// A tenant's API key.
    ApiKey, "hk_"
}
token! {
    /// An operator's key.
    AdminKey, "ha_"
}
token! {
    /// Marks the browser that a login is bound to; the value of its cookie.
    BrowserToken, "hlb_"
}

/// 128 random bits that name one thing in an address: the OAuth `state`, or a login's QR codes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct UrlToken(String);

impl UrlToken {
    /// A fresh one, 22 characters of base64url.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The text, to put into an address.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UrlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn a_secret_is_itself_and_nothing_else() {
        let secret = ClaimSecret::generate(&SystemEntropy);
        assert!(secret.is(secret.expose()) && secret.digest().is_of(secret.expose()));
        assert!(!secret.is(ClaimSecret::generate(&SystemEntropy).expose()));
        assert!(ClaimSecret::is_shaped(secret.expose()) && !ApiKey::is_shaped(secret.expose()));
    }

    #[test]
    fn debug_shows_no_secret() {
        let code = LoginCode::generate(&SystemEntropy);
        let shown = format!("{code:?} {:?} {:?}", code.digest(), UrlToken::generate(&SystemEntropy));
        assert_eq!(shown, "LoginCode(…) Digest(…) UrlToken(…)");
    }

    #[test]
    fn a_digest_survives_its_hexadecimal_form() {
        let digest = Digest::of("x");
        assert_eq!(Digest::from_hex(&digest.to_hex()), Some(digest));
        assert_eq!(Digest::from_hex("zz"), None);
        assert_eq!(Digest::from_hex(&"+1".repeat(32)), None);
    }
}
