//! The form of a token: parts, alphabet, length, and one spelling for each.

use super::*;
use crate::jwt::{Algorithm, SigningKey, peek, peek_claims};

#[test]
fn the_form_is_exactly_three_parts_of_unpadded_base64url() {
    let good = sign(HEADER, &claims().to_string());
    let (header, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    // The alphabets differ in these only; a header with them in its encoding.
    let odd = sign(r#"{"alg":"RS256","x":"???>>>"}"#, &claims().to_string());
    assert!(odd.contains(['-', '_']) && verdict(&odd).is_ok());
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{good}.x"),
        format!("{good}."),
        format!(".{good}"),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{good}="),
        format!("{good}=="),
        good.replacen('.', "=.", 1),
        odd.replace('-', "+").replace('_', "/"),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        good.replacen('.', ".\n", 1),
        format!("{header}. {payload}.{signature}"),
        format!("Bearer {good}"),
        format!("{good}\0"),
        good.replacen('e', "е", 1),
        json!({ "payload": payload, "protected": header, "signature": signature }).to_string(),
        json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] })
            .to_string(),
    ] {
        assert!(verdict(&bad).is_err(), "{bad}");
    }
}

#[test]
fn a_long_token_is_not_looked_at() {
    let of_length = |filler: usize| {
        let mut long = claims();
        long["x"] = "x".repeat(filler).into();
        sign(HEADER, &long.to_string())
    };
    assert_eq!(verdict(&of_length(20 * 1024)), Err(Rejected("longer than 16 KiB")));
    assert!(verdict(&of_length(11 * 1024)).is_ok());
}

/// Where the last character of a part stands for bits that no byte takes, other characters would decode to the same bytes.
#[test]
fn a_token_has_one_spelling() {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (ec, ed) = (SigningKey::generate(Algorithm::Es256), SigningKey::generate(Algorithm::EdDsa));
    let own = [&ec, &ed].map(|key| (key.sign("JWT", &claims()), key.verifying_key().clone()));
    for (good, key) in own.into_iter().chain([(sign(HEADER, &claims().to_string()), key())]) {
        let accepted = ALPHABET.chars().filter(|last| {
            let spelling = format!("{}{last}", &good[..good.len() - 1]);
            verify::<Value>(&spelling, &key, &rules()).is_ok()
        });
        let accepted: String = accepted.collect();
        assert!(good.ends_with(&accepted) && accepted.len() == 1, "{key:?} {accepted}");
    }
    // 16 bytes leave four bits of the header's last character to nobody: `Q` and `R` to `f` would be the same.
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256" }"#);
    let other = format!("{}R", header.strip_suffix('Q').unwrap());
    assert!(peek(&format!("{header}.e30.")).is_ok());
    assert_eq!(peek(&format!("{other}.e30.")), Err(Rejected("not base64url")));
}

#[test]
fn no_claim_stands_twice() {
    let twice =
        format!(r#"{{"iss":"{ISSUER}","iat":{NOW},"exp":{},"app_id":"evil","app_id":"a"}}"#, NOW + 60);
    assert!(verdict(&sign(HEADER, &twice)).is_err());
    let escaped = twice.replacen("app_id", "app\\u005fid", 1);
    assert!(verdict(&sign(HEADER, &escaped)).is_err());
    let deep = twice.replacen(r#""app_id":"evil""#, r#""x":[{"a":1,"a":2}]"#, 1);
    assert!(verdict(&sign(HEADER, &deep)).is_err());
    let once = twice.replacen(r#""app_id":"evil","#, "", 1);
    assert!(verdict(&sign(HEADER, &once)).is_ok());
}

#[test]
fn claims_are_one_object() {
    for bad in ["", "[]", "null", "\"x\"", "{} {}", "{", "\u{feff}{}"] {
        assert!(verdict(&sign(HEADER, bad)).is_err(), "{bad}");
    }
}

#[test]
fn unverified_claims_can_be_looked_at_to_guess_an_owner() {
    let token = sign(HEADER, &claims().to_string());
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(peek_claims::<Value>(&format!("{signed}.x")).unwrap()["app_id"], "a");
    assert!(peek_claims::<Value>("oit_opaque").is_err());
}
