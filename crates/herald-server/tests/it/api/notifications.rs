//! Notifications: accepted, replayed, refused.

use herald_core::error::{ErrorKind, Retry};
use herald_testkit::fake_provider::Ends;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    wire::{Answer, Request},
    world::World,
};

fn body() -> Value {
    json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
            "message": { "type": "text", "text": "Your parcel is here" }, "reference": "parcel-9" })
}

fn post(key: &str, body: &Value) -> Request {
    Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", key)
}

async fn send(world: &World, key: &str, body: &Value) -> Answer {
    world.send(post(key, body)).await
}

#[tokio::test]
async fn a_notification_is_accepted_and_its_outcome_seen() {
    let world = World::new().await;
    let answer = send(&world, "parcel-9", &body()).await;
    assert_eq!(answer.status, 202);
    let accepted = answer.json();
    let id = accepted["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), Some(&*format!("/v1/notifications/{id}")));
    assert_eq!((answer.header("idempotency-replayed"), answer.header("preference-applied")), (None, None));
    assert_eq!(accepted["status"], "queued");
    assert_eq!(accepted["to"], json!({ "type": "phone", "phone_number": "+7900•••4567" }));
    let waited = Request::get(&format!("/v1/notifications/{id}")).header("Prefer", "wait=60");
    let seen = world.while_time_passes(world.send(waited)).await;
    assert_eq!(seen.header("preference-applied"), Some("wait=60"));
    let seen = seen.json();
    assert_eq!((&seen["status"], &seen["sent_by"]), (&json!("sent"), &json!("main")));
    assert_eq!(seen["attempts"][0]["status"], "sent");
    assert!(!seen.to_string().contains("79001234567") && !seen.to_string().contains("parcel is here"));
}

#[tokio::test]
async fn who_waits_gets_the_outcome() {
    let world = World::new().await;
    let sent = world.while_time_passes(world.send(post("a", &body()).header("Prefer", "wait=30"))).await;
    assert_eq!((sent.status, sent.json()["status"].as_str()), (200, Some("sent")));
    assert_eq!(sent.header("preference-applied"), Some("wait=30"));
    world.notifier.send_ends([Ends::Fails(ErrorKind::UnknownRecipient, Retry::Never)]);
    let failed = world.while_time_passes(world.send(post("b", &body()).header("Prefer", "wait=30"))).await;
    let failed = failed.json();
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["attempts"][0]["failure"], json!({ "code": "unknown_recipient", "kind": "permanent" }));
    let mut later = body();
    later["send_at"] = json!("2026-01-02T04:04:05Z");
    let queued = world.while_time_passes(world.send(post("c", &later).header("Prefer", "wait=2"))).await;
    assert_eq!((queued.status, queued.json()["status"].as_str()), (202, Some("queued")));
}

#[tokio::test]
async fn the_same_key_and_wish_give_the_same_notification() {
    let world = World::new().await;
    let first =
        world.while_time_passes(world.send(post("k", &body()).header("Prefer", "wait=30"))).await.json();
    let reordered = r#"{ "reference":"parcel-9", "message":{"text":"Your parcel is here","type":"text"},
        "to":{"phone_number":"+79001234567","type":"phone"} }"#;
    let request = Request::post("/v1/notifications", reordered).header("Idempotency-Key", "k");
    let replay = world.send(request).await;
    assert_eq!((replay.status, replay.header("idempotency-replayed")), (200, Some("true")), "B36");
    assert_eq!(replay.json(), first);
    assert_eq!(world.notifier.effects().len(), 1);

    let mut other = body();
    other["message"]["text"] = json!("Something else");
    assert_eq!(send(&world, "k", &other).await.problem(), (422, "idempotency_key_reused".to_owned()), "B35");
    let elsewhere = post("k", &other).key(&world.other_key).send(world.address).await;
    assert_eq!(elsewhere.status, 202, "B38: a key is its tenant's");
}

#[tokio::test]
async fn many_at_once_under_one_key_are_one() {
    let world = World::new().await;
    let calls: Vec<_> =
        (0..50).map(|_| tokio::spawn(post("k", &body()).key(&world.key).send(world.address))).collect();
    let (mut ids, mut fresh) = (Vec::new(), 0);
    for call in calls {
        let answer = call.await.unwrap();
        assert!([200, 202].contains(&answer.status), "B37 {answer:?}");
        fresh += usize::from(answer.header("idempotency-replayed").is_none());
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!((ids.len(), fresh), (1, 1), "B37");
}

#[tokio::test]
async fn a_key_is_there_once_and_visible() {
    let world = World::new().await;
    let without = Request::post("/v1/notifications", body().to_string());
    assert_eq!(
        world.send(without.clone()).await.problem(),
        (400, "idempotency_key_required".to_owned()),
        "B33"
    );
    let long = "a".repeat(256);
    for bad in ["", "a b", "é", &long] {
        let answer = send(&world, bad, &body()).await;
        assert_eq!(answer.problem(), (400, "idempotency_key_invalid".to_owned()), "B34 {bad}");
    }
    let two = without.header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    assert_eq!(world.send(two).await.problem(), (400, "idempotency_key_invalid".to_owned()), "B34");
    assert_eq!(send(&world, "a,b", &body()).await.status, 202, "B34: a comma is visible");
}

#[tokio::test]
async fn a_key_is_free_after_its_time() {
    let world = World::new().await;
    let first = send(&world, "k", &body()).await.json();
    // It is kept as long as its notification may still be asked for.
    world.clock.advance(SignedDuration::from_hours(28 * 24));
    let replay = send(&world, "k", &body()).await;
    assert_eq!((replay.header("idempotency-replayed"), &replay.json()["id"]), (Some("true"), &first["id"]));
    world.clock.advance(SignedDuration::from_hours(4 * 24));
    let again = send(&world, "k", &body()).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, None), "B39");
    assert_ne!(again.json()["id"], first["id"], "B39");
}

#[tokio::test]
async fn a_key_is_free_after_a_refusal() {
    let world = World::new().await;
    assert_eq!(send(&world, "k", &json!({})).await.problem(), (422, "validation_failed".to_owned()));
    let accepted = send(&world, "k", &body()).await;
    assert_eq!((accepted.status, accepted.header("idempotency-replayed")), (202, None), "B40");
}

#[tokio::test]
async fn what_is_wrong_with_a_wish_is_pointed_at() {
    let world = World::new().await;
    let to = |to: Value| json!({ "to": to, "message": { "type": "text", "text": "hi" } });
    let with = |member: &str, value: Value| {
        let mut body = body();
        body[member] = value;
        body
    };
    let phone = |number: &str| to(json!({ "type": "phone", "phone_number": number }));
    let slug = |slug: &str| to(json!({ "type": "slug", "slug": slug }));
    let text = |text: &str| with("message", json!({ "type": "text", "text": text }));
    for (row, body, faults) in [
        ("B25", json!({}), vec!["/to missing", "/message missing"]),
        ("B25 text", with("message", json!({ "type": "text" })), vec!["/message/text missing"]),
        ("B26 empty", text(""), vec!["/message/text empty"]),
        ("B26 spaces", text("  "), vec!["/message/text empty"]),
        ("B26 long", text(&"a".repeat(10_001)), vec!["/message/text too_long"]),
        ("B26 by provider", text(&"😀".repeat(4_096)), vec!["/message/text too_long"]),
        ("B20", text("a\0"), vec!["/message/text contains_nul"]),
        ("B27", phone("89001234567"), vec!["/to/phone_number not_e164"]),
        ("B27 spaces", phone("+7 900 123-45-67"), vec!["/to/phone_number not_e164"]),
        ("B27 zero", phone("+0123"), vec!["/to/phone_number not_e164"]),
        ("B27 plus", phone("+"), vec!["/to/phone_number not_e164"]),
        ("B27 long", phone(&format!("+{}", "7".repeat(30))), vec!["/to/phone_number not_e164"]),
        ("B27 Arabic", phone("+٧٩٠٠١٢٣٤٥٦٧"), vec!["/to/phone_number not_e164"]),
        ("B27 extension", phone("+79001234567;ext=1"), vec!["/to/phone_number not_e164"]),
        ("B28", phone("+79001234567\r\n"), vec!["/to/phone_number not_e164"]),
        ("B28 NUL", phone("+79001234567\0"), vec!["/to/phone_number contains_nul"]),
        ("B29 address", slug("a@b@useantara.com"), vec!["/to/slug not_a_slug"]),
        ("B29 long", slug(&"a".repeat(300)), vec!["/to/slug not_a_slug"]),
        ("B29 path", slug("../x"), vec!["/to/slug not_a_slug"]),
        (
            "B32",
            to(json!({ "type": "phone", "phone_number": "+79001234567", "slug": "x" })),
            vec!["/to/slug unknown_member"],
        ),
        ("B41 past", with("send_at", json!("2025-01-02T03:04:05Z")), vec!["/send_at out_of_range"]),
        ("B41 far", with("send_at", json!("2026-03-02T03:04:05Z")), vec!["/send_at out_of_range"]),
        ("B41 no zone", with("send_at", json!("2026-01-02T04:04:05")), vec!["/send_at not_a_time"]),
        ("B42", with("expires_at", json!("2026-01-02T03:04:04Z")), vec!["/expires_at out_of_range"]),
        ("route", with("route", json!([])), vec!["/route out_of_range"]),
        ("on_unknown", with("on_unknown", json!("twice")), vec!["/on_unknown unknown_value"]),
        ("B18", with("admin", json!(true)), vec!["/admin unknown_member"]),
    ] {
        let answer = send(&world, "k", &body).await;
        assert_eq!(answer.problem(), (422, "validation_failed".to_owned()), "{row}");
        assert_eq!(answer.faults(), faults, "{row}");
        assert!(!answer.body.contains("79001234567"), "{row}");
    }
    assert!(world.notifier.effects().is_empty());
}

#[tokio::test]
async fn what_no_connection_can_do_is_refused() {
    let world = World::new().await;
    let refused = |body: Value| {
        let world = &world;
        async move { send(world, "k", &body).await.problem() }
    };
    let mut unknown = body();
    unknown["route"] = json!(["main", "nope"]);
    assert_eq!(refused(unknown).await, (422, "unknown_connection".to_owned()), "B30");
    let mut mute = body();
    mute["route"] = json!(["web"]);
    assert_eq!(refused(mute).await, (422, "unsupported_by_provider".to_owned()), "B31");
    let mut slug = body();
    slug["to"] = json!({ "type": "slug", "slug": "xK9mNp" });
    assert_eq!(refused(slug).await, (422, "unsupported_by_provider".to_owned()), "B31");
    let mut stranger = body();
    stranger["to"] = json!({ "type": "subject", "subject": "sub_00000000000000000000000001" });
    assert_eq!(refused(stranger).await, (422, "recipient_unreachable".to_owned()));
}

#[tokio::test]
async fn an_unknown_notification_is_not_found() {
    let world = World::new().await;
    for id in ["ntf_00000000000000000000000001", "x", "%00", "log_00000000000000000000000001"] {
        let answer = world.send(Request::get(&format!("/v1/notifications/{id}"))).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("not_found")), "{id}");
    }
    let accepted = send(&world, "k", &body()).await.json();
    let path = format!("/v1/notifications/{}", accepted["id"].as_str().unwrap());
    let foreign = Request::get(&path).key(&world.other_key).send(world.address).await;
    assert_eq!(foreign.problem(), (404, "not_found".to_owned()), "B8");
}
