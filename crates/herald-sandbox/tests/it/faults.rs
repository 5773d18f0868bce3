//! Faults on demand: what the caller sees, and whether it took effect.

use std::time::{Duration, Instant};

use herald_outbound::forward::{Call, ForwardError};
use herald_sandbox::{Fault, FaultEffect, Operation, Provider};
use serde_json::json;

use crate::antirius_login::{begin, poll};
use crate::client::World;

const PHONE: &str = "+79001234567";

async fn world() -> World {
    let world = World::only(Provider::Antirius).await;
    world.sandbox.control().antirius().make_reachable(PHONE, "telegram");
    world
}

fn send(world: &World) -> Call {
    let token = format!("token {}", world.sandbox.credentials().antirius.message_token);
    world
        .call("POST", "/api/v1/message/send", &[("x-authorization", &token)])
        .json(&json!({ "recipient": PHONE, "message": "hello" }))
}

fn inject(world: &World, effect: FaultEffect) {
    world.sandbox.control().inject(Fault::new(Provider::Antirius, Operation::Send, effect).times(1));
}

fn sent(world: &World) -> usize {
    world.sandbox.control().effects_of(Provider::Antirius, Operation::Send).len()
}

#[tokio::test]
async fn a_reset_gives_no_answer_and_has_no_effect() {
    let world = world().await;
    inject(&world, FaultEffect::Reset);
    let result = world.try_send(send(&world)).await;
    assert!(matches!(result, Err(ForwardError::Unreachable(_))), "{result:?}");
    assert_eq!(sent(&world), 0);
    assert!(world.try_send(send(&world)).await.is_ok(), "the fault is used up");
    assert_eq!(world.sandbox.control().requests(Provider::Antirius, Operation::Send), 2);
}

#[tokio::test]
async fn a_lost_answer_has_its_effect() {
    let world = world().await;
    inject(&world, FaultEffect::Lost);
    let result = world.try_send(send(&world)).await;
    assert!(matches!(result, Err(ForwardError::Unreachable(_))), "{result:?}");
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn half_an_answer_breaks_off_after_its_head() {
    let world = world().await;
    inject(&world, FaultEffect::Half);
    let result = world.try_send(send(&world)).await;
    assert!(matches!(result, Err(ForwardError::Body(_))), "{result:?}");
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn garbage_is_a_200_that_nobody_can_read() {
    let world = world().await;
    inject(&world, FaultEffect::Garbage);
    let answer = world.try_send(send(&world)).await.expect("an answer");
    assert_eq!((answer.status, answer.body), (200, serde_json::Value::Null));
}

#[tokio::test]
async fn a_status_comes_in_the_providers_shape_or_as_given() {
    let world = world().await;
    inject(&world, FaultEffect::Status { status: 503, body: None, retry_after_seconds: Some(7) });
    let answer = world.try_send(send(&world)).await.expect("an answer");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    assert_eq!(answer.body["success"], false);
    inject(
        &world,
        FaultEffect::Status { status: 418, body: Some(json!({ "a": 1 })), retry_after_seconds: None },
    );
    let answer = world.try_send(send(&world)).await.expect("an answer");
    assert_eq!((answer.status, &answer.body), (418, &json!({ "a": 1 })));
    assert_eq!(sent(&world), 0);
}

#[tokio::test]
async fn a_rate_limit_of_antara_tells_the_wait_twice() {
    let world = World::only(Provider::Antara).await;
    let effect = FaultEffect::RateLimited { retry_after_seconds: 30 };
    world.sandbox.control().inject(Fault::new(Provider::Antara, Operation::Exchange, effect));
    let answer = world.post("/auth/token/exchange", &json!({ "apiKey": "x" }), &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("30")));
    assert_eq!(
        (&answer.body["error"]["code"], &answer.body["retryAfter"]),
        (&json!("RATE_LIMITED"), &json!(30))
    );
}

#[tokio::test]
async fn latency_delays_and_then_nothing_else_happens() {
    let world = world().await;
    let fault = Fault::new(Provider::Antirius, Operation::Send, FaultEffect::None).times(1).latency_ms(120);
    world.sandbox.control().inject(fault);
    let began = Instant::now();
    assert_eq!(world.try_send(send(&world)).await.expect("an answer").status, 200);
    assert!(began.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn held_calls_go_on_when_the_faults_are_cleared() {
    let world = world().await;
    let control = world.sandbox.control();
    control.inject(Fault::new(Provider::Antirius, Operation::Send, FaultEffect::Hold));
    let release = async {
        assert!(
            control.wait_for_requests(Provider::Antirius, Operation::Send, 3, Duration::from_secs(5)).await
        );
        assert_eq!(sent(&world), 0);
        control.clear_faults();
    };
    let calls = futures_util::future::join_all((0..3).map(|_| world.try_send(send(&world))));
    let (answers, ()) = tokio::join!(calls, release);
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status == 200)));
    assert_eq!(sent(&world), 3);
}

#[tokio::test]
async fn a_lost_full_has_consumed_the_session() {
    let world = world().await;
    let id = begin(&world).await;
    let control = world.sandbox.control();
    control.antirius().confirm(&id).expect("pending");
    control.inject(Fault::new(Provider::Antirius, Operation::Full, FaultEffect::Lost).times(1));
    let call = world.call("GET", &format!("/api/v1/auth/session/{id}?type=full"), &[]);
    assert!(world.try_send(call).await.is_err());
    let later = poll(&world, &id, "?type=full").await.body;
    assert_eq!((&later["token_consumed"], later.get("token")), (&json!(true), None));
}
