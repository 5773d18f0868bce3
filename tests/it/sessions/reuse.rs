//! A refresh token that comes a second time, long after it was used: somebody has a copy.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::Caller,
    receiver::{Receiver, Told},
    stack::Stack,
    token::read_token,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_ends_the_session_and_the_tenant_is_told() {
    let mut receiver = Receiver::start().await;
    // Without a grace everything that was used was used long ago.
    let words = format!(
        "refresh_grace_seconds = 0, backchannel_logout_url = \"{}/logout\", backchannel_logout_is_private = true",
        receiver.url
    );
    let stack = Stack::with_site(&words).await;
    let caller = stack.caller("antirius");
    let done = stack.sign_in("antirius").await;
    let first = done.tokens();
    let second = caller.refresh(&first.refresh).await;
    let reuses = "herald_events_total{type=\"session.reuse_detected\"}";
    assert_eq!(stack.metric(reuses).await, 0);

    caller.refuses(&first.refresh).await;
    for token in [&first.access, &second.access] {
        assert_eq!(caller.verify(token).await, json!({ "active": false }));
    }
    caller.refuses(&second.refresh).await;
    assert_eq!(stack.metric(reuses).await, 1);
    let shown = caller.call(Method::GET, &format!("/v1/sessions/{}", first.session), &[], None).await;
    assert_eq!(shown.body["status"], "ended", "{:?}", shown.body);

    // OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.5.
    let told = receiver.next().await;
    assert_eq!(
        (told.target(), told.header("content-type")),
        ("/logout", "application/x-www-form-urlencoded")
    );
    let token = told.body.strip_prefix("logout_token=").unwrap_or_else(|| panic!("{told:?}"));
    let issuer = format!("{}/t/antirius", stack.url);
    let (header, claims) = read_token(&stack.url, "antirius", &issuer, token).await;
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    assert_eq!((&claims["sid"], &claims["sub"]), (&json!(first.session), &done.claim["subject"]), "{claims}");
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims["jti"].is_string() && claims["iat"].is_i64() && claims["nonce"].is_null(), "{claims}");

    // A logout token is no access token.
    assert_eq!(caller.verify(token).await, json!({ "active": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_is_told_once_to_the_tenants_endpoint_and_to_nobody_elses() {
    let [mut ours, mut theirs] = [Receiver::start().await, Receiver::start().await];
    let stack = Stack::start_with(|config| {
        let scopes = "\"sessions:read\"";
        assert!(config.contains(scopes), "{config}");
        let config = config.replace(scopes, "\"sessions:read\", \"webhooks:write\"");
        super::site_in(&config, "refresh_grace_seconds = 0")
    })
    .await;
    let (caller, stranger) = (stack.caller("antirius"), stack.caller("antara"));
    let endpoint = Endpoint::make(&caller, &ours, "session.*").await;
    let other = Endpoint::make(&stranger, &theirs, "*").await;
    let first = stack.sign_in("antirius").await.tokens();
    caller.refresh(&first.refresh).await;
    for _ in 0..3 {
        caller.refuses(&first.refresh).await;
    }

    let mut events = BTreeMap::new();
    for told in [ours.next().await, ours.next().await] {
        assert!(endpoint.has_signed(&told), "{told:?}");
        let event = told.json();
        assert_eq!((&event["data"]["tenant"], told.target()), (&json!("antirius"), "/events"));
        let session = &event["data"]["session"];
        assert_eq!((&session["id"], &session["status"]), (&json!(first.session), &json!("ended")), "{event}");
        events.insert(event["type"].as_str().unwrap().to_owned(), told.header("webhook-id").to_owned());
    }
    assert!(events.keys().eq(["session.ended", "session.reuse_detected"]), "{events:?}");
    // What is to be delivered was written together with the session's end: it is all of it.
    let listed = endpoint.deliveries(&caller).await;
    let ids: Vec<&Value> = listed.iter().map(|delivery| &delivery["event_id"]).collect();
    assert!(ids.len() == 2 && events.values().all(|id| ids.contains(&&json!(id))), "{listed:?}");

    // The first that the other tenant hears of anything is what it asks for itself.
    assert_eq!(other.deliveries(&stranger).await, [] as [Value; 0]);
    let tried = stranger.call(Method::POST, &format!("{}/test", other.path), &[], None).await;
    assert_eq!(tried.status, 202, "{:?}", tried.body);
    let told = theirs.next().await;
    assert!(other.has_signed(&told) && !endpoint.has_signed(&told));
    assert_eq!(told.json()["type"], "webhook_endpoint.test");
    assert!(ours.left().is_empty() && theirs.left().is_empty());
}

/// A tenant's webhook endpoint at a receiver.
struct Endpoint {
    path: String,
    secret: Vec<u8>,
}

impl Endpoint {
    async fn make(caller: &Caller, receiver: &Receiver, events: &str) -> Self {
        let wish = json!({ "url": format!("{}/events", receiver.url), "events": [events] });
        let made = caller.call(Method::POST, "/v1/webhook-endpoints", &[], Some(&wish)).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        let secret = made.body["secret"].as_str().and_then(|secret| secret.strip_prefix("whsec_"));
        let secret = STANDARD.decode(secret.expect("a secret")).expect("base64");
        Self { path: format!("/v1/webhook-endpoints/{}", made.body["id"].as_str().unwrap()), secret }
    }

    /// Standard Webhooks 1.0.0, as a receiver checks it.
    fn has_signed(&self, told: &Told) -> bool {
        let text =
            format!("{}.{}.{}", told.header("webhook-id"), told.header("webhook-timestamp"), told.body);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let ours = format!("v1,{}", STANDARD.encode(hmac::sign(&key, text.as_bytes())));
        told.header("webhook-signature").split(' ').any(|theirs| theirs == ours)
    }

    /// All that was ever to be delivered there.
    async fn deliveries(&self, caller: &Caller) -> Vec<Value> {
        let path = format!("{}/deliveries?limit=100", self.path);
        let page = caller.call(Method::GET, &path, &[], None).await;
        assert!(page.status == 200 && page.body["next_cursor"].is_null(), "{:?}", page.body);
        page.body["items"].as_array().unwrap().clone()
    }
}
