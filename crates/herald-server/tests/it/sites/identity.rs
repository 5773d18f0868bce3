//! What an application learns of who sends a request.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::proxy::{Asked, Dialect, access_token, sign_in};
use crate::{
    api::wire::Answer,
    pages::world::{DESK, WIKI, World},
};

fn claims(answer: &Answer) -> (Value, Value) {
    let token = answer.header("x-herald-identity").expect("a token");
    let parts: Vec<Value> = token
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON"))
        .collect();
    (parts[0].clone(), parts[1].clone())
}

#[tokio::test]
async fn every_configured_header_is_there_also_when_the_person_has_no_such_thing() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    for dialect in Dialect::ALL {
        let answer = Asked::get(WIKI).from(&browser).ask(&world, dialect).await;
        assert!(answer.header("x-herald-subject").is_some_and(|subject| subject.starts_with("sub_")));
        assert!(answer.header("x-herald-session").is_some_and(|session| session.starts_with("ses_")));
        assert_eq!(answer.header("x-herald-provider"), Some("antara"));
        // Percent-encoded, and `%` too, so that it can be decoded again.
        let name = "%D0%98%D0%B2%D0%B0%D0%BD%20%D0%9F%D0%B5%D1%82%D1%80%D0%BE%D0%B2,%20100%25";
        assert_eq!(answer.header("x-herald-name"), Some(name));
        assert_eq!(answer.header("x-herald-email"), Some(""), "{answer:?}");
        assert_eq!(answer.header("set-cookie"), None);
    }
    let (token, _) = access_token(&world, "antirius").await;
    let answer = Asked::get(DESK).bearer(&token).ask(&world, Dialect::Caddy).await;
    assert!(answer.header("x-herald-phone").is_some_and(|phone| phone.starts_with('+')), "{answer:?}");
    assert_eq!(answer.header("x-herald-name"), None);
}

#[tokio::test]
async fn the_identity_token_is_for_this_site_and_for_a_minute() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let answer = Asked::get(WIKI).from(&browser).ask(&world, Dialect::Nginx).await;
    let (header, body) = claims(&answer);
    assert_eq!(header["typ"], "herald-identity+jwt");
    assert_eq!(body["aud"], WIKI);
    assert_eq!(body["iss"], "https://login.example/t/acme");
    assert_eq!(body["sub"].as_str(), answer.header("x-herald-subject"));
    assert_eq!(body["sid"].as_str(), answer.header("x-herald-session"));
    assert_eq!(body["exp"].as_i64().expect("a time") - body["iat"].as_i64().expect("a time"), 60);
    let jwks = world.browser().get("https://login.example/t/acme/.well-known/jwks.json").await;
    let jwks: Value = serde_json::from_str(&jwks.body).expect("JSON");
    let kids: Vec<_> = jwks["keys"].as_array().expect("keys").iter().map(|key| &key["kid"]).collect();
    assert!(kids.contains(&&header["kid"]), "{kids:?} {header}");

    // It is no access token, and never one that is about to end.
    let token = answer.header("x-herald-identity").expect("a token");
    assert_eq!(Asked::get(WIKI).bearer(token).status(&world).await, 401);
    for _ in 0..10 {
        world.advance(7);
        let (_, later) = claims(&Asked::get(WIKI).from(&browser).ask(&world, Dialect::Nginx).await);
        let left = later["exp"].as_i64().expect("a time") - world.now_seconds();
        assert!((30..=60).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn what_the_client_sends_under_such_a_name_is_answered_for_in_its_spelling() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    let spellings = [
        ("X-Herald-Subject", "x-herald-subject"),
        ("x-hErAlD-sUbJeCt", "x-herald-subject"),
        ("X_Herald_Subject", "x_herald_subject"),
        ("X-Herald_Subject", "x-herald_subject"),
        ("X.Herald.Subject", "x.herald.subject"),
        ("x_herald_email", "x_herald_email"),
        ("X_HERALD_IDENTITY", "x_herald_identity"),
    ];
    for dialect in Dialect::ALL {
        let asked = spellings
            .iter()
            .fold(Asked::get(WIKI).from(&browser), |asked, (sent, _)| asked.header(sent, "spoofed"));
        let answer = asked.ask(&world, dialect).await;
        assert_eq!(answer.status, 200);
        for (_, name) in spellings {
            let ours = name.replace(['_', '.'], "-");
            assert_eq!(answer.header(name), answer.header(&ours), "{dialect:?} {name}");
            assert!(answer.header(name).is_some_and(|value| value != "spoofed"), "{dialect:?} {name}");
        }
    }
}
