//! Keys that are made at start, and the tokens they sign.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use crate::random;

/// The JWT library needs its backend once per process; a second call is harmless.
pub(crate) fn install_backend() {
    // An error says that a backend is installed already.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

/// An RSA key of 2048 bits with its public half.
#[derive(Clone)]
pub(crate) struct RsaKey {
    pub(crate) kid: String,
    private: EncodingKey,
    public: Jwk,
}

impl RsaKey {
    pub(crate) fn generate() -> Self {
        install_backend();
        let kid = random::hex(&random::bytes::<8>());
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("RSA keys can be made");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a made key can be written");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a made key can be read");
        let mut public =
            Jwk::from_encoding_key(&private, Algorithm::RS256).expect("a private key has a public half");
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Self { kid, private, public }
    }

    /// The public half as a member of a key set.
    pub(crate) fn jwk(&self) -> Value {
        serde_json::to_value(&self.public).unwrap_or_default()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox signs as the providers do, not as Herald does"
    )]
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.private).expect("JSON claims can be signed")
    }
}

/// A shared secret of HS256.
#[derive(Clone)]
pub(crate) struct HmacKey {
    pub(crate) kid: String,
    /// As Authara's own setting has it: standard base64.
    pub(crate) secret_base64: String,
}

impl HmacKey {
    pub(crate) fn generate(kid: String) -> Self {
        Self { kid, secret_base64: STANDARD.encode(random::bytes::<32>()) }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox signs as the providers do, not as Herald does"
    )]
    pub(crate) fn sign(&self, claims: &Value) -> String {
        install_backend();
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::HS256) };
        let key = EncodingKey::from_base64_secret(&self.secret_base64).expect("the secret is base64");
        jsonwebtoken::encode(&header, claims, &key).expect("JSON claims can be signed")
    }
}
