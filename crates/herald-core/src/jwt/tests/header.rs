//! Headers: extensions, types, key ids, and what is not even read.

use super::*;
use crate::jwt::{Header, peek};

#[test]
fn extensions_types_and_key_ids_are_not_guessed_at() {
    for bad in [
        r#"{"alg":"RS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"RS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"RS256","crit":[]}"#,
        r#"{"alg":"RS256","crit":null}"#,
        r#"{"alg":"RS256","typ":"logout+jwt"}"#,
        r#"{"alg":"RS256","typ":"at+jwt"}"#,
        r#"{"alg":"RS256","typ":""}"#,
        r#"{"alg":"RS256","typ":null}"#,
        r#"{"alg":"RS256","typ":7}"#,
        r#"{"alg":"RS256","kid":7}"#,
        r#"{"alg":"RS256","kid":null}"#,
        r#"{"alg":"RS256","kid":""}"#,
        r#"{"alg":"RS256","kid":"a b"}"#,
        r#"{"alg":"RS256","kid":"a\u0000"}"#,
        r#"{"alg":"RS256","kid":"é"}"#,
        r#"{"alg":"none","alg":"RS256"}"#,
        r#"{"alg":"RS256","kid":"a","kid":"b"}"#,
        r#"{"alg":"RS256","\u0061lg":"RS256"}"#,
        r#"["RS256"]"#,
        r#"{"alg":"RS256"} {}"#,
    ] {
        assert!(verdict(&sign(bad, &claims().to_string())).is_err(), "{bad}");
    }
    for good in [r#"{"alg":"RS256"}"#, r#"{"alg":"RS256","typ":"jwt"}"#, r#"{"alg":"RS256","kid":"../../x"}"#]
    {
        assert!(verdict(&sign(good, &claims().to_string())).is_ok(), "{good}");
    }
}

#[test]
fn a_long_key_id_is_not_looked_up() {
    let of_length = |length: usize| {
        let header = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(length));
        peek(&sign(&header, &claims().to_string()))
    };
    assert!(of_length(128).is_ok());
    for length in [129, 1024] {
        let expected = Rejected("the key id is too long or not visible ASCII");
        assert_eq!(of_length(length), Err(expected), "{length}");
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

/// A stranger signs by a key of his own and brings it along.
#[test]
fn a_key_that_a_token_brings_along_verifies_nothing() {
    let (n, e) = jwk();
    let header = json!({ "alg": "RS256", "kid": "k", "jwk": { "kty": "RSA", "n": n, "e": e } });
    let token = sign(&header.to_string(), &claims().to_string());
    let own = crate::jwt::SigningKey::generate(crate::jwt::Algorithm::Es256);
    assert!(verify::<Value>(&token, own.verifying_key(), &rules()).is_err());
    let other = VerifyingKey::rs256_from_jwk(&URL_SAFE_NO_PAD.encode([0xab; 256]), "AQAB").unwrap();
    let refused = verify::<Value>(&token, &other, &rules());
    assert_eq!(refused, Err(Rejected("the signature does not verify")));
}

#[test]
fn a_token_of_one_type_does_not_pass_for_another() {
    let verdict = |typ: &str, wanted: &str| {
        let header = json!({ "alg": "RS256", "typ": typ }).to_string();
        let rules = Rules { typ: Typ::Only(wanted), ..rules() };
        verify::<Value>(&sign(&header, &claims().to_string()), &key(), &rules)
    };
    for good in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(verdict(good, "at+jwt").is_ok(), "{good}");
    }
    let another = Err(Rejected("a token of another type"));
    for bad in [
        "JWT",
        "jwt",
        "",
        "logout+jwt",
        "at+jwt ",
        "at+jwt;v=1",
        "application/",
        "application/application/at+jwt",
        "text/at+jwt",
        "éapplication/at+jwt",
    ] {
        assert_eq!(verdict(bad, "at+jwt"), another, "{bad}");
    }
    assert_eq!(verdict("at+jwt", "logout+jwt"), another);
    let untyped = sign(r#"{"alg":"RS256"}"#, &claims().to_string());
    let rules = Rules { typ: Typ::Only("at+jwt"), ..rules() };
    assert_eq!(verify::<Value>(&untyped, &key(), &rules), another);
}
