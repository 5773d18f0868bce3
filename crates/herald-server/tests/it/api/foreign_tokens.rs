//! Tokens that providers issued, good and forged.

use std::collections::BTreeMap;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_sandbox::{Fault, FaultEffect, Operation, Provider};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::sandboxed::{OTHER_APP, Sandboxed};

const INACTIVE: &str = r#"{"active":false}"#;

/// The claims of a good token of Antirius for acme's app.
fn claims(world: &Sandboxed) -> Value {
    let credentials = world.sandbox.credentials();
    json!({
        "iss": credentials.base_url,
        "app_id": credentials.antirius.app_id,
        "_id": "507f1f77bcf86cd799439011",
        "user_id": "123456789",
        "type": "telegram",
        "phone": "+79001234567",
        "first_name": "Ivan",
        "iat": world.now(),
        "exp": world.now() + 3600,
    })
}

/// The same with this member changed, signed by Antirius.
fn with(world: &Sandboxed, member: &str, value: Value) -> String {
    let mut claims = claims(world);
    claims[member] = value;
    world.sandbox.control().antirius().sign(&claims)
}

/// The same without this member.
fn without(world: &Sandboxed, member: &str) -> String {
    let mut claims = claims(world);
    claims.as_object_mut().expect("an object").remove(member);
    world.sandbox.control().antirius().sign(&claims)
}

/// The id of the key that [`Issuer`] signs with.
const KID: &str = "of-the-test";

/// A key for RS256 that the test has and Antirius publishes in place of its own: it signs whatever headers there are.
struct Issuer(KeyPair);

impl Issuer {
    fn generate() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    /// Its public half, under this id.
    fn jwk(&self, kid: &str) -> Value {
        let public = self.0.public_key();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let n = text(public.modulus().big_endian_without_leading_zero());
        let e = text(public.exponent().big_endian_without_leading_zero());
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e })
    }

    /// Antirius publishes this key, and one of somebody else's.
    fn publish(&self, world: &Sandboxed) {
        let keys = json!({ "keys": [self.jwk(KID), Self::generate().jwk("another")] });
        let effect =
            FaultEffect::Answer { status: 200, headers: BTreeMap::new(), body: Some(keys), patch: None };
        world.sandbox.control().inject(Fault::new(Provider::Antirius, Operation::Jwks, effect));
    }

    /// A token of these claims whose header has one member changed, or one less where the value is null.
    fn sign(&self, claims: &str, name: &str, value: Value) -> String {
        let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": KID });
        header[name] = value;
        header.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        let parts = [header.to_string(), claims.to_owned()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = parts.join(".");
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("random bytes");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[tokio::test]
async fn a_good_token_is_known_by_the_tenant_that_it_is_for() {
    let world = Sandboxed::start().await;
    let token = world.sandbox.control().antirius().sign(&claims(&world));
    let found = world.verify_token(&world.acme, &token).await.json();
    assert_eq!((&found["active"], &found["kind"]), (&json!(true), &json!("antirius")));
    let identity = &found["identity"];
    assert_eq!((&identity["provider"], &identity["connection"]), (&json!("antirius"), &json!("antirius")));
    assert_eq!(identity["provider_user_id"], "507f1f77bcf86cd799439011");
    assert_eq!((&identity["phone_number"], &identity["name"]), (&json!("+79001234567"), &json!("Ivan")));
    assert_eq!(found["expires_at"], "2026-01-02T04:04:05.000Z");
    assert_eq!(world.verify_token(&world.beta, &token).await.body, INACTIVE, "T11: it is for another app");
    let for_beta = with(&world, "app_id", json!(OTHER_APP));
    assert_eq!(world.verify_token(&world.beta, &for_beta).await.json()["active"], true);
    assert_eq!(world.verify_token(&world.acme, &for_beta).await.body, INACTIVE, "T11");
}

#[tokio::test]
async fn an_antara_token_is_good_until_it_is_revoked() {
    let world = Sandboxed::start().await;
    let antara = world.sandbox.control().clone();
    let token = antara.antara().issue_identity_token(None, None, &["identity.read"]).expect("a token");
    let found = world.verify_token(&world.acme, &token).await.json();
    assert_eq!((&found["active"], &found["kind"]), (&json!(true), &json!("antara")));
    assert!(antara.antara().revoke(&token));
    assert_eq!(world.verify_token(&world.acme, &token).await.json()["active"], true, "for 30 s at most");
    world.advance(30);
    assert_eq!(world.verify_token(&world.acme, &token).await.body, INACTIVE);
    let elsewhere = antara.antara().issue_identity_token(None, Some("another-app"), &[]).expect("a token");
    assert_eq!(world.verify_token(&world.acme, &elsewhere).await.body, INACTIVE);
    assert_eq!(world.verify_token(&world.beta, &token).await.body, INACTIVE, "beta has no account at Antara");
}

#[tokio::test]
async fn claims_that_do_not_hold_are_inactive_however_well_they_are_signed() {
    let world = Sandboxed::start().await;
    let (now, base) = (world.now(), world.sandbox.credentials().base_url.as_str());
    let good = claims(&world);
    let app_id = good["app_id"].as_str().expect("an app");
    for (row, token) in [
        ("B65 no exp", without(&world, "exp")),
        ("B65 exp a text", with(&world, "exp", json!((now + 3600).to_string()))),
        ("B65 exp 1e300", with(&world, "exp", json!(1e300))),
        ("B65 exp -1", with(&world, "exp", json!(-1))),
        ("B65 exp past 31 s", with(&world, "exp", json!(now - 31))),
        ("B65 exp in the year 9999", with(&world, "exp", json!(253_402_300_799_i64))),
        ("B65 no iat", without(&world, "iat")),
        ("B65 iat +1 day", with(&world, "iat", json!(now + 86_400))),
        ("B65 nbf +1 day", with(&world, "nbf", json!(now + 86_400))),
        ("B66 no iss", without(&world, "iss")),
        ("B66 iss a number", with(&world, "iss", json!(1))),
        ("B66 iss an array", with(&world, "iss", json!([base]))),
        ("B66 iss with a slash", with(&world, "iss", json!(format!("{base}/")))),
        ("B66 iss another scheme", with(&world, "iss", json!(base.replace("http:", "https:")))),
        ("B67 no app_id", without(&world, "app_id")),
        ("B67 app_id a number", with(&world, "app_id", json!(1))),
        ("B67 app_id an array", with(&world, "app_id", json!([app_id]))),
        ("B67 app_id another", with(&world, "app_id", json!(OTHER_APP))),
        ("B67 app_id in upper case", with(&world, "app_id", json!(app_id.to_uppercase()))),
    ] {
        assert_eq!(world.verify_token(&world.acme, &token).await.body, INACTIVE, "{row}");
    }
    let late = with(&world, "exp", json!(now - 29));
    assert_eq!(world.verify_token(&world.acme, &late).await.json()["active"], true, "B65: 30 s of leeway");
}

#[tokio::test]
async fn headers_that_do_not_hold_are_inactive_however_well_they_are_signed_and_nobody_is_asked() {
    let world = Sandboxed::start().await;
    let (issuer, stranger) = (Issuer::generate(), Issuer::generate());
    issuer.publish(&world);
    let claims = claims(&world).to_string();
    let headed = |name: &str, value: Value| issuer.sign(&claims, name, value);
    let good = headed("alg", json!("RS256"));
    assert_eq!(world.verify_token(&world.acme, &good).await.json()["active"], true);
    let asked = world.requests(Provider::Antirius, Operation::Jwks);
    let app_id = world.sandbox.credentials().antirius.app_id.clone();
    let twice = format!("{{\"app_id\":\"{app_id}\",{}", &claims[1..]);
    for (row, forged) in [
        ("B63 none", headed("alg", json!("none"))),
        ("B63 nOnE", headed("alg", json!("nOnE"))),
        ("B63 HS256", headed("alg", json!("HS256"))),
        ("B63 RS384", headed("alg", json!("RS384"))),
        ("B63 PS256", headed("alg", json!("PS256"))),
        ("B63 ES256", headed("alg", json!("ES256"))),
        ("B67 app_id twice", issuer.sign(&twice, "alg", json!("RS256"))),
        ("B68 crit", headed("crit", json!(["x"]))),
        ("B68 no kid, two keys", headed("kid", Value::Null)),
        ("B68 kid 1 KiB", headed("kid", json!("k".repeat(1024)))),
        ("B68 typ", headed("typ", json!("logout+jwt"))),
        // The rest is a stranger's, who brings the key along or says where it is.
        ("B68 jku", stranger.sign(&claims, "jku", json!("https://evil.example/jwks.json"))),
        ("B68 jwk", stranger.sign(&claims, "jwk", stranger.jwk(KID))),
        ("B69 a stranger's", stranger.sign(&claims, "alg", json!("RS256"))),
    ] {
        assert_eq!(world.verify_token(&world.acme, &forged).await.body, INACTIVE, "{row}");
    }
    assert_eq!(world.requests(Provider::Antirius, Operation::Jwks), asked, "B68: nobody is asked");
}

#[tokio::test]
async fn forms_and_signatures_that_do_not_hold_are_inactive_and_nobody_is_asked() {
    let world = Sandboxed::start().await;
    let token = world.sandbox.control().antirius().sign(&claims(&world));
    assert_eq!(world.verify_token(&world.acme, &token).await.json()["active"], true);
    let asked = world.requests(Provider::Antirius, Operation::Jwks);
    let parts: Vec<&str> = token.split('.').collect();
    let (last, half) = (parts[2].len(), parts[2].len() / 2);
    let flipped = if parts[2].starts_with('A') { "B" } else { "A" };
    for (row, forged) in [
        ("B63 none, no signature", format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), parts[1])),
        ("B64 two parts", format!("{}.{}", parts[0], parts[1])),
        ("B64 four parts", format!("{token}.x")),
        ("B64 padding", format!("{token}=")),
        ("B64 white space", format!("{token} ")),
        ("B64 20 KiB", format!("{}.{}.{}", parts[0], "A".repeat(20_000), parts[2])),
        ("B69 empty", format!("{}.{}.", parts[0], parts[1])),
        ("B69 truncated", format!("{}.{}.{}", parts[0], parts[1], &parts[2][..half])),
        ("B69 one bit", format!("{}.{}.{flipped}{}", parts[0], parts[1], &parts[2][1..last])),
    ] {
        assert_eq!(world.verify_token(&world.acme, &forged).await.body, INACTIVE, "{row}");
    }
    assert_eq!(world.requests(Provider::Antirius, Operation::Jwks), asked, "B68: nobody is asked");
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let world = Sandboxed::start().await;
    let antirius = world.sandbox.control().clone();
    let good = antirius.antirius().sign(&claims(&world));
    let kid = headed_kid(&good);
    // Whatever stands in the key set, taken for the secret of HS256.
    for secret in [kid.as_bytes(), b"", b"AQAB"] {
        let forged = hs256(&claims(&world), &kid, secret);
        assert_eq!(world.verify_token(&world.acme, &forged).await.body, INACTIVE, "B63");
        assert_eq!(world.verify_token(&world.beta, &forged).await.body, INACTIVE, "B63");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_back_verifies_nothing() {
    let world = Sandboxed::start().await;
    let control = world.sandbox.control().clone();
    let old = control.antirius().sign(&claims(&world));
    assert_eq!(world.verify_token(&world.acme, &old).await.json()["active"], true);
    control.antirius().rotate_keys(false);
    // The key set is looked at again for a token of the new key, which is unknown as yet.
    world.advance(60);
    let new = control.antirius().sign(&claims(&world));
    assert_eq!(world.verify_token(&world.acme, &new).await.json()["active"], true);
    assert_eq!(world.verify_token(&world.acme, &old).await.body, INACTIVE, "B69");
}

fn headed_kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a kid").to_owned()
}

/// A token of HS256 under this secret.
#[expect(clippy::disallowed_methods, reason = "the test forges what no code of ours would sign")]
pub(super) fn hs256(claims: &Value, kid: &str, secret: &[u8]) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret)).expect("JSON can be signed")
}
