//! Herald's own keys: what they sign verifies, and only by themselves.

use super::*;
use crate::jwt::{Algorithm, SigningKey, peek};

const BOTH: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];

fn check(token: &str, key: &SigningKey, typ: &str) -> Result<Value, Rejected> {
    verify(token, key.verifying_key(), &Rules { typ: Typ::Only(typ), ..rules() })
}

#[test]
fn what_a_key_signs_verifies_by_that_key_only() {
    for algorithm in BOTH {
        let (key, other) = (SigningKey::generate(algorithm), SigningKey::generate(algorithm));
        let token = key.sign("at+jwt", &claims());
        assert_eq!(check(&token, &key, "at+jwt"), Ok(claims()));
        assert_eq!(check(&token, &other, "at+jwt"), Err(Rejected("the signature does not verify")));
        assert_eq!(check(&token, &key, "logout+jwt"), Err(Rejected("a token of another type")));
        assert_ne!(key.kid(), other.kid());
    }
}

#[test]
fn the_header_names_algorithm_type_and_key_and_nothing_else() {
    for algorithm in BOTH {
        let key = SigningKey::generate(algorithm);
        let token = key.sign("at+jwt", &claims());
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let expected = format!(r#"{{"alg":"{}","typ":"at+jwt","kid":"{}"}}"#, algorithm.as_str(), key.kid());
        assert_eq!(String::from_utf8(header).unwrap(), expected);
        assert_eq!(peek(&token).unwrap().kid.as_deref(), Some(key.kid()));
    }
}

#[test]
fn a_type_that_needs_escaping_stays_one_text() {
    let key = SigningKey::generate(Algorithm::EdDsa);
    let typ = r#"x","alg":"none"#;
    assert_eq!(peek(&key.sign(typ, &claims())).unwrap().typ.as_deref(), Some(typ));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads the token as any other verifier would")]
fn another_implementation_verifies_our_tokens_by_the_published_key() {
    for algorithm in BOTH {
        let key = SigningKey::generate(algorithm);
        let published = serde_json::to_string(key.jwk()).unwrap();
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&published).unwrap();
        let theirs = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let header = jsonwebtoken::decode_header(key.sign("at+jwt", &claims())).unwrap();
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.validate_exp = false;
        let token = key.sign("at+jwt", &claims());
        let read = jsonwebtoken::decode::<Value>(&token, &theirs, &validation).unwrap();
        assert_eq!(read.claims, claims());
        assert_eq!(jwk.common.key_id.as_deref(), Some(key.kid()));
    }
}

#[test]
fn a_published_key_can_be_read_back() {
    let read = |key: &SigningKey| {
        let jwk = serde_json::to_value(key.jwk()).unwrap();
        let member = |name: &str| jwk[name].as_str().unwrap_or_default().to_owned();
        assert_eq!((member("use"), member("alg")), ("sig".to_owned(), key.algorithm().as_str().to_owned()));
        assert_eq!(jwk.get("d"), None);
        match key.algorithm() {
            Algorithm::Es256 => VerifyingKey::es256_from_jwk(&member("x"), &member("y")),
            Algorithm::EdDsa => VerifyingKey::eddsa_from_jwk(&member("x")),
        }
    };
    for algorithm in BOTH {
        let key = SigningKey::generate(algorithm);
        let public = read(&key).unwrap();
        assert_eq!(verify::<Value>(&key.sign("JWT", &claims()), &public, &rules()), Ok(claims()));
    }
}

#[test]
fn a_written_key_is_the_same_key_when_read() {
    for algorithm in BOTH {
        let key = SigningKey::generate(algorithm);
        let read = SigningKey::from_pkcs8(algorithm, key.to_pkcs8()).unwrap();
        assert_eq!((read.kid(), read.algorithm(), read.jwk()), (key.kid(), algorithm, key.jwk()));
        assert_eq!(read.to_pkcs8(), key.to_pkcs8());
        assert_eq!(check(&read.sign("at+jwt", &claims()), &key, "at+jwt"), Ok(claims()));
    }
}

#[test]
fn a_key_of_another_kind_is_refused() {
    for (mine, other) in [(Algorithm::Es256, Algorithm::EdDsa), (Algorithm::EdDsa, Algorithm::Es256)] {
        let der = SigningKey::generate(mine).to_pkcs8().to_vec();
        for bad in [&[][..], &der[..der.len() - 1], &der[1..], b"-----BEGIN PRIVATE KEY-----"] {
            assert!(SigningKey::from_pkcs8(mine, bad).is_err(), "{mine:?} {}", bad.len());
        }
        assert!(SigningKey::from_pkcs8(other, &der).is_err(), "{mine:?}");
    }
}

/// RFC 7515, A.3: the key, the token and its claims.
#[test]
fn the_example_of_the_rfc_verifies() {
    let key = VerifyingKey::es256_from_jwk(
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    )
    .unwrap();
    let signed = concat!(
        "eyJhbGciOiJFUzI1NiJ9.",
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    );
    let signature = URL_SAFE_NO_PAD
        .decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
        .unwrap();
    assert!(key.is_signature(signed.as_bytes(), &signature));
    assert!(!key.is_signature(b"other", &signature));
}

/// RFC 8037, A.1, A.4: the key by its PKCS#8 form (RFC 8410, 7), and the signature that it makes.
#[test]
fn an_ed25519_key_signs_as_in_the_rfc() {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, &[&prefix[..], &seed].concat()).unwrap();
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = URL_SAFE_NO_PAD
        .decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
        .unwrap();
    assert!(key.verifying_key().is_signature(signed.as_bytes(), &signature));
}

#[test]
fn algorithms_are_written_as_in_headers() {
    for (algorithm, text) in [(Algorithm::Es256, "ES256"), (Algorithm::EdDsa, "EdDSA")] {
        assert_eq!(algorithm.as_str(), text);
        assert_eq!(serde_json::to_value(algorithm).unwrap(), text);
        assert_eq!(serde_json::from_value::<Algorithm>(json!(text)).unwrap(), algorithm);
    }
    assert!(serde_json::from_value::<Algorithm>(json!("HS256")).is_err());
}

#[test]
fn debug_shows_no_private_key() {
    let key = SigningKey::generate(Algorithm::Es256);
    assert_eq!(format!("{key:?}"), format!("SigningKey {{ kid: {:?}, .. }}", key.kid()));
}
