//! What the verifier refuses: each rule a test (B63–B69).

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding},
};
use serde_json::json;

use super::*;

const NOW: i64 = 1_767_323_045;
const ISSUER: &str = "https://id.example";

fn pair() -> &'static KeyPair {
    static PAIR: OnceLock<KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

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
        leeway: Duration::from_secs(30),
        now: Timestamp::from_second(NOW).unwrap(),
        max_life: Duration::from_secs(24 * 3600),
    }
}

fn signature(encoding: &'static dyn RsaEncoding, signed: &str) -> Vec<u8> {
    let mut out = vec![0; pair().public_modulus_len()];
    pair().sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut out).unwrap();
    out
}

/// Signs any two texts as header and claims.
fn sign(header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(signature(&RSA_PKCS1_SHA256, &signed));
    format!("{signed}.{signature}")
}

const HEADER: &str = r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#;

fn claims() -> Value {
    json!({ "iss": ISSUER, "iat": NOW, "exp": NOW + 3600, "app_id": "a" })
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

#[test]
fn a_token_of_another_implementation_verifies() {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let der: Pkcs8V1Der<'_> = pair().as_der().unwrap();
    let pem = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
    let private = jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let token = jsonwebtoken::encode(&header, &claims(), &private).unwrap();
    assert_eq!(verdict(&token).unwrap(), claims());

    let secret = [7; 32];
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let token =
        jsonwebtoken::encode(&header, &claims(), &jsonwebtoken::EncodingKey::from_secret(&secret)).unwrap();
    assert_eq!(verify::<Value>(&token, &VerifyingKey::hs256(&secret).unwrap(), &rules()).unwrap(), claims());
    assert!(verify::<Value>(&token, &VerifyingKey::hs256(&[8; 32]).unwrap(), &rules()).is_err());
}

#[test]
fn the_algorithm_is_the_keys_and_never_the_headers() {
    for alg in ["none", "None", "nOnE", "RS384", "RS512", "PS256", "ES256", "HS256", "rs256", ""] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        assert!(verdict(&sign(&header, &claims().to_string())).is_err(), "{alg}");
    }
    assert!(verdict(&sign("{}", &claims().to_string())).is_err());
    assert!(verdict(&sign(r#"{"alg":["RS256"]}"#, &claims().to_string())).is_err());
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
        URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    let (n, _) = jwk();
    let forged = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, n.as_bytes()), signed.as_bytes());
    assert!(verdict(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(forged.as_ref()))).is_err());
}

#[test]
fn a_signature_of_another_scheme_does_not_verify() {
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims().to_string()));
    for encoding in [&RSA_PKCS1_SHA384 as &'static dyn RsaEncoding, &RSA_PSS_SHA256] {
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature(encoding, &signed)));
        assert_eq!(verdict(&token), Err(Rejected("the signature does not verify")));
    }
}

#[test]
fn a_touched_token_does_not_verify() {
    let good = sign(HEADER, &claims().to_string());
    assert!(verdict(&good).is_ok());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = sign(HEADER, &json!({ "iss": ISSUER }).to_string());
    let other_signature = other.rsplit_once('.').unwrap().1;
    for bad in [
        format!("{signed}."),
        format!("{signed}.{}", &signature[..signature.len() - 4]),
        format!("{signed}.AAAA{}", &signature[4..]),
        format!("{signed}.{other_signature}"),
    ] {
        assert!(verdict(&bad).is_err(), "{bad}");
    }
}

#[test]
fn the_form_is_exactly_three_parts_of_unpadded_base64url() {
    let good = sign(HEADER, &claims().to_string());
    let (header, rest) = good.split_once('.').unwrap();
    // The alphabets differ in these only; a header with them in its encoding.
    let odd = sign(r#"{"alg":"RS256","x":"???>>>"}"#, &claims().to_string());
    assert!(odd.contains(['-', '_']) && verdict(&odd).is_ok());
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{}", rest.split_once('.').unwrap().0),
        format!("{good}.x"),
        format!("{good}="),
        format!("{good}=="),
        format!(" {good}"),
        format!("{good}\n"),
        good.replacen('.', "=.", 1),
        odd.replace('-', "+").replace('_', "/"),
        format!("Bearer {good}"),
        json!({ "payload": rest, "protected": header, "signature": "x" }).to_string(),
    ] {
        assert!(verdict(&bad).is_err(), "{bad}");
    }
    let mut long = claims();
    long["x"] = "x".repeat(20 * 1024).into();
    assert_eq!(verdict(&sign(HEADER, &long.to_string())), Err(Rejected("longer than 16 KiB")));
}

#[test]
fn extensions_types_and_key_ids_are_not_guessed_at() {
    for bad in [
        r#"{"alg":"RS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"RS256","crit":[]}"#,
        r#"{"alg":"RS256","crit":null}"#,
        r#"{"alg":"RS256","typ":"logout+jwt"}"#,
        r#"{"alg":"RS256","typ":"at+jwt"}"#,
        r#"{"alg":"RS256","typ":7}"#,
        r#"{"alg":"RS256","kid":7}"#,
        r#"{"alg":"RS256","kid":""}"#,
        r#"{"alg":"RS256","kid":"a b"}"#,
        r#"{"alg":"RS256","kid":"a\u0000"}"#,
        r#"{"alg":"RS256","kid":"é"}"#,
        r#"{"alg":"none","alg":"RS256"}"#,
        r#"["RS256"]"#,
        r#"{"alg":"RS256"} {}"#,
    ] {
        assert!(verdict(&sign(bad, &claims().to_string())).is_err(), "{bad}");
    }
    let long = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(1024));
    assert!(peek(&sign(&long, "{}")).is_err());
    for good in [r#"{"alg":"RS256"}"#, r#"{"alg":"RS256","typ":"jwt"}"#, r#"{"alg":"RS256","kid":"../../x"}"#]
    {
        assert!(verdict(&sign(good, &claims().to_string())).is_ok(), "{good}");
    }
}

#[test]
fn addresses_and_keys_in_the_header_are_not_read() {
    let header =
        r#"{"alg":"RS256","kid":"k","jku":"http://169.254.169.254/","x5u":7,"jwk":{"kty":"oct"},"x5c":[]}"#;
    let token = sign(header, &claims().to_string());
    let expected = Header { alg: "RS256".to_owned(), kid: Some("k".to_owned()), typ: None };
    assert_eq!(peek(&token), Ok(expected));
    assert!(verdict(&token).is_ok());
}

#[test]
fn a_token_has_to_end_in_time() {
    assert!(without("exp").is_err());
    assert!(with("exp", NOW - 29).is_ok());
    for bad in [
        json!(NOW - 30),
        json!(NOW - 31),
        json!("2147483647"),
        json!(1e300),
        json!(-1),
        json!(null),
        json!([NOW]),
    ] {
        assert!(with("exp", bad.clone()).is_err(), "{bad}");
    }
    assert!(with("exp", NOW + 24 * 3600).is_ok());
    assert!(with("exp", NOW + 24 * 3600 + 1).is_err());
    assert!(with("exp", 253_402_300_799_i64).is_err());
    let broken: Value = serde_json::from_str("1767326645.5").unwrap();
    assert!(with("exp", broken).is_ok());
}

#[test]
fn a_token_of_the_future_is_not_good_yet() {
    assert!(with("iat", NOW + 30).is_ok());
    assert!(without("iat").is_err());
    for bad in [json!(NOW + 31), json!(NOW + 86_400), json!("1"), json!(-5), json!(i64::MAX), json!(u64::MAX)]
    {
        assert!(with("iat", bad.clone()).is_err(), "{bad}");
    }
    assert!(with("nbf", NOW + 30).is_ok());
    assert!(with("nbf", NOW + 86_400).is_err());
    assert!(with("nbf", "soon").is_err());
}

#[test]
fn leeway_is_never_more_than_a_minute() {
    let token = sign(HEADER, &json!({ "iss": ISSUER, "iat": NOW - 600, "exp": NOW - 61 }).to_string());
    let generous = Rules { leeway: Duration::from_secs(3600), ..rules() };
    assert_eq!(verify::<Value>(&token, &key(), &generous), Err(Rejected("it has expired")));
}

#[test]
fn the_issuer_is_exactly_the_one_configured() {
    assert!(without("iss").is_err());
    for bad in [
        json!(5),
        json!(null),
        json!([ISSUER]),
        json!([ISSUER, "https://evil.example"]),
        json!("https://id.example/"),
        json!("http://id.example"),
        json!("https://ID.example"),
        json!("https://evil.example"),
    ] {
        assert!(with("iss", bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn no_claim_stands_twice() {
    let twice =
        format!(r#"{{"iss":"{ISSUER}","iat":{NOW},"exp":{},"app_id":"evil","app_id":"a"}}"#, NOW + 60);
    assert!(verdict(&sign(HEADER, &twice)).is_err());
    let escaped = twice.replacen("app_id", "app\\u005fid", 1);
    assert!(verdict(&sign(HEADER, &escaped)).is_err());
}

#[test]
fn an_audience_that_is_asked_for_has_to_be_there() {
    let check = |audience: Value| {
        let mut claims = claims();
        claims["aud"] = audience;
        let rules = Rules { audience: Some("app"), ..rules() };
        verify::<Value>(&sign(HEADER, &claims.to_string()), &key(), &rules).is_ok()
    };
    assert!(check(json!("app")) && check(json!(["admin", "app"])));
    for bad in [json!("App"), json!(["admin"]), json!([]), json!(null), json!({ "app": 1 }), json!([["app"]])]
    {
        assert!(!check(bad.clone()), "{bad}");
    }
    let none = verify::<Value>(
        &sign(HEADER, &claims().to_string()),
        &key(),
        &Rules { audience: Some("app"), ..rules() },
    );
    assert_eq!(none, Err(Rejected("another audience")));
}

#[test]
fn unverified_claims_can_be_looked_at_to_guess_an_owner() {
    let token = sign(HEADER, &claims().to_string());
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(peek_claims::<Value>(&format!("{signed}.x")).unwrap()["app_id"], "a");
    assert!(peek_claims::<Value>("oit_opaque").is_err());
}

#[test]
fn a_time_can_be_read_out_of_a_claim() {
    let read = |text: &str| {
        serde_json::from_str::<NumericDate>(text).map(|NumericDate(at)| at.as_millisecond()).ok()
    };
    assert_eq!(
        (read("1767323045"), read("1767323045.5")),
        (Some(1_767_323_045_000), Some(1_767_323_045_500))
    );
    for bad in ["-1", "\"1\"", "null", "1e300", "18446744073709551615", "253402300800"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
