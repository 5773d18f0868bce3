//! Stores and providers that are down: said, with a time to come again, and without a word of theirs.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_app::{Tenant, Tenants};
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    provider::{
        Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Progress, ProviderInfo, Started, Verified,
    },
};
use herald_testkit::{fake_clock::FakeClock, fake_provider::FakeProvider};
use serde_json::json;

use super::{
    broken_store::BrokenStore,
    store,
    wire::Request,
    world::{RETURN_URL, World, soon},
};

/// An access token that may be Herald's own, as far as can be said without the store: its header is `{"alg":"ES256","kid":"k","typ":"at+jwt"}`.
const ACCESS_TOKEN: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJhdCtqd3QifQ.e30.AAAA";

#[tokio::test]
async fn without_a_store_there_is_no_answer_but_a_time_to_come_again() {
    let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
    let clock = Arc::new(FakeClock::default());
    let world = World::with(clock, Arc::new(BrokenStore), person.clone(), person).await;
    let id = "log_00000000000000000000000001";
    let refresh_token = format!("hrt_{}", "A".repeat(70));
    let send = json!({ "to": { "type": "phone", "phone_number": "+79001234567" },
                       "message": { "type": "text", "text": "hi" } });
    for request in [
        Request::post("/v1/logins", json!({ "return_url": RETURN_URL }).to_string()),
        Request::get("/v1/logins"),
        Request::get(&format!("/v1/logins/{id}")),
        Request::get(&format!("/v1/logins/{id}")).header("Prefer", "wait=5"),
        Request::get(&format!("/v1/logins/{id}/events")),
        Request::post(&format!("/v1/logins/{id}/claim"), json!({ "claim_secret": "x" }).to_string()),
        Request::delete(&format!("/v1/logins/{id}")),
        Request::post("/v1/notifications", send.to_string()).header("Idempotency-Key", "k"),
        Request::get("/v1/notifications/ntf_00000000000000000000000001"),
        Request::get("/v1/notifications"),
        Request::post("/v1/notifications/ntf_00000000000000000000000001/cancel", ""),
        Request::post("/v1/notifications/ntf_00000000000000000000000001/next", ""),
        Request::post("/v1/notifications/ntf_00000000000000000000000001/requeue", ""),
        Request::post("/v1/webhook-endpoints", r#"{"url":"https://shop.acme.example/e","events":["*"]}"#),
        Request::get("/v1/webhook-endpoints"),
        Request::patch("/v1/webhook-endpoints/whe_00000000000000000000000001", "{}"),
        Request::delete("/v1/webhook-endpoints/whe_00000000000000000000000001"),
        Request::get("/v1/webhook-endpoints/whe_00000000000000000000000001/deliveries"),
        Request::get("/v1/sessions"),
        Request::get("/v1/sessions/ses_00000000000000000000000001"),
        Request::delete("/v1/sessions/ses_00000000000000000000000001"),
        Request::post("/v1/sessions/end", json!({ "all": true }).to_string()),
        Request::post("/v1/sessions/refresh", json!({ "refresh_token": refresh_token }).to_string()),
        Request::post(
            "/v1/sessions/verify",
            json!({ "credential": { "type": "token", "token": ACCESS_TOKEN } }).to_string(),
        ),
        Request::get("/t/acme/.well-known/jwks.json"),
    ] {
        let answer = soon(world.send(request.clone())).await;
        assert_eq!(answer.problem(), (503, "store_unavailable".to_owned()), "B98 {request:?}");
        assert_eq!(answer.header("retry-after"), Some("1"), "B98");
        assert_eq!(answer.json()["retry_after_seconds"], 1);
        assert!(!answer.body.contains("canary"), "B98");
    }
}

#[tokio::test]
async fn without_a_store_every_notification_of_a_batch_says_so() {
    let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
    let world =
        World::with(Arc::new(FakeClock::default()), Arc::new(BrokenStore), person.clone(), person).await;
    let item = json!({ "idempotency_key": "k", "to": { "type": "phone", "phone_number": "+79001234567" },
                       "message": { "type": "text", "text": "hi" } });
    let body = json!({ "notifications": [item, {}] }).to_string();
    let answer = soon(world.send(Request::post("/v1/notifications/batch", body))).await;
    let items = answer.json()["items"].clone();
    assert_eq!((answer.status, &items[0]["status"], &items[1]["status"]), (200, &json!(503), &json!(422)));
    assert_eq!(items[0]["problem"]["code"], "store_unavailable");
    assert_eq!(items[0]["problem"]["retry_after_seconds"], 1);
    assert!(!answer.body.contains("canary"), "B98");
}

#[tokio::test]
async fn without_a_store_oauth_says_so_in_its_own_words() {
    let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
    let world =
        World::with(Arc::new(FakeClock::default()), Arc::new(BrokenStore), person.clone(), person).await;
    let refresh_token = format!("hrt_{}", "A".repeat(70));
    for (path, token) in [
        ("/v1/oauth/introspect", &*refresh_token),
        ("/v1/oauth/introspect", ACCESS_TOKEN),
        ("/v1/oauth/revoke", &refresh_token),
        ("/v1/oauth/revoke", ACCESS_TOKEN),
    ] {
        let answer = soon(world.send(Request::form(path, &[("token", token)]))).await;
        assert_eq!(answer.oauth_error(), (503, "temporarily_unavailable".to_owned()), "B98 {path} {token}");
        assert_eq!(answer.header("retry-after"), Some("1"), "B98 {path}");
        assert!(!answer.body.contains("canary"), "B98 {path}");
    }
}

/// A provider that begins no login.
#[derive(Debug)]
struct Down {
    like: FakeProvider,
    kind: ErrorKind,
    retry: Retry,
}

#[async_trait]
impl IdentityProvider for Down {
    fn info(&self) -> &ProviderInfo {
        self.like.info()
    }

    async fn begin(&self, _: &BeginLogin) -> Result<Started, ProviderError> {
        let provider = &self.info().account.provider;
        Err(ProviderError::new(provider, "begin", self.kind, self.retry, "canary-detail")
            .with_code(Some("SERVICE_DOWN"))
            .with_request_id(Some("req-up"))
            .with_source("canary-source"))
    }

    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError> {
        self.like.observe(memo, look).await
    }

    async fn redeem(&self, memo: &Memo) -> Result<Answer, ProviderError> {
        self.like.redeem(memo).await
    }

    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError> {
        self.like.identify(answer).await
    }
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_named_and_not_quoted() {
    let after = Retry::After(Duration::from_secs(7));
    for (kind, retry, status, code, retry_after) in [
        (ErrorKind::Unavailable, after, 503, "provider_unavailable", Some("7")),
        (ErrorKind::RateLimited, after, 503, "provider_unavailable", Some("7")),
        (ErrorKind::Unavailable, Retry::OutcomeUnknown, 502, "provider_error", None),
        (ErrorKind::Timeout, Retry::OutcomeUnknown, 504, "provider_timeout", None),
        (ErrorKind::Protocol, Retry::Never, 502, "provider_error", None),
        (ErrorKind::Misconfigured, Retry::Never, 502, "provider_error", None),
    ] {
        let clock = Arc::new(FakeClock::default());
        let store = store::fresh(&clock).await;
        let person = Arc::new(FakeProvider::new(Progress::Poll, "app-1"));
        let down = Down { like: FakeProvider::new(Progress::Poll, "app-1"), kind, retry };
        let world = World::with(clock, store, Arc::new(down), person).await;
        let answer = soon(world.send(Request::post("/v1/logins", "{}"))).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "B99 {kind:?}");
        assert_eq!(answer.header("retry-after"), retry_after, "B99 {kind:?}");
        let body = answer.json();
        assert_eq!(body["provider"], "fake");
        assert_eq!(
            (&body["provider_code"], &body["provider_request_id"]),
            (&json!("SERVICE_DOWN"), &json!("req-up"))
        );
        assert!(!answer.body.contains("canary"), "B99");
    }
}

#[tokio::test]
async fn a_pending_login_whose_provider_account_is_not_configured_here_is_for_another_replica() {
    let world = World::new().await;
    let login = world.start(json!({ "return_url": RETURN_URL })).await;
    let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
    let mut tenants: Vec<Tenant> =
        world.herald.tenants().iter().map(|tenant| Tenant::clone(tenant)).collect();
    for tenant in &mut tenants {
        tenant.connections.retain(|name, _| name.as_str() != "main");
    }
    world.herald.replace_tenants(Tenants::new(tenants));
    let claim = json!({ "claim_secret": login["claim_secret"] }).to_string();
    for request in [
        Request::get(&path),
        Request::get(&path).header("Prefer", "wait=5"),
        Request::get(&format!("{path}/events")),
        Request::post(&format!("{path}/claim"), claim),
    ] {
        let answer = soon(world.send(request.clone())).await;
        assert_eq!(answer.problem(), (503, "provider_unavailable".to_owned()), "{request:?}");
        assert_eq!(answer.json()["retryable"], true);
    }
    // Who has not the secret learns nothing by that either.
    let wrong = Request::post(&format!("{path}/claim"), json!({ "claim_secret": "hcs_wrong" }).to_string());
    assert_eq!(soon(world.send(wrong)).await.problem(), (403, "claim_refused".to_owned()));
}
