//! Antirius: sessions, links, polls, and that a token is given once.

use std::time::Duration;

use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{AntiriusConfig, Clock, Operation, Provider, SandboxConfig, SessionStatus};
use serde_json::{Value, json};

use crate::client::{World, param};

const ORIGIN: (&str, &str) = ("origin", "https://shop.example");

pub(crate) async fn begin(world: &World) -> String {
    let answer = begin_with(world, &json!({}), &[ORIGIN]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["session_id"].as_str().expect("an id").to_owned()
}

async fn begin_with(world: &World, changes: &Value, headers: &[(&str, &str)]) -> JsonAnswer {
    let mut body = json!({
        "app_id": world.sandbox.credentials().antirius.app_id,
        "locale": "en",
        "return_url": "https://shop.example/back",
    });
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    world.post("/api/v1/auth/session", &body, headers).await
}

pub(crate) async fn poll(world: &World, id: &str, query: &str) -> JsonAnswer {
    world.get(&format!("/api/v1/auth/session/{id}{query}"), &[]).await
}

#[tokio::test]
async fn a_session_has_links_in_the_owners_order_on_real_hosts() {
    let world = World::only(Provider::Antirius).await;
    let answer = begin_with(&world, &json!({}), &[ORIGIN]).await;
    let body = &answer.body;
    let id = body["session_id"].as_str().expect("an id");
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        (&body["success"], &body["redirect_url"]),
        (&json!(true), &json!("https://shop.example/back"))
    );
    assert_eq!(body["display_order"], json!(["telegram", "max", "whatsapp"]));
    for (messenger, start) in
        [("telegram", "https://t.me/"), ("max", "https://max.ru/"), ("whatsapp", "https://wa.me/")]
    {
        let link = body["links"][messenger].as_str().expect("a link");
        assert!(link.starts_with(start) && link.contains(id), "{link}");
    }
    assert!(body["expires_at"].as_str().expect("a time").ends_with('Z'));
    assert!(
        body["hosted_login_url"].as_str().expect("an address").ends_with("/login/683f1a2b3c4d5e6f70819a2b")
    );

    world.sandbox.control().antirius().switch(|switches| {
        switches.messengers = vec!["max".to_owned(), "telegram".to_owned()];
        switches.link_overrides.insert("max".to_owned(), "javascript:alert(1)".to_owned());
        switches.session_id_override = Some("../../x".to_owned());
        switches.local_links = true;
    });
    let body = begin_with(&world, &json!({}), &[ORIGIN]).await.body;
    assert_eq!(body["display_order"], json!(["max", "telegram"]));
    assert_eq!(
        (&body["links"]["max"], &body["session_id"]),
        (&json!("javascript:alert(1)"), &json!("../../x"))
    );
    assert!(body["links"]["telegram"].as_str().expect("a link").starts_with(world.sandbox.base_url()));
    assert!(body["links"].get("whatsapp").is_none());
}

#[tokio::test]
async fn only_known_apps_on_allowed_domains_begin_sessions() {
    let antirius =
        AntiriusConfig { allowed_domains: vec!["shop.example".to_owned()], ..AntiriusConfig::default() };
    let world = World::start(SandboxConfig { antirius, ..SandboxConfig::only(Provider::Antirius) }).await;
    assert_eq!(begin_with(&world, &json!({}), &[ORIGIN]).await.status, 200);
    assert_eq!(begin_with(&world, &json!({}), &[]).await.status, 403);
    assert_eq!(begin_with(&world, &json!({}), &[("origin", "https://evil.example")]).await.status, 403);
    let elsewhere = json!({ "return_url": "https://evil.example/" });
    assert_eq!(begin_with(&world, &elsewhere, &[ORIGIN]).await.status, 403);
    let answer = begin_with(&world, &json!({ "app_id": "nope" }), &[ORIGIN]).await;
    assert_eq!((answer.status, &answer.body["success"]), (404, &json!(false)));
}

#[tokio::test]
async fn status_never_consumes_and_full_gives_the_token_once() {
    let world = World::only(Provider::Antirius).await;
    let id = begin(&world).await;
    let pending = poll(&world, &id, "?type=status").await.body;
    assert_eq!((&pending["status"], &pending["messenger_opened"]), (&json!("pending"), &json!(false)));
    assert_eq!(poll(&world, &id, "?type=full").await.body["status"], "pending");
    let antirius = world.sandbox.control().antirius();
    antirius.open(&id).expect("a pending session");
    assert!(poll(&world, &id, "?issue_token=0").await.body["messenger_opened_at"].is_string());
    antirius.confirm(&id).expect("a pending session");
    for _ in 0..3 {
        let status = poll(&world, &id, "?type=status").await.body;
        assert_eq!((&status["status"], &status["poll_type"]), (&json!("confirmed"), &json!("status")));
        assert!(status.get("token").is_none() && status.get("token_consumed").is_none());
    }
    let widget = format!("/api/v1/widget/session/status?session_id={id}&type=status");
    assert_eq!(world.get(&widget, &[]).await.body["status"], "confirmed");
    let full = poll(&world, &id, "").await.body;
    assert_eq!((&full["status"], &full["poll_type"]), (&json!("confirmed"), &json!("full")));
    assert!(full["token"].is_string() && full["user"]["_id"].is_string());
    let later = poll(&world, &id, "?type=full").await.body;
    assert_eq!((&later["token_consumed"], later.get("token")), (&json!(true), None));
    assert_eq!(poll(&world, &id, "?type=status").await.body["token_consumed"], true);
    let view = antirius.session("latest").expect("the session");
    assert_eq!((view.full_calls, view.is_consumed), (3, true));
    assert_eq!(world.sandbox.control().effects_of(Provider::Antirius, Operation::Full).len(), 1);
}

#[tokio::test]
async fn of_many_full_polls_at_once_one_gets_the_token() {
    let world = World::only(Provider::Antirius).await;
    let id = begin(&world).await;
    world.sandbox.control().antirius().confirm(&id).expect("a pending session");
    let polls = futures_util::future::join_all((0..20).map(|_| poll(&world, &id, "?type=full"))).await;
    assert_eq!(polls.iter().filter(|answer| answer.body["token"].is_string()).count(), 1);
}

#[tokio::test]
async fn a_held_poll_answers_at_once_on_a_change_and_on_an_end_by_time() {
    // The hold is longer than the test waits: only a change can end it.
    let antirius = AntiriusConfig { long_poll_ms: 600_000, ..AntiriusConfig::default() };
    let world = World::start(SandboxConfig { antirius, ..SandboxConfig::only(Provider::Antirius) }).await;
    let control = world.sandbox.control();
    for (act, status) in
        [("open", "pending"), ("confirm", "confirmed"), ("refuse", "cancelled"), ("time", "expired")]
    {
        let id = begin(&world).await;
        let before = control.requests(Provider::Antirius, Operation::Status);
        let change = async {
            let arrived = control.wait_for_requests(
                Provider::Antirius,
                Operation::Status,
                before + 1,
                Duration::from_secs(5),
            );
            assert!(arrived.await);
            let antirius = control.antirius();
            match act {
                "open" => drop(antirius.open(&id).expect("pending")),
                "confirm" => drop(antirius.confirm(&id).expect("pending")),
                "refuse" => drop(antirius.refuse(&id).expect("pending")),
                _ => control.advance(Duration::from_secs(300)),
            }
        };
        let both = async { tokio::join!(poll(&world, &id, "?type=status&poll=true"), change) };
        let (answer, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.expect(act);
        assert_eq!(answer.body["status"], status, "{act}");
    }
}

#[tokio::test]
async fn a_held_poll_ends_by_itself_with_nothing_new() {
    let antirius = AntiriusConfig { long_poll_ms: 50, ..AntiriusConfig::default() };
    let world = World::start(SandboxConfig { antirius, ..SandboxConfig::only(Provider::Antirius) }).await;
    let id = begin(&world).await;
    assert_eq!(poll(&world, &id, "?type=status&poll=true").await.body["status"], "pending");
}

#[tokio::test]
async fn unknown_and_ended_sessions_say_so() {
    let world = World::only(Provider::Antirius).await;
    let unknown = poll(&world, "000000000000000000000000", "?type=status").await;
    assert_eq!((unknown.status, &unknown.body["success"]), (404, &json!(false)));
    let id = begin(&world).await;
    let antirius = world.sandbox.control().antirius();
    assert_eq!(antirius.expire(&id).expect("pending").status, SessionStatus::Expired);
    assert_eq!(poll(&world, &id, "?type=full").await.body["status"], "expired");
    assert!(antirius.confirm(&id).is_err(), "what has ended cannot be confirmed");
}

#[tokio::test]
async fn a_confirmed_session_outlives_its_end_unless_the_switch_says_otherwise() {
    let world = World::only(Provider::Antirius).await;
    let id = begin(&world).await;
    world.sandbox.control().antirius().confirm(&id).expect("pending");
    world.sandbox.control().advance(Duration::from_secs(400));
    assert_eq!(poll(&world, &id, "?type=status").await.body["status"], "confirmed");
    world.sandbox.control().antirius().switch(|switches| switches.confirmed_expires = true);
    assert_eq!(poll(&world, &id, "?type=status").await.body["status"], "expired");
}

#[tokio::test]
async fn the_messenger_page_confirms_and_shows_names_as_text() {
    let world = World::only(Provider::Antirius).await;
    let id = begin(&world).await;
    let (status, page) = world.text(&format!("/messenger/{id}?messenger=max"), &[]).await;
    assert_eq!(status, 200);
    assert!(!page.contains("<b>\n") && !page.contains("Zoë <b>"), "names are escaped");
    assert!(world.sandbox.control().antirius().session(&id).expect("it").is_opened);
    let form = "decision=confirm&messenger=max&person=507f1f77bcf86cd799439012";
    assert_eq!(world.form(&format!("/messenger/{id}"), form, &[]).await.status, 200);
    let user = poll(&world, &id, "?type=full").await.body["user"].clone();
    assert_eq!(
        (&user["type"], &user["first_name"], &user["last_name"]),
        (&json!("max"), &json!("Anna"), &Value::Null)
    );
    assert_eq!(world.form(&format!("/messenger/{id}"), form, &[]).await.status, 409);
}

#[tokio::test]
async fn the_hosted_page_brings_the_browser_back_with_the_session() {
    let world = World::only(Provider::Antirius).await;
    let path = "/login/683f1a2b3c4d5e6f70819a2b?return_url=https%3A%2F%2Fshop.example%2Fcb%3Fs%3D1";
    let answer = world.get(path, &[]).await;
    assert_eq!(answer.status, 302);
    let page = answer.header("location").expect("a redirect").replace(world.sandbox.base_url(), "");
    let answer = world.form(&page, "decision=confirm", &[]).await;
    assert_eq!(answer.status, 303);
    let back = answer.header("location").expect("a redirect");
    let id = param(back, "session_id").expect("a session");
    assert_eq!(param(back, "s").as_deref(), Some("1"));
    assert!(poll(&world, &id, "?type=full").await.body["token"].is_string());
    assert_eq!(world.get("/login/nope?return_url=https%3A%2F%2Fshop.example", &[]).await.status, 403);
}

#[tokio::test]
async fn a_fixed_clock_stands_still_until_it_is_advanced() {
    let at = "2026-05-13T10:55:00Z".parse().expect("a time");
    let config = SandboxConfig { clock: Clock::fixed(at), ..SandboxConfig::only(Provider::Antirius) };
    let world = World::start(config).await;
    let id = begin(&world).await;
    let body = poll(&world, &id, "?type=status").await.body;
    assert_eq!(body["created_at"], "2026-05-13T10:55:00.000Z");
    assert_eq!(body["expires_at"], "2026-05-13T11:00:00.000Z");
    world.sandbox.control().advance(Duration::from_secs(299));
    assert_eq!(poll(&world, &id, "?type=status").await.body["status"], "pending");
    world.sandbox.control().advance(Duration::from_secs(1));
    assert_eq!(poll(&world, &id, "?type=status").await.body["status"], "expired");
}

#[tokio::test]
async fn a_thousand_polls_wait_at_once_and_each_learns_of_its_own_session() {
    let world = World::only(Provider::Antirius).await;
    let control = world.sandbox.control();
    let ids = futures_util::future::join_all((0..200).map(|_| begin(&world))).await;
    let polls = ids.iter().flat_map(|id| (0..5).map(|_| poll(&world, id, "?type=status&poll=true")));
    let confirm = async {
        assert!(
            control
                .wait_for_requests(Provider::Antirius, Operation::Status, 1000, Duration::from_secs(30))
                .await
        );
        for id in &ids {
            control.antirius().confirm(id).expect("pending");
        }
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(polls), confirm);
    assert!(answers.iter().all(|answer| answer.body["status"] == "confirmed"));
}
