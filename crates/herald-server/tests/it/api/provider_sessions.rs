//! Credentials and sessions that providers issued themselves.

use std::{sync::atomic::Ordering, time::Duration};

use herald_core::error::Retry;
use herald_testkit::fake_sessions::Says;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request},
    world::World,
};

async fn verify(world: &World, key: &str, body: Value) -> Answer {
    Request::post("/v1/sessions/verify", body.to_string()).key(key).send(world.address).await
}

async fn refresh(world: &World, body: Value) -> Answer {
    world.send(Request::post("/v1/sessions/refresh-cookies", body.to_string())).await
}

fn token(text: &str) -> Value {
    json!({ "credential": { "type": "token", "token": text } })
}

#[tokio::test]
async fn a_providers_credential_is_known_whatever_its_form() {
    let world = World::new().await;
    let cookies = json!({ "credential": { "type": "cookies", "cookie": "a=b; fake=ivan" } });
    for body in [token("fake-ivan"), cookies] {
        let found = verify(&world, &world.key, body).await.json();
        assert_eq!((&found["active"], &found["kind"]), (&json!(true), &json!("fake")));
        assert_eq!(found["identity"]["provider_user_id"], "ivan");
        assert_eq!(found["identity"]["connection"], "staff");
        assert_eq!(found["expires_at"], "2026-01-02T04:04:05.000Z");
        // Nobody signed in through Herald, so there is neither subject nor session of ours.
        assert!(found.get("subject").is_none() && found.get("session_id").is_none(), "{found}");
    }
    let asked = world.staff.verified.load(Ordering::SeqCst);
    verify(&world, &world.key, token("fake-ivan")).await;
    assert_eq!(world.staff.verified.load(Ordering::SeqCst), asked, "the provider is asked once");
}

#[tokio::test]
async fn the_connection_is_named_where_several_could_be_meant() {
    let world = World::new().await;
    let ambiguous = verify(&world, &world.other_key, token("fake-ivan")).await;
    assert_eq!(ambiguous.problem(), (422, "validation_failed".to_owned()));
    assert_eq!(ambiguous.faults(), ["/connection missing"]);
    let named =
        |name: &str| json!({ "credential": { "type": "token", "token": "fake-ivan" }, "connection": name });
    let found = verify(&world, &world.other_key, named("office")).await.json();
    assert_eq!((&found["active"], &found["identity"]["connection"]), (&json!(true), &json!("office")));
    for unknown in ["nope", "", "MAIN", "../main"] {
        let answer = verify(&world, &world.other_key, named(unknown)).await;
        assert_eq!(answer.problem(), (422, "unknown_connection".to_owned()), "{unknown}");
        assert_eq!(answer.faults(), ["/connection unknown"], "{unknown}");
    }
    // A connection that does not recognise the credential makes it no better.
    let mut other = token("oit_x");
    other["connection"] = json!("staff");
    assert_eq!(verify(&world, &world.key, other).await.body, r#"{"active":false}"#);
}

#[tokio::test]
async fn a_provider_that_fails_is_not_the_same_as_a_credential_that_is_bad() {
    let world = World::new().await;
    let says = [Says::Refused, Says::Fails(Retry::After(Duration::from_secs(7))), Says::Fails(Retry::Never)];
    world.staff.says(says);
    assert_eq!(verify(&world, &world.key, token("fake-a")).await.body, r#"{"active":false}"#);
    let answer = verify(&world, &world.key, token("fake-b")).await;
    assert_eq!(answer.problem(), (503, "provider_unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("7"));
    let answer = verify(&world, &world.key, token("fake-c")).await;
    assert_eq!(answer.problem(), (502, "provider_error".to_owned()));
    assert!(!answer.body.contains("as told"));
}

#[tokio::test]
async fn a_providers_session_is_refreshed_once_and_its_cookies_are_passed_on_unchanged() {
    let world = World::new().await;
    let body = json!({ "cookie": "x=y; fake_refresh=one", "connection": "staff" });
    let answer = refresh(&world, body.clone()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let expected =
        json!({ "set_cookies": ["fake_refresh=0; HttpOnly"], "expires_at": "2026-01-02T04:04:05.000Z" });
    assert_eq!(answer.json(), expected);
    assert_eq!(refresh(&world, body).await.body, answer.body, "a late comer gets the same");
    assert_eq!(world.staff.refreshed.load(Ordering::SeqCst), 1);
    let unnamed = refresh(&world, json!({ "cookie": "fake_refresh=two" })).await;
    assert_eq!(unnamed.status, 200, "the only connection that can do it: {unnamed:?}");
}

#[tokio::test]
async fn a_refused_refresh_has_no_cookies() {
    let world = World::new().await;
    world.staff.says([Says::Refused]);
    for cookie in ["fake_refresh=one", "fake_refresh=one", "other=1", ""] {
        let answer = refresh(&world, json!({ "cookie": cookie })).await;
        assert_eq!(answer.problem(), (403, "refresh_refused".to_owned()), "{cookie}");
        assert!(!answer.body.contains("set_cookies"));
    }
    assert_eq!(world.staff.refreshed.load(Ordering::SeqCst), 1, "what was refused is not asked again");
}

#[tokio::test]
async fn an_unclear_refresh_must_not_be_repeated() {
    let world = World::new().await;
    world.staff.says([Says::Fails(Retry::OutcomeUnknown)]);
    let answer = refresh(&world, json!({ "cookie": "fake_refresh=one" })).await;
    assert_eq!(answer.problem(), (503, "provider_unavailable".to_owned()));
    assert_eq!((&answer.json()["retryable"], answer.header("retry-after")), (&json!(false), None));
    assert!(answer.json().get("retry_after_seconds").is_none());
    let again = refresh(&world, json!({ "cookie": "fake_refresh=one" })).await;
    assert_eq!(again.problem(), (403, "refresh_refused".to_owned()));
    assert_eq!(world.staff.refreshed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refresh_that_surely_had_no_effect_may_be_repeated_when_its_time_has_come() {
    let world = World::new().await;
    world.staff.says([Says::Fails(Retry::After(Duration::from_secs(3)))]);
    let body = json!({ "cookie": "fake_refresh=one" });
    // The second comes too early, and the provider is spared.
    for _ in 0..2 {
        let answer = refresh(&world, body.clone()).await;
        assert_eq!(answer.problem(), (503, "provider_unavailable".to_owned()));
        assert_eq!((&answer.json()["retryable"], answer.header("retry-after")), (&json!(true), Some("3")));
        assert_eq!(world.staff.refreshed.load(Ordering::SeqCst), 1);
    }
    world.clock.advance(SignedDuration::from_secs(3));
    assert_eq!(refresh(&world, body).await.status, 200);
}

#[tokio::test]
async fn only_a_connection_with_sessions_of_its_own_can_refresh_them() {
    let world = World::new().await;
    for name in ["main", "nope"] {
        let answer = refresh(&world, json!({ "cookie": "fake_refresh=one", "connection": name })).await;
        assert_eq!(answer.problem(), (422, "unknown_connection".to_owned()), "{name}");
    }
    let body = json!({ "cookie": "fake_refresh=one" }).to_string();
    let two =
        Request::post("/v1/sessions/refresh-cookies", body).key(&world.other_key).send(world.address).await;
    assert_eq!(two.problem(), (422, "validation_failed".to_owned()));
    assert_eq!(two.faults(), ["/connection missing"]);
    assert_eq!(world.staff.refreshed.load(Ordering::SeqCst), 0);
}
