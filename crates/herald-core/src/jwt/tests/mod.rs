//! What the verifier refuses: each rule a test, and what Herald's own keys sign.

use std::{sync::OnceLock, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Rejected, Rules, Typ, VerifyingKey, verify};

mod algorithm;
mod claims;
mod form;
mod header;
mod signing;

const NOW: i64 = 1_767_323_045;
const ISSUER: &str = "https://id.example";
const HEADER: &str = r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#;

fn pair() -> &'static KeyPair {
    static PAIR: OnceLock<KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

/// `n` and `e` of the pair.
fn jwk() -> (String, String) {
    let public = pair().public_key();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    (
        text(public.modulus().big_endian_without_leading_zero()),
        text(public.exponent().big_endian_without_leading_zero()),
    )
}

fn key() -> VerifyingKey {
    let (n, e) = jwk();
    VerifyingKey::rs256_from_jwk(&n, &e).unwrap()
}

fn rules() -> Rules<'static> {
    Rules {
        issuer: ISSUER,
        audience: None,
        typ: Typ::JwtOrNone,
        leeway: Duration::from_secs(30),
        now: Timestamp::from_second(NOW).unwrap(),
        max_life: Duration::from_secs(24 * 3600),
    }
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "iat": NOW, "exp": NOW + 3600, "app_id": "a" })
}

/// Any two texts as header and claims, not signed yet.
fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

fn with_signature(signed: &str, signature: impl AsRef<[u8]>) -> String {
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signature(encoding: &'static dyn RsaEncoding, signed: &str) -> Vec<u8> {
    let mut out = vec![0; pair().public_modulus_len()];
    pair().sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut out).unwrap();
    out
}

/// Signs any two texts as header and claims.
fn sign(header: &str, claims: &str) -> String {
    let signed = unsigned(header, claims);
    let signature = signature(&RSA_PKCS1_SHA256, &signed);
    with_signature(&signed, signature)
}

fn verdict(token: &str) -> Result<Value, Rejected> {
    verify(token, &key(), &rules())
}

fn with(name: &str, value: impl Into<Value>) -> Result<Value, Rejected> {
    let mut claims = claims();
    claims[name] = value.into();
    verdict(&sign(HEADER, &claims.to_string()))
}

fn without(name: &str) -> Result<Value, Rejected> {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    verdict(&sign(HEADER, &claims.to_string()))
}
