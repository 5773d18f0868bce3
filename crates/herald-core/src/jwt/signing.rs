//! Keys that sign Herald's own tokens.

use std::fmt;

use aws_lc_rs::{
    pkcs8::Document,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    jwk::PublicJwk,
    key::{KeyError, VerifyingKey},
};

/// What Herald signs its tokens by. By default ES256, which everybody can verify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518, 3.4).
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037, 3.1).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// As `alg` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// A private key, its public half, and the one algorithm it is for.
///
/// What memory it takes is wiped when it is dropped: by the backend, which owns both the key and its written form.
pub struct SigningKey {
    pair: Pair,
    pkcs8: Document,
    public: VerifyingKey,
    jwk: PublicJwk,
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl SigningKey {
    /// A fresh key. Its randomness is the backend's own (the operating system's generator): aws-lc offers no way to pass it
    /// in, neither here nor for the nonces of ECDSA.
    pub fn generate(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Es256),
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::EdDsa),
        };
        let pair = pair.expect("the operating system gives random bytes");
        Self::of(pair).expect("a key that was just made is a good one")
    }

    /// The key that [`SigningKey::to_pkcs8`] wrote, or anybody else: PKCS#8, unencrypted, in DER. A key of another algorithm
    /// is refused.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::Es256)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::EdDsa),
        };
        Self::of(pair.map_err(|_| KeyError("not a private key of its algorithm in PKCS#8"))?)
    }

    fn of(pair: Pair) -> Result<Self, KeyError> {
        let (algorithm, public, verifying, pkcs8) = match &pair {
            Pair::Es256(pair) => {
                let public = pair.public_key().as_ref();
                (Algorithm::Es256, public, VerifyingKey::es256(public)?, pair.to_pkcs8v1())
            }
            Pair::EdDsa(pair) => {
                let public = pair.public_key().as_ref();
                (Algorithm::EdDsa, public, VerifyingKey::eddsa(public)?, pair.to_pkcs8v1())
            }
        };
        let jwk = PublicJwk::of(algorithm, public)?;
        let pkcs8 = pkcs8.map_err(|_| KeyError("the key cannot be written"))?;
        Ok(Self { pair, pkcs8, public: verifying, jwk })
    }

    /// The private key itself in PKCS#8 version 1, to be sealed and stored.
    pub fn to_pkcs8(&self) -> &[u8] {
        self.pkcs8.as_ref()
    }

    /// What it signs by.
    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Es256(_) => Algorithm::Es256,
            Pair::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// Its id: the thumbprint of its public half (RFC 7638) by SHA-256, in base64url.
    pub fn kid(&self) -> &str {
        self.jwk.kid()
    }

    /// What verifies its signatures.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Its public half, to be published.
    pub fn jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    /// A token: the compact form of a JWS with the header `{"alg", "typ", "kid"}` (RFC 7515, 7.1).
    ///
    /// `claims` has to become a JSON object, which whoever defines its type has to see to; what cannot become JSON at all
    /// (a map whose keys are not texts) panics.
    pub fn sign<T: Serialize>(&self, typ: &str, claims: &T) -> String {
        #[derive(Serialize)]
        struct Header<'a> {
            alg: Algorithm,
            typ: &'a str,
            kid: &'a str,
        }

        let header = Header { alg: self.algorithm(), typ, kid: self.kid() };
        let header = serde_json::to_vec(&header).expect("texts become JSON");
        let claims = serde_json::to_vec(claims).expect("claims become JSON");
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = match &self.pair {
            Pair::Es256(pair) => pair
                .sign(&SystemRandom::new(), token.as_bytes())
                .expect("the operating system gives random bytes"),
            Pair::EdDsa(pair) => pair.sign(token.as_bytes()),
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}
