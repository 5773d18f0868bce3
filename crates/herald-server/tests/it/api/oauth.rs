//! Introspection and revocation (RFC 7662, RFC 7009).

use serde_json::json;

use super::{
    wire::{Answer, Request, text},
    world::{PUBLIC_URL, World},
};

const INTROSPECT: &str = "/v1/oauth/introspect";
const REVOKE: &str = "/v1/oauth/revoke";
const INACTIVE: &str = r#"{"active":false}"#;

async fn introspect(world: &World, token: &str) -> Answer {
    let answer = world.send(Request::form(INTROSPECT, &[("token", token)])).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    answer
}

#[tokio::test]
async fn an_access_token_is_told_by_its_claims() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let found = introspect(&world, text(&claim, "/session/access_token")).await.json();
    let issuer = format!("{PUBLIC_URL}/t/acme");
    for (member, value) in [
        ("active", json!(true)),
        ("token_type", json!("Bearer")),
        ("client_id", json!("acme")),
        ("sub", claim["subject"].clone()),
        ("sid", claim["session"]["id"].clone()),
        ("iss", json!(issuer)),
        ("aud", json!(issuer)),
        ("provider", json!("fake")),
        ("connection", json!("main")),
    ] {
        assert_eq!(found[member], value, "{member}");
    }
    assert_eq!(found["exp"].as_i64().unwrap() - found["iat"].as_i64().unwrap(), 600);
    assert!(found["jti"].is_string() && found["auth_time"].is_i64());
}

#[tokio::test]
async fn a_refresh_token_is_told_by_its_session_and_not_used_up() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let token = text(&claim, "/session/refresh_token");
    for _ in 0..2 {
        let found = introspect(&world, token).await.json();
        let members: Vec<_> = found.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["active", "exp", "iat", "iss", "sid", "sub"]);
        assert_eq!((&found["sub"], &found["sid"]), (&claim["subject"], &claim["session"]["id"]));
        assert_eq!(found["exp"].as_i64().unwrap() - found["iat"].as_i64().unwrap(), 2_592_000);
    }
    let body = json!({ "refresh_token": token }).to_string();
    assert_eq!(world.send(Request::post("/v1/sessions/refresh", body)).await.status, 200);
    assert_eq!(introspect(&world, token).await.body, INACTIVE, "now it is used up");
}

#[tokio::test]
async fn what_is_no_token_of_the_tenants_is_inactive_and_its_revocation_is_nothing() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let good = text(&claim, "/session/access_token");
    let refresh_token = text(&claim, "/session/refresh_token");
    for token in ["x", "fake-ivan", "oit_x", "eyJ.eyJ.x", &format!("{good}x"), &format!("{refresh_token}x")] {
        assert_eq!(introspect(&world, token).await.body, INACTIVE, "{token}");
        let answer = world.send(Request::form(REVOKE, &[("token", token)])).await;
        assert_eq!((answer.status, &*answer.body), (200, ""), "{token}");
    }
    for token in [good, refresh_token] {
        let form = |path: &str| Request::form(path, &[("token", token)]).key(&world.other_key);
        assert_eq!(form(INTROSPECT).send(world.address).await.body, INACTIVE, "another tenant's");
        let answer = form(REVOKE).send(world.address).await;
        assert_eq!((answer.status, &*answer.body), (200, ""), "another tenant's");
        assert_eq!(introspect(&world, token).await.json()["active"], true, "it is as good as before");
    }
    assert_eq!(world.staff.verified.load(std::sync::atomic::Ordering::SeqCst), 0, "no provider is asked");
}

#[tokio::test]
async fn a_revoked_token_ends_its_session() {
    let world = World::new().await;
    for member in ["access_token", "refresh_token"] {
        let claim = world.sign_in().await;
        let (access, refresh) =
            (text(&claim, "/session/access_token"), text(&claim, "/session/refresh_token"));
        assert_eq!(introspect(&world, access).await.json()["active"], true, "the caches are warm");
        let token = text(&claim, &format!("/session/{member}"));
        for _ in 0..2 {
            let answer =
                world.send(Request::form(REVOKE, &[("token", token), ("token_type_hint", "x")])).await;
            assert_eq!((answer.status, &*answer.body), (200, ""), "{member}");
            assert_eq!(introspect(&world, access).await.body, INACTIVE, "{member}");
            assert_eq!(introspect(&world, refresh).await.body, INACTIVE, "{member}");
        }
        let session =
            world.send(Request::get(&format!("/v1/sessions/{}", text(&claim, "/session/id")))).await;
        assert_eq!(session.json()["status"], "ended", "{member}");
    }
}

#[tokio::test]
async fn a_form_has_a_token_once_and_may_have_what_nobody_knows() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let token = text(&claim, "/session/access_token");
    let members = [("resource", "x"), ("token_type_hint", "refresh_token"), ("token", token)];
    let answer = world.send(Request::form(INTROSPECT, &members)).await;
    assert_eq!(answer.json()["active"], true, "a wrong hint changes nothing");
    let invalid = (400, "invalid_request".to_owned());
    for path in [INTROSPECT, REVOKE] {
        for members in [
            &[][..],
            &[("token", "")],
            &[("Token", token)],
            &[("token", token), ("token", token)],
            &[("token", token), ("x", "1"), ("x", "2")],
        ] {
            let answer = world.send(Request::form(path, members)).await;
            assert_eq!(answer.oauth_error(), invalid, "{path} {} members", members.len());
            assert!(!answer.body.contains(token), "it is not repeated");
        }
    }
}

#[tokio::test]
async fn a_request_that_is_framed_wrongly_is_refused_in_the_words_of_oauth() {
    let world = World::new().await;
    let invalid = |status| (status, "invalid_request".to_owned());
    for path in [INTROSPECT, REVOKE] {
        let form = || Request::form(path, &[("token", "x")]);
        let json = Request::post(path, r#"{"token":"x"}"#);
        assert_eq!(world.send(json).await.oauth_error(), invalid(415), "{path} JSON");
        assert_eq!(
            world.send(form().without("Content-Type")).await.oauth_error(),
            invalid(415),
            "{path} no type"
        );
        let gzip = form().header("Content-Encoding", "gzip");
        assert_eq!(world.send(gzip).await.oauth_error(), invalid(415), "{path} gzip");
        let long = "x".repeat(65_536);
        assert_eq!(
            world.send(Request::form(path, &[("token", &long)])).await.oauth_error(),
            invalid(413),
            "{path} too large"
        );
        let twice = form().key(&world.key).key(&world.key).send(world.address).await;
        assert_eq!(twice.oauth_error(), invalid(400), "{path} two keys");
        let get = world.send(Request::get(path)).await;
        assert_eq!(get.oauth_error(), invalid(405), "{path} GET");
        assert_eq!(get.header("allow"), Some("POST"));
    }
    let nowhere = world.send(Request::form("/v1/oauth/token", &[])).await;
    assert_eq!(
        nowhere.problem(),
        (404, "not_found".to_owned()),
        "what does not exist is no endpoint of OAuth"
    );
}
