//! Algorithms and signatures.

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    hmac,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding},
};
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::jwt::{Algorithm, SigningKey};

const WRONG_ALGORITHM: Rejected = Rejected("the algorithm is not the key's");
const BAD_SIGNATURE: Rejected = Rejected("the signature does not verify");

#[test]
#[expect(clippy::disallowed_methods, reason = "the test signs as another implementation does")]
fn a_token_of_another_implementation_verifies() {
    let der: Pkcs8V1Der<'_> = pair().as_der().unwrap();
    let pem = STANDARD.encode(der.as_ref());
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
}

#[test]
fn the_algorithm_is_the_keys_and_never_the_headers() {
    let others = [
        "none", "None", "nOnE", "NONE", "RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256", "rs256",
        "RS256 ", "",
    ];
    for alg in others {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        assert_eq!(verdict(&sign(&header, &claims().to_string())), Err(WRONG_ALGORITHM), "{alg}");
        // The same without a signature, as `none` has it.
        let bare = with_signature(&unsigned(&header, &claims().to_string()), "");
        assert_eq!(verdict(&bare), Err(WRONG_ALGORITHM), "{alg}");
    }
    assert!(verdict(&sign("{}", &claims().to_string())).is_err());
    assert!(verdict(&sign(r#"{"alg":["RS256"]}"#, &claims().to_string())).is_err());
    assert!(verdict(&sign(r#"{"alg":null}"#, &claims().to_string())).is_err());
}

#[test]
fn every_kind_of_key_takes_its_own_algorithm_only() {
    let (ec, ed) = (SigningKey::generate(Algorithm::Es256), SigningKey::generate(Algorithm::EdDsa));
    let secret = VerifyingKey::hs256(&[7; 32]).unwrap();
    let rsa = key();
    let keys = [&rsa, &secret, ec.verifying_key(), ed.verifying_key()];
    for key in keys {
        for alg in keys.map(VerifyingKey::algorithm).into_iter().filter(|alg| *alg != key.algorithm()) {
            let token = sign(&format!(r#"{{"alg":"{alg}"}}"#), &claims().to_string());
            assert_eq!(verify::<Value>(&token, key, &rules()), Err(WRONG_ALGORITHM), "{key:?} {alg}");
        }
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let signed = unsigned(r#"{"alg":"HS256"}"#, &claims().to_string());
    let (n, e) = jwk();
    let modulus = pair().public_key().modulus().big_endian_without_leading_zero().to_vec();
    let jwk = json!({ "kty": "RSA", "n": n, "e": e }).to_string();
    for public in [n.as_bytes(), &modulus, jwk.as_bytes()] {
        let forged = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public), signed.as_bytes());
        assert_eq!(verdict(&with_signature(&signed, forged)), Err(WRONG_ALGORITHM));
    }
    // Nor where the header keeps to the key's algorithm.
    let signed = unsigned(HEADER, &claims().to_string());
    let forged = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, n.as_bytes()), signed.as_bytes());
    assert_eq!(verdict(&with_signature(&signed, forged)), Err(BAD_SIGNATURE));
}

#[test]
fn a_signature_of_another_scheme_does_not_verify() {
    let signed = unsigned(HEADER, &claims().to_string());
    for encoding in [&RSA_PKCS1_SHA384 as &'static dyn RsaEncoding, &RSA_PSS_SHA256] {
        let token = with_signature(&signed, signature(encoding, &signed));
        assert_eq!(verdict(&token), Err(BAD_SIGNATURE));
    }
}

#[test]
fn a_touched_token_does_not_verify() {
    let good = sign(HEADER, &claims().to_string());
    assert!(verdict(&good).is_ok());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = sign(HEADER, &json!({ "iss": ISSUER }).to_string());
    let (other_signed, other_signature) = other.rsplit_once('.').unwrap();
    for bad in [
        format!("{signed}."),
        // 256 bytes are 342 characters; four characters are three bytes.
        format!("{signed}.{}", &signature[4..]),
        format!("{signed}.{}", &signature[..4]),
        format!("{signed}.AAAA{}", &signature[4..]),
        format!("{signed}.AAAA{signature}"),
        format!("{signed}.{other_signature}"),
        format!("{other_signed}.{signature}"),
        with_signature(signed, [0; 256]),
    ] {
        assert_eq!(verdict(&bad), Err(BAD_SIGNATURE), "{bad}");
    }
    for at in 0..signed.len() {
        let mut bad = good.clone().into_bytes();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        assert!(verdict(std::str::from_utf8(&bad).unwrap()).is_err(), "{at}");
    }
}

#[test]
fn the_signature_of_a_retired_key_does_not_verify() {
    let retired = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let signed = unsigned(HEADER, &claims().to_string());
    let mut signature = vec![0; retired.public_modulus_len()];
    retired.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    assert_eq!(verdict(&with_signature(&signed, signature)), Err(BAD_SIGNATURE));
}

#[test]
fn a_key_whose_exponent_is_one_is_never_a_key() {
    // By such a key everything padded right would be its own signature.
    let (n, _) = jwk();
    for exponent in ["AQ", "AAE", "AAAAAQ"] {
        assert!(VerifyingKey::rs256_from_jwk(&n, exponent).is_err(), "{exponent}");
    }
}

#[test]
fn a_tag_by_another_secret_does_not_verify() {
    let signed = unsigned(r#"{"alg":"HS256","kid":"k"}"#, &claims().to_string());
    let key = VerifyingKey::hs256(&[7; 32]).unwrap();
    let verdict = |token: &str| verify::<Value>(token, &key, &rules());
    let tag = |secret: &[u8]| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes()).as_ref().to_vec()
    };
    let good = tag(&[7; 32]);
    assert!(verdict(&with_signature(&signed, &good)).is_ok());
    for secret in [&[][..], &[0; 32], &[8; 32], &[7; 31], b"secret"] {
        assert_eq!(verdict(&with_signature(&signed, tag(secret))), Err(BAD_SIGNATURE), "{secret:?}");
    }
    let sha384 = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA384, &[7; 32]), signed.as_bytes());
    for other in [&good[..16], &good[..31], &[], &[&good[..], &[0]].concat(), sha384.as_ref()] {
        assert_eq!(verdict(&with_signature(&signed, other)), Err(BAD_SIGNATURE), "{}", other.len());
    }
    // An unknown kid finds no key; a known one, whatever it is, does not make the tag good.
    let other_kid = unsigned(r#"{"alg":"HS256","kid":"other"}"#, &claims().to_string());
    assert_eq!(verdict(&with_signature(&other_kid, &good)), Err(BAD_SIGNATURE));
}
