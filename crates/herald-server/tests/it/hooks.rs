//! What providers send by themselves, over real sockets: what is taken in, and every bad input that it can be.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::{net::SocketAddr, sync::Arc};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    secret::{ApiKey, Digest},
};
use herald_sandbox::{Clock, Sandbox, SandboxConfig};
use herald_server::{
    config, openapi,
    startup::{Application, Overrides},
};
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::api::{
    broken_store::BrokenStore,
    wire::{Answer, Request, exchange, text},
};

const SECRET: &str = "k3J9-what-was-agreed-on";
const ANTARA: &str = "/hooks/acme/antara";
const AUTHARA: &str = "/hooks/acme/authara";

/// A whole Herald beside the simulated providers. Of `acme`'s connections `antara`, `own` (with a header and an encoding of
/// its own) and `authara` have a secret, and `quiet` has none.
struct World {
    sandbox: Sandbox,
    clock: Arc<FakeClock>,
    address: SocketAddr,
    key: String,
    _stop: oneshot::Sender<()>,
}

impl World {
    async fn start() -> Self {
        Self::with(Overrides::default()).await
    }

    async fn with(overrides: Overrides) -> Self {
        let clock = Arc::new(FakeClock::default());
        let simulated = SandboxConfig { clock: Clock::fixed(clock.now()), ..SandboxConfig::default() };
        let sandbox = Sandbox::start(simulated).await.unwrap();
        let key = ApiKey::generate(&SystemEntropy).expose().to_owned();
        let loaded = config::parse(&configuration(&sandbox, &key), &|_| None).unwrap();
        let overrides = Overrides { clock: Some(clock.clone()), ..overrides };
        let application = Application::build(&loaded.config, overrides).await.unwrap();
        let address = application.addr();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(application.run_until_stopped(async {
            // Dropping the sender says so too.
            let _ = stopped.await;
        }));
        Self { sandbox, clock, address, key, _stop: stop }
    }

    async fn send(&self, request: Request) -> Answer {
        request.send(self.address).await
    }

    /// Sends a message through `antara`, and gives the notification's id and what Antara calls the message.
    async fn sent(&self) -> (String, String) {
        let slug = &self.sandbox.control().antara().users()[0].slug;
        let body =
            json!({ "to": { "type": "slug", "slug": slug }, "message": { "type": "text", "text": "Hello" } });
        let request = Request::post("/v1/notifications", body.to_string()).header("Idempotency-Key", "k");
        let accepted = self.send(request.key(&self.key)).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        let id = text(&accepted.json(), "/id").to_owned();
        let sent = self.notification(&id).await;
        assert_eq!(sent["status"], "sent", "{sent}");
        let message = text(&sent, "/attempts/0/provider_message_id").to_owned();
        (id, message)
    }

    /// The notification as soon as it is neither queued nor being sent.
    async fn notification(&self, id: &str) -> Value {
        let request = Request::get(&format!("/v1/notifications/{id}")).header("Prefer", "wait=60");
        self.send(request.key(&self.key)).await.json()
    }
}

fn configuration(sandbox: &Sandbox, key: &str) -> String {
    let credentials = sandbox.credentials();
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
management_listen = "127.0.0.1:0"
public_url = "https://login.example"
development = true
[store]
path = ":memory:"

[tenants.acme]
detached_logins = true
notify = ["antara"]
keys = [{{ name = "a", sha256 = "{key}", scopes = ["notifications:write", "notifications:read"] }}]
[tenants.acme.connections.antara]
provider = "antara"
base_url = "{base}"
client_id = "{antara}"
api_key = "{api_key}"
webhook = {{ secret = "{SECRET}" }}
[tenants.acme.connections.own]
provider = "antara"
base_url = "{base}"
client_id = "{antara}"
webhook = {{ secret = "{SECRET}", header = "X-Own", encoding = "base64" }}
[tenants.acme.connections.quiet]
provider = "antara"
base_url = "{base}"
client_id = "{antara}"
[tenants.acme.connections.authara]
provider = "authara"
base_url = "{base}"
browser_url = "https://app.acme.example/herald"
webhook = {{ secret = "{SECRET}" }}
"#,
        key = Digest::of(key).to_hex(),
        base = credentials.base_url,
        antara = credentials.antara.client_id,
        api_key = credentials.antara.api_key,
    )
}

fn tag(body: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body)
}

fn signature(body: &[u8]) -> String {
    tag(body).as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// The body, under its right signature.
fn signed(path: &str, body: &str) -> Request {
    let header = if path == AUTHARA { "X-Authara-Signature" } else { "X-Antara-Signature" };
    Request::post(path, body).header(header, &signature(body.as_bytes()))
}

/// A notice of Authara's of so many seconds ago.
fn deleted(world: &World, seconds: i64) -> String {
    let at = world.clock.now() - SignedDuration::from_secs(seconds);
    format!(
        r#"{{"id": "e-{seconds}", "data": {{"user_id": "u-1"}}, "type": "user.deleted", "created_at": "{at}"}}"#
    )
}

#[tokio::test]
async fn a_delivery_notice_is_taken_in_once_and_a_replay_has_no_effect() {
    let world = World::start().await;
    let (id, message) = world.sent().await;
    let at = world.clock.now();
    let body =
        json!({ "id": "evt-1", "type": "message.delivered", "data": { "messageId": message } }).to_string();
    world.clock.advance(SignedDuration::from_secs(5));
    for _ in 0..100 {
        let answer = world.send(signed(ANTARA, &body)).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "B75 {answer:?}");
        world.clock.advance(SignedDuration::from_secs(1));
    }
    let notification = world.notification(&id).await;
    assert_eq!(notification["status"], "delivered");
    let delivered_at = text(&notification, "/delivered_at").parse().unwrap();
    assert_eq!(at + SignedDuration::from_secs(5), delivered_at);
}

#[tokio::test]
async fn a_header_and_an_encoding_of_its_own_are_a_connections_choice() {
    let world = World::start().await;
    let body = json!({ "type": "permission.changed" }).to_string();
    let base64 = STANDARD.encode(tag(body.as_bytes()));
    let to_own =
        |header: &str, value: &str| Request::post("/hooks/acme/own", body.as_str()).header(header, value);
    assert_eq!(world.send(to_own("x-own", &base64)).await.status, 204);
    for (header, value) in [("X-Antara-Signature", base64.as_str()), ("X-Own", &signature(body.as_bytes()))] {
        assert_eq!(world.send(to_own(header, value)).await.problem(), (401, "unauthenticated".to_owned()));
    }
}

#[tokio::test]
async fn what_does_not_prove_where_it_comes_from_is_refused() {
    let world = World::start().await;
    let (id, message) = world.sent().await;
    let body =
        json!({ "id": "evt-1", "type": "message.delivered", "data": { "messageId": message } }).to_string();
    let right = signature(body.as_bytes());
    let upper = format!("sha256={}", right["sha256=".len()..].to_uppercase());
    let other = signature(b"something else");
    let post = |body: &str| Request::post(ANTARA, body);
    let header = "X-Antara-Signature";
    for (request, what) in [
        (post(&body), "no signature"),
        (post(&body).header(header, ""), "an empty one"),
        (post(&body).header(header, &other), "a wrong one"),
        (post(&body.replace("evt-1", "evt-2")).header(header, &right), "right, but modified"),
        (post(&format!("{body} ")).header(header, &right), "right, but longer"),
        (post(&body).header(header, &upper), "upper-case digits"),
        (post(&body).header(header, &right["sha256=".len()..]), "without its prefix"),
        (post(&body).header(header, &right).header(header, &right), "twice"),
        (post(&body).header(header, &right).header("x-antara-signature", &other), "two"),
        (post(&body).header("X-Authara-Signature", &right), "another provider's header"),
        (Request::post(AUTHARA, body.as_str()).header(header, &right), "another provider's address"),
        (post(&body).key(&world.key), "an API key instead"),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "B75 {what}");
        assert!(!answer.body.contains(&right[7..]) && !answer.body.contains(&message), "B75 {what}");
    }
    assert_eq!(world.notification(&id).await["status"], "sent");
}

#[tokio::test]
async fn an_old_notice_is_refused_though_it_is_signed() {
    let world = World::start().await;
    let day = 24 * 60 * 60;
    for (seconds, status) in [(0, 204), (day, 204), (day + 1, 401), (30 * day, 401)] {
        let answer = world.send(signed(AUTHARA, &deleted(&world, seconds))).await;
        assert_eq!(answer.status, status, "B75 {seconds}");
    }
}

#[tokio::test]
async fn an_id_that_the_headers_contradict_or_a_body_that_makes_no_sense_is_refused() {
    let world = World::start().await;
    let body = deleted(&world, 0);
    let with_id = |id: &str| signed(AUTHARA, &body).header("X-Authara-Delivery", id);
    assert_eq!(world.send(with_id("e-0")).await.status, 204);
    for request in [
        with_id("e-1"),
        signed(AUTHARA, r#"{"type": "user.deleted"}"#),
        signed(ANTARA, ""),
        signed(ANTARA, "[]"),
        signed(ANTARA, "{"),
    ] {
        assert_eq!(world.send(request).await.problem(), (400, "malformed_body".to_owned()));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_refused() {
    let world = World::start().await;
    let padded = |length: usize| format!("{{\"type\":\"x\"{}}}", " ".repeat(length - 12));
    assert_eq!(padded(64).len(), 64);
    assert_eq!(world.send(signed(ANTARA, &padded(65_536))).await.status, 204);
    for length in [65_537, 2 * 1024 * 1024] {
        let request = signed(ANTARA, &padded(length));
        let in_chunks = exchange(world.address, &request.chunked_bytes()).await;
        for answer in [in_chunks, world.send(request).await] {
            assert_eq!(answer.problem(), (413, "body_too_large".to_owned()), "B76 {length}");
        }
    }
    let json = || signed(ANTARA, &padded(64)).without("Content-Type");
    for request in [
        json(),
        json().header("Content-Type", "text/plain"),
        json().header("Content-Type", "application/x-www-form-urlencoded"),
        json().header("Content-Type", "application/json").header("Content-Encoding", "gzip"),
    ] {
        assert_eq!(world.send(request).await.problem(), (415, "unsupported_media_type".to_owned()), "B76");
    }
}

#[tokio::test]
async fn what_takes_nothing_in_is_as_if_it_were_not_there() {
    let world = World::start().await;
    let body = json!({ "type": "permission.changed" }).to_string();
    let mut details = std::collections::BTreeSet::new();
    for path in [
        "/hooks/nobody/antara",
        "/hooks/acme/nothing",
        "/hooks/acme/quiet",
        "/hooks/ACME/antara",
        "/hooks/acme/%20",
        "/hooks/acme/antara%2f",
        "/hooks/acme/antara/x",
        "/hooks/acme",
    ] {
        let answer = world.send(signed(path, &body)).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{path}");
        details.insert(text(&answer.json(), "/detail").to_owned());
    }
    assert_eq!(details.len(), 1, "{details:?}");
    for method in ["GET", "PUT", "DELETE"] {
        let answer = world.send(Request::new(method, ANTARA)).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    assert!(!openapi::document_json().contains("/hooks/"), "it is for providers only");
}

#[tokio::test]
async fn without_a_store_the_provider_is_asked_to_come_again() {
    let overrides = Overrides { store: Some(Arc::new(BrokenStore)), ..Overrides::default() };
    let world = World::with(overrides).await;
    for request in [
        signed(ANTARA, &json!({ "type": "message.delivered", "messageId": "m-1" }).to_string()),
        signed(AUTHARA, &deleted(&world, 0)),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.problem(), (503, "store_unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.body.contains("canary"));
    }
}
