//! Limits: of a tenant's calls, of the logins that an address begins, of the notifications that a recipient gets.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use herald_app::{LimitRules, Tenant, Tenants};
use herald_core::store::Quota;
use herald_testkit::{fake_clock::FakeClock, fake_provider::FakeProvider};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    broken_store::BrokenStore,
    wire::{Answer, Request},
    world::{RETURN_URL, World},
};

fn quota(limit: u32, seconds: u64) -> Option<Quota> {
    NonZeroU32::new(limit).map(|limit| Quota { limit, period: Duration::from_secs(seconds) })
}

/// Gives the tenant `acme` these limits, and the others none.
fn limit(world: &World, limits: LimitRules) {
    let tenants = world.herald.tenants();
    let with = |tenant: &Arc<Tenant>| {
        let limits = if tenant.id.as_str() == "acme" { limits } else { LimitRules::default() };
        Tenant { limits, ..Tenant::clone(tenant) }
    };
    world.herald.replace_tenants(Tenants::new(tenants.iter().map(with).collect()));
}

fn standing(answer: &Answer) -> (u16, Option<&str>, Option<&str>) {
    (answer.status, answer.header("ratelimit"), answer.header("ratelimit-policy"))
}

#[tokio::test]
async fn a_tenants_calls_are_limited_and_every_answer_says_how_they_stand() {
    let world = World::new().await;
    assert_eq!(standing(&world.send(Request::get("/v1/logins")).await), (200, None, None));
    limit(&world, LimitRules { calls: quota(3, 60), ..LimitRules::default() });
    let policy = Some("\"tenant\";q=3;w=60");
    let list = || world.send(Request::get("/v1/logins"));
    assert_eq!(standing(&list().await), (200, Some("\"tenant\";r=2;t=20"), policy));
    // What is refused later was counted all the same, and says so.
    let unknown = world.send(Request::get("/v1/logins/nobody")).await;
    assert_eq!(standing(&unknown), (404, Some("\"tenant\";r=1;t=40"), policy));
    let invalid = world.send(Request::post("/v1/logins", "[]")).await;
    assert_eq!(standing(&invalid), (400, Some("\"tenant\";r=0;t=60"), policy));
    let refused = list().await;
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()), "B97");
    assert_eq!(standing(&refused), (429, Some("\"tenant\";r=0;t=60"), policy));
    assert_eq!(
        (refused.header("retry-after"), &refused.json()["retry_after_seconds"]),
        (Some("20"), &json!(20))
    );
    // In the words of OAuth where those are spoken.
    let oauth = world.send(Request::form("/v1/oauth/introspect", &[("token", "x")])).await;
    assert_eq!(oauth.oauth_error().0, 429);
    // A bad key costs nothing, and another tenant is another tenant.
    assert_eq!(Request::get("/v1/logins").key("hk_bad").send(world.address).await.status, 401);
    assert_eq!(Request::get("/v1/logins").key(&world.other_key).send(world.address).await.status, 200);
    world.clock.advance(SignedDuration::from_secs(20));
    assert_eq!(standing(&list().await), (200, Some("\"tenant\";r=0;t=60"), policy));
}

#[tokio::test]
async fn an_address_begins_so_many_logins() {
    let world = World::new().await;
    limit(&world, LimitRules { logins_per_address: quota(2, 60), ..LimitRules::default() });
    let start = |address: &str| {
        let body = json!({ "return_url": RETURN_URL, "client": { "ip_address": address } }).to_string();
        world.send(Request::post("/v1/logins", body))
    };
    for address in ["203.0.113.7", "::ffff:203.0.113.7"] {
        assert_eq!(start(address).await.status, 201);
    }
    let refused = start("203.0.113.7").await;
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()), "T6");
    assert_eq!(standing(&refused), (429, Some("\"address\";r=0;t=60"), Some("\"address\";q=2;w=60")));
    assert_eq!(start("203.0.113.8").await.status, 201);
    assert_eq!(world.start_usual().await["status"], "pending", "who names no address is not limited");
}

#[tokio::test]
async fn a_recipient_gets_so_many_notifications_and_a_replay_takes_none() {
    let world = World::new().await;
    let limits = LimitRules {
        notifications_per_recipient: quota(2, 60),
        calls: quota(100, 100),
        ..LimitRules::default()
    };
    limit(&world, limits);
    let send = |key: &str, phone: &str| {
        let body = json!({ "to": { "type": "phone", "phone_number": phone }, "message": { "type": "text", "text": "hi" } });
        world.send(Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", key))
    };
    for key in ["a", "a", "a", "b", "b"] {
        assert!(matches!(send(key, "+79001234567").await.status, 200 | 202), "{key}");
    }
    let refused = send("c", "+79001234567").await;
    assert_eq!(refused.problem(), (429, "rate_limited".to_owned()), "T48");
    assert_eq!(refused.header("ratelimit-policy"), Some("\"tenant\";q=100;w=100, \"recipient\";q=2;w=60"));
    assert_eq!(send("d", "+79001234568").await.status, 202);
    // The key of what was refused is free.
    world.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(send("c", "+79001234567").await.status, 202);
    let items: Vec<Value> = ["e", "f"]
        .map(|key| json!({ "idempotency_key": key, "to": { "type": "phone", "phone_number": "+79001234567" }, "message": { "type": "text", "text": "hi" } }))
        .to_vec();
    let batch = world
        .send(Request::post("/v1/notifications/batch", json!({ "notifications": items }).to_string()))
        .await;
    let statuses: Vec<_> =
        batch.json()["items"].as_array().unwrap().iter().map(|item| item["status"].clone()).collect();
    assert_eq!(statuses, [429, 429], "each item on its own");
}

#[tokio::test]
async fn while_the_store_is_away_a_replica_counts_alone() {
    let person = Arc::new(FakeProvider::new(herald_core::provider::Progress::Poll, "app-1"));
    let world =
        World::with(Arc::new(FakeClock::default()), Arc::new(BrokenStore), person.clone(), person).await;
    limit(&world, LimitRules { calls: quota(2, 60), ..LimitRules::default() });
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(world.send(Request::get("/v1/logins")).await.problem().1);
    }
    assert_eq!(codes, ["store_unavailable", "store_unavailable", "rate_limited"]);
}
