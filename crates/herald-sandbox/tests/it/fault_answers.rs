//! Faults in the answer: what is on the wire, with the effect and without it.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use herald_outbound::forward::{Answer, Call, Forwarder, Limits};
use herald_sandbox::{Fault, FaultEffect, Malformed, Operation, Provider, SandboxConfig, Share};
use serde_json::{Value, json};

use crate::client::World;

const PHONE: &str = "+79001234567";
const SLUG: &str = "xK9mNpQ2vRt7";

struct Senders {
    world: World,
    forwarder: Forwarder,
    bearer: String,
}

impl Senders {
    async fn start() -> Self {
        let world = World::start(SandboxConfig::default()).await;
        world.sandbox.control().antirius().make_reachable(PHONE, "telegram");
        let bearer = format!("Bearer {}", crate::antara_messages::app_token(&world).await);
        Self { world, forwarder: Forwarder::new(Limits::default()).expect("a client"), bearer }
    }

    fn call(&self, provider: Provider, text: &str) -> Call {
        if provider == Provider::Antirius {
            let token = format!("token {}", self.world.sandbox.credentials().antirius.message_token);
            let call = self.world.call("POST", "/api/v1/message/send", &[("x-authorization", &token)]);
            return call.json(&json!({ "recipient": PHONE, "message": text }));
        }
        let headers = [("authorization", self.bearer.as_str()), ("idempotency-key", text)];
        let call = self.world.call("POST", "/app/v1/messages", &headers);
        call.json(&json!({ "slug": SLUG, "body": text }))
    }

    fn inject(&self, fault: Fault) {
        self.world.sandbox.control().inject(fault.times(1));
    }

    async fn send(&self, provider: Provider, text: &str) -> Answer {
        self.forwarder.send(self.call(provider, text)).await.expect("an answer")
    }

    fn sent(&self, provider: Provider) -> usize {
        self.world.sandbox.control().effects_of(provider, Operation::Send).len()
    }
}

const ALL_MALFORMED: [Malformed; 10] = [
    Malformed::Garbage,
    Malformed::Html,
    Malformed::Empty,
    Malformed::Truncated,
    Malformed::Array,
    Malformed::NotSuccessful,
    Malformed::WithoutId,
    Malformed::WrongTypes,
    Malformed::DuplicateKeys,
    Malformed::InvalidUtf8,
];

#[tokio::test]
async fn every_malformed_answer_comes_with_the_effect_or_without_it() {
    let senders = Senders::start().await;
    for provider in [Provider::Antara, Provider::Antirius] {
        for how in ALL_MALFORMED {
            for takes_effect in [true, false] {
                let before = senders.sent(provider);
                let effect = FaultEffect::Malformed { how, status: 200 };
                senders.inject(Fault::new(provider, Operation::Send, effect).takes_effect(takes_effect));
                let answer = senders.send(provider, &format!("{how:?} {takes_effect}")).await;
                assert_eq!(answer.status, 200);
                let body = answer.bytes().await.expect("a whole body");
                let read = serde_json::from_slice::<Value>(&body);
                let has_id =
                    |body: &Value| body["message_id"].is_string() || body["data"]["messageId"].is_string();
                let is_taken_for_good =
                    how != Malformed::DuplicateKeys && read.is_ok_and(|body| has_id(&body));
                assert!(!is_taken_for_good, "{provider:?} {how:?} {body:?}");
                assert_eq!(
                    senders.sent(provider) - before,
                    usize::from(takes_effect),
                    "{provider:?} {how:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_error_status_can_hide_an_effect_and_a_good_one_its_absence() {
    let senders = Senders::start().await;
    for (number, status) in
        [500_u16, 502, 503, 504, 429, 408, 401, 400, 404, 409, 422].into_iter().enumerate()
    {
        for provider in [Provider::Antara, Provider::Antirius] {
            let effect = FaultEffect::Status { status, body: None, retry_after_seconds: Some(2) };
            let fault = Fault::new(provider, Operation::Send, effect);
            senders.inject(fault.clone().takes_effect(true));
            senders.inject(fault);
            let answer = senders.send(provider, &format!("{status} done")).await;
            assert_eq!((answer.status, answer.header("retry-after")), (status, Some("2")));
            assert_eq!(senders.send(provider, &format!("{status} not done")).await.status, status);
            assert_eq!(senders.sent(provider), number + 1);
        }
    }
    senders.inject(Fault::new(Provider::Antirius, Operation::Send, FaultEffect::None).takes_effect(false));
    assert_eq!(senders.send(Provider::Antirius, "none").await.status, 200);
    assert_eq!(senders.sent(Provider::Antirius), 12, "`none` harms nothing");
    let answer = FaultEffect::Answer { status: 200, headers: [].into(), body: None, patch: None };
    senders.inject(Fault::new(Provider::Antirius, Operation::Send, answer).takes_effect(false));
    let lie = senders.send(Provider::Antirius, "a lie").await.bytes().await.expect("a body");
    assert!(serde_json::from_slice::<Value>(&lie).expect("JSON")["message_id"].is_string());
    assert_eq!(senders.sent(Provider::Antirius), 12);
}

#[tokio::test]
async fn an_answer_carries_any_header_body_and_patch() {
    let senders = Senders::start().await;
    let fault = json!({
        "provider": "antara", "operation": "exchange", "times": 1,
        "effect": {
            "type": "answer", "status": 429,
            "headers": { "Retry-After": "soon" },
            "patch": { "retryAfter": -1, "error": { "message": null } },
        },
    });
    assert_eq!(senders.world.post("/control/faults", &fault, &[]).await.status, 200);
    let answer = senders.world.post("/auth/token/exchange", &json!({ "apiKey": "x" }), &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("soon")));
    assert_eq!(answer.body["error"], json!({ "code": "RATE_LIMITED" }));
    assert_eq!(answer.body["retryAfter"], -1);

    let patch = Some(json!({ "data": { "messageId": null }, "extra": true }));
    let effect = FaultEffect::Answer { status: 202, headers: [].into(), body: None, patch };
    senders.inject(Fault::new(Provider::Antara, Operation::Send, effect));
    let answer = senders.send(Provider::Antara, "patched").await.bytes().await.expect("a body");
    let body: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!((&body["data"], &body["extra"]), (&json!({ "status": "queued" }), &json!(true)));
    assert_eq!(senders.sent(Provider::Antara), 1, "the true answer, so it took effect");
}

#[tokio::test]
async fn a_redirect_points_elsewhere_and_nothing_happens() {
    let senders = Senders::start().await;
    for status in [301, 302, 303, 307, 308] {
        let location = "http://127.0.0.1:1/elsewhere".to_owned();
        senders.inject(Fault::new(
            Provider::Antirius,
            Operation::Send,
            FaultEffect::Redirect { location, status },
        ));
        let answer = senders.send(Provider::Antirius, "hello").await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (status, Some("http://127.0.0.1:1/elsewhere"))
        );
    }
    assert_eq!(senders.sent(Provider::Antirius), 0);
}

#[tokio::test]
async fn a_flood_has_the_promised_length_or_no_end() {
    let senders = Senders::start().await;
    let flood = |bytes| Fault::new(Provider::Antirius, Operation::Send, FaultEffect::Flood { bytes });
    senders.inject(flood(Some(1 << 30)));
    let answer = senders.send(Provider::Antirius, "long").await;
    assert_eq!(answer.header("content-length"), Some("1073741824"));
    drop(answer);
    senders.inject(flood(None));
    let answer = senders.send(Provider::Antirius, "endless").await;
    assert_eq!(answer.header("content-length"), None);
    let mut pieces = std::pin::pin!(answer.into_stream());
    let mut seen = 0;
    while seen < 8 * 1024 * 1024 {
        seen += pieces.try_next().await.expect("water").expect("no end").len();
    }
    senders.inject(flood(Some(1_000_000)));
    let body = senders.send(Provider::Antirius, "short").await.bytes().await.expect("a body");
    assert_eq!(body.len(), 1_000_000);
    assert_eq!(senders.sent(Provider::Antirius), 3);
}

#[tokio::test]
async fn a_dripping_body_follows_its_head_byte_by_byte() {
    let senders = Senders::start().await;
    senders.inject(Fault::new(Provider::Antara, Operation::Send, FaultEffect::Drip { interval_ms: 1 }));
    let began = Instant::now();
    let answer = senders.send(Provider::Antara, "slow").await;
    let length: usize = answer.header("content-length").and_then(|text| text.parse().ok()).expect("a length");
    let body = answer.bytes().await.expect("a body");
    assert_eq!(body.len(), length);
    assert!(began.elapsed() >= Duration::from_millis(length as u64));
    assert!(serde_json::from_slice::<Value>(&body).expect("JSON")["data"]["messageId"].is_string());
}

#[tokio::test]
async fn a_slow_head_is_a_good_one() {
    let senders = Senders::start().await;
    let fault = Fault::new(Provider::Antirius, Operation::Send, FaultEffect::None);
    senders.inject(fault.answer_after_ms(200));
    let began = Instant::now();
    let answer = senders.send(Provider::Antirius, "slow").await;
    assert_eq!((answer.status, senders.sent(Provider::Antirius)), (200, 1));
    assert!(began.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_hanging_call_is_never_answered() {
    let senders = Senders::start().await;
    for (takes_effect, sent) in [(false, 0), (true, 1)] {
        senders.inject(
            Fault::new(Provider::Antirius, Operation::Send, FaultEffect::Hang).takes_effect(takes_effect),
        );
        let control = senders.world.sandbox.control();
        let asked = control.requests(Provider::Antirius, Operation::Send) + 1;
        let release = async {
            assert!(
                control
                    .wait_for_requests(Provider::Antirius, Operation::Send, asked, Duration::from_secs(10))
                    .await
            );
            control.clear_faults();
        };
        let call = senders.forwarder.send(senders.call(Provider::Antirius, "hang"));
        let (result, ()) = tokio::join!(call, release);
        assert!(result.is_err(), "closed, not answered");
        assert_eq!(senders.sent(Provider::Antirius), sent);
    }
}

#[tokio::test]
async fn a_mix_by_dice_is_the_same_for_the_same_seed_and_is_counted_right() {
    let run = async |seed: u64| {
        let senders = Senders::start().await;
        let of = vec![
            Share::new(FaultEffect::Status { status: 500, body: None, retry_after_seconds: None })
                .takes_effect(true),
            Share::new(FaultEffect::Status { status: 503, body: None, retry_after_seconds: Some(1) }),
        ];
        let fault = Fault::new(Provider::Antirius, Operation::Send, FaultEffect::Mix { of });
        senders.world.sandbox.control().inject(fault.probability(0.5, seed));
        let mut statuses = Vec::new();
        for number in 0..60 {
            statuses.push(senders.send(Provider::Antirius, &number.to_string()).await.status);
        }
        let effective = statuses.iter().filter(|status| **status != 503).count();
        assert_eq!(senders.sent(Provider::Antirius), effective);
        statuses
    };
    let statuses = run(11).await;
    for status in [200, 500, 503] {
        assert!(statuses.contains(&status), "{statuses:?}");
    }
    assert_eq!(statuses, run(11).await);
    assert_ne!(statuses, run(12).await);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let senders = Senders::start().await;
    for effect in [
        json!({ "type": "status", "status": 99 }),
        json!({ "type": "redirect", "location": "/", "status": 200 }),
        json!({ "type": "answer", "headers": { "a b": "c" } }),
        json!({ "type": "mix", "of": [] }),
        json!({ "type": "mix", "of": [ { "effect": { "type": "malformed", "how": "html", "status": 1000 } } ] }),
        json!({ "type": "malformed", "how": "nicely" }),
    ] {
        let fault = json!({ "provider": "antara", "effect": effect });
        assert_eq!(senders.world.post("/control/faults", &fault, &[]).await.status, 400, "{fault}");
    }
    let fault = json!({ "provider": "antara", "probability": 1.5, "effect": { "type": "reset" } });
    assert_eq!(senders.world.post("/control/faults", &fault, &[]).await.status, 400);
    assert!(senders.world.sandbox.control().faults().is_empty());
}
