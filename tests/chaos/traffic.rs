//! Small calls of all kinds at a steady rate, whatever becomes of them.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::interval,
};

use crate::{
    calls::{Calls, Kind},
    world::{KEY, World},
};

/// Longer than Herald may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// The callers at it.
pub(crate) struct Traffic(JoinHandle<()>);

impl Traffic {
    /// How many sessions it has of its own.
    pub(crate) const SESSIONS: usize = 1;

    /// Signs somebody in, begins a login that waits, and then looks at both, so many times a second.
    pub(crate) async fn start(world: &World, rate: u32, calls: Calls) -> Self {
        let waiting = post(world, "/v1/logins", &json!({ "expires_in_seconds": 600 })).await;
        let token = signed_in(world).await;
        let peek = format!("/v1/logins/{}", waiting["id"].as_str().unwrap_or_default());
        let verify = json!({ "credential": { "type": "token", "token": token } });
        let (http, urls) = (world.http.clone(), world.urls());
        let task = tokio::spawn(async move {
            let (mut ticks, mut under_way) = (interval(Duration::from_secs(1) / rate), JoinSet::new());
            for number in 0usize.. {
                ticks.tick().await;
                let url = &urls[number % urls.len()];
                let (kind, request) = match number % 5 {
                    0 | 1 => (Kind::Peek, http.get(format!("{url}{peek}"))),
                    2 | 3 => (Kind::Verify, http.post(format!("{url}/v1/sessions/verify")).json(&verify)),
                    _ => (Kind::List, http.get(format!("{url}/v1/notifications?limit=5"))),
                };
                let (request, calls) = (request.bearer_auth(KEY).timeout(PATIENCE), calls.clone());
                under_way.spawn(async move { calls.make(kind, request).await });
                while under_way.try_join_next().is_some() {}
            }
        });
        Self(task)
    }

    /// Ends it.
    pub(crate) fn end(self) {
        self.0.abort();
    }
}

async fn post(world: &World, path: &str, body: &Value) -> Value {
    let request = world.http.post(format!("{}{path}", world.url)).bearer_auth(KEY).json(body);
    let answer = request.send().await.expect("Herald answers");
    assert!(matches!(answer.status(), StatusCode::OK | StatusCode::CREATED), "{path}: {}", answer.status());
    answer.json().await.expect("Herald speaks JSON")
}

/// The access token of somebody who signed in.
async fn signed_in(world: &World) -> String {
    let login = post(world, "/v1/logins", &json!({})).await;
    let link = login["next"]["links"][0]["url"].as_str().expect("a link");
    let (_, session) = link.split_once("start=").expect("a deep link");
    let session: String = session.chars().take_while(char::is_ascii_hexdigit).collect();
    world.control(Method::POST, &format!("antirius/sessions/{session}/confirm"), Some(json!({}))).await;
    let path = format!("/v1/logins/{}", login["id"].as_str().expect("an id"));
    let request = world.http.get(format!("{}{path}", world.url)).bearer_auth(KEY).header("Prefer", "wait=30");
    assert_eq!(request.send().await.expect("Herald answers").status(), 200);
    let claim =
        post(world, &format!("{path}/claim"), &json!({ "claim_secret": login["claim_secret"] })).await;
    claim["session"]["access_token"].as_str().expect("a token").to_owned()
}
