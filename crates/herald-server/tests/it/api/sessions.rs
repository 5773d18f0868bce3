//! Sessions: begun by a claim, verified, refreshed, ended.

use std::sync::Arc;

use herald_core::{clock::Clock as _, provider::Progress, seal::Keyring};
use herald_testkit::{
    fake_clock::FakeClock,
    fake_provider::{FakeProvider, Person},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    store,
    wire::{Answer, Request, text},
    world::World,
};
use crate::sites::forger::Forger;

const INACTIVE: &str = r#"{"active":false}"#;

async fn verify(world: &World, token: &str) -> Answer {
    let body = json!({ "credential": { "type": "token", "token": token } });
    world.send(Request::post("/v1/sessions/verify", body.to_string())).await
}

async fn refresh(world: &World, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    world.send(Request::post("/v1/sessions/refresh", body.to_string())).await
}

async fn status(world: &World, id: &str) -> Value {
    let answer = world.send(Request::get(&format!("/v1/sessions/{id}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_claim_begins_a_session_and_gives_its_tokens_once() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let id = text(&login, "/id");
    world.person.person_is(Person::Confirmed);
    let waited = world.send(Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=60"));
    world.while_time_passes(waited).await;
    let body = json!({ "claim_secret": login["claim_secret"] }).to_string();
    let claim = || world.send(Request::post(&format!("/v1/logins/{id}/claim"), body.clone()));
    let answer = claim().await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let session = &answer.json()["session"];
    let members: Vec<_> = session.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "expires_in_seconds", "id", "refresh_token", "token_type"]);
    assert!(text(session, "/id").starts_with("ses_") && text(session, "/refresh_token").starts_with("hrt_"));
    assert_eq!((&session["token_type"], &session["expires_in_seconds"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(text(session, "/access_token").split('.').count(), 3);
    world.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(claim().await.body, answer.body, "the same claim, the same bytes");

    let login = world.send(Request::get(&format!("/v1/logins/{id}"))).await.json();
    assert_eq!(login["session_id"], session["id"]);
    let shown = status(&world, text(session, "/id")).await;
    assert_eq!((&shown["status"], &shown["subject"]), (&json!("active"), &answer.json()["subject"]));
    assert_eq!((&shown["provider"], &shown["connection"]), (&json!("fake"), &json!("main")));
    assert!(shown.get("ended_at").is_none() && !shown.to_string().contains("hrt_"), "{shown}");
}

#[tokio::test]
async fn a_token_of_ours_is_known_for_whom_it_is() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let answer = verify(&world, text(&claim, "/session/access_token")).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let found = answer.json();
    assert_eq!((&found["active"], &found["kind"]), (&json!(true), &json!("herald")));
    assert_eq!((&found["subject"], &found["identity"]), (&claim["subject"], &claim["identity"]));
    assert_eq!(found["session_id"], claim["session"]["id"]);
    assert!(found["expires_at"].is_string());
    world.clock.advance(SignedDuration::from_secs(600));
    assert_eq!(verify(&world, text(&claim, "/session/access_token")).await.body, INACTIVE, "it is over");
}

#[tokio::test]
async fn what_is_not_good_is_inactive_and_nothing_says_why() {
    let clock = Arc::new(FakeClock::default());
    let store = store::fresh(&clock).await;
    let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
    let world = World::with(clock, Arc::clone(&store), person.clone(), person).await;
    let claim = world.sign_in().await;
    let good = text(&claim, "/session/access_token");
    let keyring = Keyring::new(&[Zeroizing::new([7; 32])]).expect("what the world seals with");
    let forger = Forger::of(&*store, &keyring, "acme", good).await;
    let mut rows = vec![
        ("nothing", String::new()),
        ("no token", "hello".to_owned()),
        ("a refresh token", text(&claim, "/session/refresh_token").to_owned()),
        ("an unknown refresh token", format!("hrt_{}", "A".repeat(70))),
        ("an API key", world.key.clone()),
        ("an Antara token", "oit_abc".to_owned()),
        ("B64 white space", format!(" {good}")),
        ("B64 line end", format!("{good}\n")),
    ];
    rows.extend(forger.bad());
    for (row, token) in rows {
        let answer = verify(&world, &token).await;
        assert_eq!((answer.status, &*answer.body), (200, INACTIVE), "{row}: {token}");
    }
    let anew = verify(&world, &forger.unchanged()).await;
    assert_eq!(anew.json()["active"], true, "it was not the signature that was refused");
    let body = json!({ "credential": { "type": "token", "token": good } }).to_string();
    let foreign = Request::post("/v1/sessions/verify", body).key(&world.other_key).send(world.address).await;
    assert_eq!((foreign.status, &*foreign.body), (200, INACTIVE), "another tenant's");
    assert_eq!(verify(&world, good).await.json()["active"], true, "and the good one is good");
}

#[tokio::test]
async fn an_ended_session_is_refused_at_once_and_for_ever() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let (token, id) = (text(&claim, "/session/access_token"), text(&claim, "/session/id"));
    assert_eq!(verify(&world, token).await.json()["active"], true, "the caches are warm");
    for _ in 0..2 {
        let answer = world.send(Request::delete(&format!("/v1/sessions/{id}"))).await;
        assert_eq!((answer.status, &*answer.body), (204, ""));
        assert_eq!(verify(&world, token).await.body, INACTIVE);
    }
    let shown = status(&world, id).await;
    assert_eq!(shown["status"], "ended");
    assert!(shown["ended_at"].is_string());
    let refused = refresh(&world, text(&claim, "/session/refresh_token")).await;
    assert_eq!(refused.problem(), (403, "refresh_refused".to_owned()));
}

#[tokio::test]
async fn a_session_that_does_not_exist_is_not_found_however_it_is_named() {
    let world = World::new().await;
    let mut bodies = Vec::new();
    for id in ["ses_00000000000000000000000001", "ses_", "x", "verify", "%2e%2e%2fq", "%00", "%ff"] {
        for method in ["GET", "DELETE"] {
            let request = Request::new(method, &format!("/v1/sessions/{id}"));
            let answer = world.send(request.header("X-Request-Id", "same")).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{method} {id}");
            let mut body = answer.json();
            body.as_object_mut().unwrap().remove("instance");
            bodies.push(body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_refresh_token_is_followed_by_the_next_and_a_lost_answer_is_given_again() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let first = text(&claim, "/session/refresh_token");
    world.clock.advance(SignedDuration::from_secs(100));
    let answer = refresh(&world, first).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let next = answer.json();
    assert_eq!(next["id"], claim["session"]["id"]);
    assert_eq!((&next["token_type"], &next["expires_in_seconds"]), (&json!("Bearer"), &json!(600)));
    assert_ne!(next["refresh_token"], first);
    assert_eq!(verify(&world, text(&next, "/access_token")).await.json()["active"], true);
    let now = format!("{:.3}", world.clock.now());
    assert_eq!(status(&world, text(&next, "/id")).await["last_used_at"], now);

    world.clock.advance(SignedDuration::from_secs(59));
    let again = refresh(&world, first).await.json();
    assert_eq!(again["refresh_token"], next["refresh_token"], "the same successor");
    // Once the successor is used, the first is overtaken; that alone harms nobody.
    let third = refresh(&world, text(&next, "/refresh_token")).await.json();
    assert_eq!(refresh(&world, first).await.problem(), (403, "refresh_refused".to_owned()));
    assert_eq!(verify(&world, text(&third, "/access_token")).await.json()["active"], true);
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_late_ends_the_session() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let first = text(&claim, "/session/refresh_token");
    let next = refresh(&world, first).await.json();
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(refresh(&world, first).await.problem(), (403, "refresh_refused".to_owned()));
    assert_eq!(status(&world, text(&next, "/id")).await["status"], "ended");
    assert_eq!(verify(&world, text(&next, "/access_token")).await.body, INACTIVE);
    let successor = refresh(&world, text(&next, "/refresh_token")).await;
    assert_eq!(successor.problem(), (403, "refresh_refused".to_owned()));
}

#[tokio::test]
async fn a_refresh_token_that_is_none_of_ours_is_refused() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let good = text(&claim, "/session/refresh_token");
    for bad in ["", "hrt_", "x", &good[1..], &format!("{good}A"), &format!("hrt_{}", "A".repeat(70)), "oit_x"]
    {
        assert_eq!(refresh(&world, bad).await.problem(), (403, "refresh_refused".to_owned()), "{bad}");
    }
    let body = json!({ "refresh_token": good }).to_string();
    let foreign = Request::post("/v1/sessions/refresh", body).key(&world.other_key).send(world.address).await;
    assert_eq!(foreign.problem(), (403, "refresh_refused".to_owned()), "another tenant's");
    assert_eq!(refresh(&world, good).await.status, 200, "and it is still good");
}

#[tokio::test]
async fn a_session_that_is_left_alone_ends_by_itself() {
    let world = World::new().await;
    let claim = world.sign_in().await;
    let id = text(&claim, "/session/id");
    world.clock.advance(SignedDuration::from_hours(30 * 24));
    let shown = status(&world, id).await;
    assert_eq!((&shown["status"], &shown["ended_at"]), (&json!("ended"), &shown["expires_at"]));
    let refused = refresh(&world, text(&claim, "/session/refresh_token")).await;
    assert_eq!(refused.problem(), (403, "refresh_refused".to_owned()));
}

#[tokio::test]
async fn what_a_body_must_not_hold_is_pointed_at() {
    let world = World::new().await;
    for (path, body, faults) in [
        ("verify", "{}", &["/credential missing"][..]),
        ("verify", r#"{"credential":"x"}"#, &["/credential wrong_type"]),
        ("verify", r#"{"credential":{"token":"x"}}"#, &["/credential/type missing"]),
        ("verify", r#"{"credential":{"type":"cookie","cookie":"x"}}"#, &["/credential/type unknown_value"]),
        (
            "verify",
            r#"{"credential":{"type":"cookies","token":"x"}}"#,
            &["/credential/cookie missing", "/credential/token unknown_member"],
        ),
        (
            "verify",
            r#"{"credential":{"type":"token","token":"a\u0000"},"connection":1}"#,
            &["/credential/token contains_nul", "/connection wrong_type"],
        ),
        ("refresh", r#"{"refresh_token":null}"#, &["/refresh_token wrong_type"]),
        ("refresh-cookies", r#"{"connection":"staff"}"#, &["/cookie missing"]),
        ("end", "{}", &[" not_exactly_one"]),
        ("end", r#"{"all":true,"connection":"main"}"#, &[" not_exactly_one"]),
        ("end", r#"{"all":false}"#, &["/all out_of_range"]),
        ("end", r#"{"all":"true"}"#, &["/all wrong_type"]),
        ("end", r#"{"subject":"sub_1","connection":"M"}"#, &["/subject not_an_id", "/connection not_an_id"]),
    ] {
        let answer = world.send(Request::post(&format!("/v1/sessions/{path}"), body)).await;
        assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "{path} {body}");
        assert_eq!(answer.faults(), faults, "{path} {body}");
    }
    let twice = r#"{"credential":{"type":"token","token":"a","token":"b"}}"#;
    let answer = world.send(Request::post("/v1/sessions/verify", twice)).await;
    assert_eq!(answer.problem(), (400, "malformed_body".to_owned()));
}
