//! Logins: started, looked at, claimed, cancelled.

use herald_testkit::fake_provider::Person;
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request},
    world::{RETURN_URL, World},
};

async fn start(world: &World, body: Value) -> Answer {
    world.send(Request::post("/v1/logins", body.to_string())).await
}

async fn claim(world: &World, id: &str, body: Value) -> Answer {
    world.send(Request::post(&format!("/v1/logins/{id}/claim"), body.to_string())).await
}

/// A detached login that the person has confirmed: its id and secret.
async fn confirmed(world: &World) -> (String, String) {
    let login = world.start(json!({})).await;
    let text = |member: &str| login[member].as_str().expect("a text").to_owned();
    let id = text("id");
    world.person.person_is(Person::Confirmed);
    let waited = world.send(Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=60"));
    let answer = world.while_time_passes(waited).await;
    assert_eq!(answer.json()["status"], "confirmed");
    (id, text("claim_secret"))
}

#[tokio::test]
async fn a_login_is_started_and_looked_at() {
    let world = World::new().await;
    let body = json!({ "return_url": RETURN_URL, "connection": "main", "locale": "en", "reference": "cart-4711",
        "expires_in_seconds": 60, "client": { "ip_address": "203.0.113.7", "user_agent": "curl" } });
    let answer = start(&world, body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut login = answer.json();
    let id = login["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), Some(&*format!("/v1/logins/{id}")));
    assert!(
        login.as_object_mut().unwrap().remove("claim_secret").unwrap().as_str().unwrap().starts_with("hcs_")
    );
    assert_eq!((&login["status"], &login["next"]["type"]), (&json!("pending"), &json!("approve")));
    assert_eq!(login["expires_at"], "2026-01-02T03:05:05.000Z");
    assert_eq!(login["hosted_url"], format!("https://login.example/login/{id}"));

    let seen = world.send(Request::get(&format!("/v1/logins/{id}"))).await;
    assert_eq!(seen.json(), login, "the same without the secret");
    assert_eq!(seen.header("etag"), answer.header("etag"), "and the same tag");
    assert_eq!(seen.header("preference-applied"), None);
    let tag = seen.header("etag").unwrap();
    let again = world.send(Request::get(&format!("/v1/logins/{id}")).header("If-None-Match", tag)).await;
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag)));
}

#[tokio::test]
async fn a_redirect_login_leads_to_our_own_start() {
    let world = World::new().await;
    let login = world.start(json!({ "return_url": RETURN_URL, "connection": "web" })).await;
    let url = format!("https://login.example/login/{}/start", login["id"].as_str().unwrap());
    assert_eq!(login["next"], json!({ "type": "redirect", "url": url }));
}

#[tokio::test]
async fn only_the_tenants_own_return_urls_are_taken() {
    let world = World::new().await;
    let long = format!("{RETURN_URL}{}", "a".repeat(5_000));
    for (row, bad) in [
        ("B43", "//evil"),
        ("B44", "/\\evil"),
        ("B44", "/%5cevil"),
        ("B44", "/%09/evil"),
        ("B44", "/%2f%2fevil"),
        ("B45 user", "https://shop.acme.example@evil/signed-in"),
        ("B45 suffix", "https://shop.acme.example.evil/signed-in"),
        ("B45 http", "http://shop.acme.example/signed-in"),
        ("B45 case", "https://SHOP.acme.example/signed-in"),
        ("B45 port", "https://shop.acme.example:444/signed-in"),
        ("B45 fragment", "https://shop.acme.example/signed-in#x"),
        ("B45 query", "https://shop.acme.example/signed-in?extra"),
        ("B46 dot", "https://shop.acme.example./signed-in"),
        ("B46 homograph", "https://shop.аcme.example/signed-in"),
        ("B46 javascript", "javascript:alert(1)"),
        ("B46 data", "data:text/html,x"),
        ("B46 long", &long),
        ("empty", ""),
    ] {
        let answer = start(&world, json!({ "return_url": bad })).await;
        assert_eq!(answer.problem(), (422, "return_url_not_allowed".to_owned()), "{row} {bad}");
        assert!(bad.is_empty() || !answer.body.contains(bad), "{row} {bad} is not repeated");
    }
    let detached = Request::post("/v1/logins", "{}").key(&world.other_key).send(world.address).await;
    assert_eq!(detached.problem(), (422, "return_url_required".to_owned()));
}

#[tokio::test]
async fn what_a_start_must_not_hold_is_pointed_at() {
    let world = World::new().await;
    let answer = start(&world, json!({ "connection": "nope" })).await;
    assert_eq!(answer.problem(), (422, "unknown_connection".to_owned()), "B30");
    assert_eq!(answer.faults(), ["/connection unknown"]);
    let bad = r#"{"admin":true,"expires_in_seconds":59,"reference":"a\u0000","locale":1,"client":[]}"#;
    let answer = world.send(Request::post("/v1/logins", bad)).await;
    assert_eq!(answer.problem(), (422, "validation_failed".to_owned()));
    let faults = [
        "/locale wrong_type",
        "/reference contains_nul",
        "/expires_in_seconds out_of_range",
        "/client wrong_type",
        "/admin unknown_member",
    ];
    assert_eq!(answer.faults(), faults, "B18, B20, B21");
    for (row, body) in
        [("B21 1e400", r#"{"expires_in_seconds":1e400}"#), ("B21 1.5", r#"{"expires_in_seconds":60.5}"#)]
    {
        let status = world.send(Request::post("/v1/logins", body)).await.status;
        assert!([400, 422].contains(&status), "{row}");
    }
    for (row, seconds) in [("B42 none", "0"), ("B42 negative", "-1"), ("B42 huge", "1e12")] {
        let body = format!(r#"{{"return_url":"{RETURN_URL}","expires_in_seconds":{seconds}}}"#);
        let answer = world.send(Request::post("/v1/logins", body)).await;
        assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "{row}");
        assert!(answer.faults()[0].starts_with("/expires_in_seconds "), "{row} {answer:?}");
    }
}

#[tokio::test]
async fn what_is_no_id_is_as_unknown_as_any_other() {
    let world = World::new().await;
    let unknown = "log_7zzzzzzzzzzzzzzzzzzzzzzzzz".to_owned();
    let long = "a".repeat(10_240);
    for (row, id) in [
        ("B57", unknown.as_str()),
        ("B61 dots", ".."),
        ("B61 path", "../x"),
        ("B61 escaped", "%2e%2e%2fq"),
        ("B61 NUL", "%00"),
        ("B61 bytes", "%ff"),
        ("B61 long", &long),
        ("B61 case", &unknown.to_uppercase()),
        ("B61 another kind", "ntf_1"),
    ] {
        let answer = world.send(Request::get(&format!("/v1/logins/{id}"))).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{row}");
    }
    assert_eq!(world.person.begun.load(std::sync::atomic::Ordering::SeqCst), 0, "nobody was asked");
}

#[tokio::test]
async fn a_claim_is_checked_in_order_and_gives_the_same_bytes_again() {
    let world = World::new().await;
    let unknown = claim(&world, "log_00000000000000000000000001", json!({ "claim_secret": "x" })).await;
    assert_eq!(unknown.problem(), (404, "not_found".to_owned()));
    let login = world.start_usual().await;
    let (id, secret) = (login["id"].as_str().unwrap(), login["claim_secret"].as_str().unwrap());
    let wrong = claim(&world, id, json!({ "claim_secret": "hcs_wrong" })).await;
    assert_eq!(wrong.problem(), (403, "claim_refused".to_owned()), "B62");
    let early = claim(&world, id, json!({ "claim_secret": secret })).await;
    assert_eq!(early.problem(), (409, "login_pending".to_owned()));
    assert_eq!(early.json()["retryable"], true);

    world.person.person_is(Person::Confirmed);
    let waited = world.send(Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=60"));
    let seen = world.while_time_passes(waited).await.json();
    assert_eq!(seen["status"], "confirmed");
    assert_eq!(seen["next"], json!({ "type": "redirect", "url": seen["hosted_url"] }));
    for body in [json!({ "claim_secret": secret }), json!({ "claim_secret": secret, "code": "hcc_wrong" })] {
        let answer = claim(&world, id, body).await;
        assert_eq!(answer.problem(), (403, "claim_refused".to_owned()), "B62 without the code");
    }
    let ended = Request::delete(&format!("/v1/logins/{id}"));
    assert_eq!(world.send(ended.clone()).await.status, 204);
    assert_eq!(world.send(ended).await.status, 204, "ended otherwise is as good");
    let late = claim(&world, id, json!({ "claim_secret": secret })).await;
    assert_eq!(late.problem(), (409, "login_ended".to_owned()));
    assert_eq!(late.json()["login_status"], "cancelled");
}

#[tokio::test]
async fn a_detached_login_is_claimed_once_and_the_same_claim_repeats_itself_for_a_minute() {
    let world = World::new().await;
    let (id, secret) = confirmed(&world).await;
    let body = json!({ "claim_secret": secret });
    let first = claim(&world, &id, body.clone()).await;
    assert_eq!((first.status, first.header("cache-control")), (200, Some("no-store")));
    let claimed = first.json();
    assert_eq!(claimed["login_id"], id);
    assert!(claimed["subject"].as_str().unwrap().starts_with("sub_"));
    assert_eq!(
        claimed["identity"],
        json!({ "provider": "fake", "connection": "main", "provider_user_id": "ivan", "name": "Ivan Petrov",
            "phone_number": "+16502530000", "phone_number_verified": true, "amr": ["oob"],
            "authenticated_at": "1970-01-01T00:00:00.000Z", "attributes": {} })
    );
    assert_eq!(claim(&world, &id, body.clone()).await.body, first.body, "the same bytes");
    let seen = world.send(Request::get(&format!("/v1/logins/{id}"))).await.json();
    assert_eq!((&seen["status"], &seen["subject"]), (&json!("claimed"), &claimed["subject"]));
    assert_eq!(seen["next"], json!({ "type": "done", "at": seen["claimed_at"] }));
    let cancel = world.send(Request::delete(&format!("/v1/logins/{id}"))).await;
    assert_eq!(cancel.problem(), (409, "login_claimed".to_owned()));
    world.clock.advance(jiff::SignedDuration::from_secs(61));
    let late = claim(&world, &id, body).await;
    assert_eq!(late.problem(), (409, "login_claimed".to_owned()));
}

#[tokio::test]
async fn a_refused_login_says_so() {
    let world = World::new().await;
    let login = world.start_usual().await;
    let (id, secret) = (login["id"].as_str().unwrap(), login["claim_secret"].as_str().unwrap());
    world.person.person_is(Person::Refused);
    let waited = world.send(Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=60"));
    let seen = world.while_time_passes(waited).await.json();
    assert_eq!((&seen["status"], &seen["next"]["type"]), (&json!("denied"), &json!("done")));
    let late = claim(&world, id, json!({ "claim_secret": secret })).await;
    assert_eq!(
        (late.problem().1, &late.json()["login_status"]),
        ("login_ended".to_owned(), &json!("denied"))
    );
}
