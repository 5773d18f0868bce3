//! Authara's cookies and tokens, good and forged, and the refresh of its sessions.

use herald_sandbox::{Operation, Provider};
use serde_json::{Value, json};

use super::{
    foreign_tokens::hs256,
    sandboxed::Sandboxed,
    wire::{Answer, Request},
};

const INACTIVE: &str = r#"{"active":false}"#;

async fn refresh(world: &Sandboxed, cookie: &str) -> Answer {
    let body = json!({ "cookie": cookie }).to_string();
    Request::post("/v1/sessions/refresh-cookies", body).key(&world.acme).send(world.address).await
}

#[tokio::test]
async fn authoras_cookie_and_its_token_are_the_same_person() {
    let world = Sandboxed::start().await;
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a session");
    for key in [&world.acme, &world.beta] {
        let by_cookie = world.verify_cookie(key, &format!("theme=dark; {}", signed_in.cookie)).await.json();
        assert_eq!((&by_cookie["active"], &by_cookie["kind"]), (&json!(true), &json!("authara")));
        let by_token = world.verify_token(key, &signed_in.access_token).await.json();
        assert_eq!(by_token["identity"]["provider_user_id"], by_cookie["identity"]["provider_user_id"]);
        assert!(by_cookie["expires_at"].is_string() && by_cookie.get("session_id").is_none());
    }
}

#[tokio::test]
async fn forged_and_foreign_cookies_are_inactive() {
    let world = Sandboxed::start().await;
    let credentials = world.sandbox.credentials();
    let (authara, now) = (&credentials.authara, world.now());
    let claims = json!({ "sub": "7b0c8f0e-0000-4000-8000-000000000001", "sid": "s", "roles": null,
        "iss": authara.issuer, "aud": [authara.audience], "iat": now, "exp": now + 600 });
    let kid = &authara.keys[0].kid;
    let changed = |member: &str, value: Value| {
        let mut claims = claims.clone();
        claims[member] = value;
        world.sandbox.control().authara().sign(&claims)
    };
    for (row, token) in [
        ("B70 wrong kid", hs256(&claims, "nope", b"01234567890123456789012345678901")),
        ("B70 empty secret", hs256(&claims, kid, b"")),
        ("B70 wrong secret", hs256(&claims, kid, b"01234567890123456789012345678901")),
        ("B65 over", changed("exp", json!(now - 31))),
        ("B66 iss", changed("iss", json!("https://evil.example"))),
        ("B67 aud", changed("aud", json!(["other"]))),
        ("none", String::new()),
        ("rubbish", "x.y.z".to_owned()),
    ] {
        for key in [&world.acme, &world.beta] {
            let cookie = format!("authara_access={token}");
            assert_eq!(world.verify_cookie(key, &cookie).await.body, INACTIVE, "{row} as a cookie");
            assert_eq!(world.verify_token(key, &token).await.body, INACTIVE, "{row} as a token");
        }
    }
    let one = world.sandbox.control().authara().sign_in(None).expect("a session").access_token;
    for cookie in ["", "theme=dark", &format!("authara_access={one}; authara_access={one}x")] {
        assert_eq!(world.verify_cookie(&world.acme, cookie).await.body, INACTIVE, "{cookie}");
    }
}

#[tokio::test]
async fn a_session_of_authara_goes_on_by_one_refresh_and_ends_with_it() {
    let world = Sandboxed::start().await;
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a session");
    let (first, second) =
        tokio::join!(refresh(&world, &signed_in.cookie), refresh(&world, &signed_in.cookie));
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.body, second.body);
    let asked = |operation| world.requests(Provider::Authara, operation);
    assert_eq!(asked(Operation::Refresh) + asked(Operation::TokenRefresh), 1);
    let answer = first.json();
    let cookies: Vec<&str> =
        answer["set_cookies"].as_array().expect("cookies").iter().filter_map(Value::as_str).collect();
    assert!(
        cookies.iter().any(|line| line.starts_with("authara_access=") && line.contains("HttpOnly")),
        "{answer}"
    );
    let next: Vec<&str> = cookies.iter().filter_map(|line| line.split(';').next()).collect();
    assert_eq!(world.verify_cookie(&world.acme, &next.join("; ")).await.json()["active"], true);

    world.sandbox.control().authara().end_session(&signed_in.session_id).expect("the session");
    // A refresh token that did not change has its answer kept for a minute.
    world.advance(60);
    let refused = refresh(&world, &next.join("; ")).await;
    assert_eq!(refused.problem(), (403, "refresh_refused".to_owned()));
}
