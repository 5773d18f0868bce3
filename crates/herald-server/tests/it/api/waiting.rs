//! Waiting for a login, and for nothing any more when the process ends.

use herald_core::id::{LoginId, TenantId};
use herald_testkit::fake_provider::Person;
use serde_json::json;

use super::{
    wire::{Request, exchange},
    world::{RETURN_URL, World, soon},
};

#[tokio::test]
async fn a_wait_ends_when_somebody_confirmed_and_not_when_it_was_opened() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
    let waiting =
        tokio::spawn(Request::get(&path).header("Prefer", "wait=25").key(&world.key).send(world.address));
    world.person.person_is(Person::Opened);
    let opened = Request::get(&path).header("Prefer", "wait=25").header("If-None-Match", "\"nothing\"");
    let opened = soon(world.send(opened)).await;
    assert_eq!(opened.header("preference-applied"), Some("wait=25"), "it differs at once");
    world.person.person_is(Person::Confirmed);
    let answer = world.while_time_passes(waiting).await.unwrap();
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("confirmed")));
    assert_eq!(answer.header("preference-applied"), Some("wait=25"));
}

#[tokio::test]
async fn a_wait_with_a_tag_ends_with_any_change() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
    let tag = world.send(Request::get(&path)).await.header("etag").unwrap().to_owned();
    let request = Request::get(&path).header("Prefer", "wait=60").header("If-None-Match", &tag);
    let waiting = tokio::spawn(request.key(&world.key).send(world.address));
    world.person.person_is(Person::Opened);
    let answer = world.while_time_passes(waiting).await.unwrap();
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("opened")));
    assert_ne!(answer.header("etag"), Some(&*tag));
}

#[tokio::test]
async fn a_wait_without_news_ends_in_its_time() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
    let tag = world.send(Request::get(&path)).await.header("etag").unwrap().to_owned();
    for (wait, applied) in [("wait=2", "wait=2"), ("wait=1000000000", "wait=60")] {
        let plain = world.while_time_passes(world.send(Request::get(&path).header("Prefer", wait))).await;
        assert_eq!((plain.status, plain.json()["status"].as_str()), (200, Some("pending")), "{wait}");
        assert_eq!(plain.header("preference-applied"), Some(applied), "B59 {wait}");
    }
    let tagged = Request::get(&path).header("Prefer", "wait=2").header("If-None-Match", &tag);
    let tagged = world.while_time_passes(world.send(tagged)).await;
    assert_eq!((tagged.status, tagged.header("preference-applied")), (304, Some("wait=2")));
}

#[tokio::test]
async fn a_wait_that_is_none_is_ignored() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
    for wait in ["wait=-1", "wait=0", "wait=abc", "wait", "respond-async"] {
        // No time passes: only an answer at once can come.
        let answer = soon(world.send(Request::get(&path).header("Prefer", wait))).await;
        assert_eq!((answer.status, answer.header("preference-applied")), (200, None), "B59 {wait}");
    }
}

#[tokio::test]
async fn many_may_wait_for_one_login() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let request = Request::get(&format!("/v1/logins/{}", login["id"].as_str().unwrap()))
        .header("Prefer", "wait=60")
        .key(&world.key);
    let waiting: Vec<_> = (0..200).map(|_| tokio::spawn(request.clone().send(world.address))).collect();
    world.person.person_is(Person::Confirmed);
    for waiting in waiting {
        let answer = world.while_time_passes(waiting).await.unwrap();
        assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("confirmed")), "B60");
    }
    assert_eq!(world.person.redeem_count(), 1, "and the provider is asked once");
}

#[tokio::test]
async fn ten_thousand_may_wait_of_one_tenant_and_not_one_more() {
    let world = World::new().await;
    let id = world.start(json!({})).await["id"].as_str().unwrap().to_owned();
    // Their seats are taken where a call of the API takes its own; only the last callers come over a socket.
    let login = LoginId::parse(&id).unwrap();
    let tenants = world.herald.tenants();
    let acme = tenants.get(&TenantId::parse("acme").unwrap()).unwrap();
    let mut seats = Vec::new();
    for _ in 0..10_000 {
        seats.push(world.herald.logins().watch(acme, login).await.unwrap().unwrap());
    }
    let path = format!("/v1/logins/{id}");
    let wait = || Request::get(&path).header("Prefer", "wait=1");
    for request in [wait(), Request::get(&format!("{path}/events"))] {
        let answer = soon(world.send(request)).await;
        assert_eq!(answer.problem(), (429, "rate_limited".to_owned()), "B97");
        let after: u64 = answer.header("retry-after").expect("B97: a time to come again").parse().unwrap();
        assert!(after >= 1 && answer.json()["retry_after_seconds"] == after, "B97 {answer:?}");
    }
    // To look costs no seat, and another tenant has its own.
    assert_eq!(world.send(Request::get(&path)).await.status, 200);
    let theirs = Request::post("/v1/logins", json!({ "return_url": RETURN_URL }).to_string());
    let theirs = theirs.key(&world.other_key).send(world.address).await.json();
    let theirs = Request::get(&format!("/v1/logins/{}", theirs["id"].as_str().unwrap()));
    let theirs = theirs.header("Prefer", "wait=1").key(&world.other_key).send(world.address);
    assert_eq!(world.while_time_passes(theirs).await.status, 200);
    // Whoever stops waiting leaves a seat.
    seats.pop();
    assert_eq!(world.while_time_passes(world.send(wait())).await.status, 200);
}

#[tokio::test]
async fn who_waits_is_answered_when_the_process_ends() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let request =
        Request::get(&format!("/v1/logins/{}", login["id"].as_str().unwrap())).header("Prefer", "wait=60");
    let waiting = tokio::spawn(request.key(&world.key).send(world.address));
    world.stopping.stop();
    let answer = soon(waiting).await.unwrap();
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("pending")));
}

#[tokio::test]
async fn a_connection_does_not_outlive_the_process() {
    let world = World::new().await;
    world.stopping.stop();
    let request =
        format!("GET /v1/logins HTTP/1.1\r\nHost: herald\r\nAuthorization: Bearer {}\r\n\r\n", world.key);
    // Nobody asked for a close: it is the server that ends the connection after its answer.
    let answer = exchange(world.address, request.as_bytes()).await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
}
