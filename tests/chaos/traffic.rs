//! Small calls of all kinds at a steady rate, whatever becomes of them; how long each took and what it was answered with.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    judge::Line,
    world::{KEY, World},
};

/// How often one of the calls is made. With what notifications and logins ask for it is more than 200 a second in all.
const EVERY: Duration = Duration::from_millis(6);
/// Longer than Herald may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest that a caller may wait for an answer, good or not.
pub(crate) const ANSWERED_WITHIN: Duration = Duration::from_millis(1_500);

/// One call that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) begun: Instant,
    pub(crate) took: Duration,
    /// 0 when there was no answer.
    pub(crate) status: u16,
    pub(crate) what: &'static str,
}

impl Call {
    /// Did the caller get what it asked for?
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The callers at it.
pub(crate) struct Traffic {
    calls: Arc<Mutex<Vec<Call>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Traffic {
    /// How many sessions it has of its own.
    pub(crate) const SESSIONS: usize = 1;

    /// Signs somebody in, begins a login that waits, and then looks at both again and again.
    pub(crate) async fn start(world: &World) -> Self {
        let waiting = post(world, "/v1/logins", &json!({ "expires_in_seconds": 600 })).await;
        let token = signed_in(world).await;
        let peek = format!("/v1/logins/{}", waiting["id"].as_str().unwrap_or_default());
        let verify = json!({ "credential": { "type": "token", "token": token } });
        let (http, urls) = (world.http.clone(), world.urls());
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let books = Arc::clone(&calls);
        let task = tokio::spawn(async move {
            let (mut ticks, mut calls) = (tokio::time::interval(EVERY), JoinSet::new());
            for number in 0usize.. {
                ticks.tick().await;
                let url = &urls[number % urls.len()];
                let (what, request) = match number % 5 {
                    0 | 1 => ("peek", http.request(Method::GET, format!("{url}{peek}"))),
                    2 | 3 => (
                        "verify",
                        http.request(Method::POST, format!("{url}/v1/sessions/verify")).json(&verify),
                    ),
                    _ => ("list", http.request(Method::GET, format!("{url}/v1/notifications?limit=5"))),
                };
                let (request, books) = (request.bearer_auth(KEY).timeout(PATIENCE), Arc::clone(&books));
                calls.spawn(async move {
                    let begun = Instant::now();
                    let status = match request.send().await {
                        Ok(answer) => {
                            let status = answer.status();
                            answer.bytes().await.map_or(0, |_| status.as_u16())
                        }
                        Err(_) => 0,
                    };
                    let call = Call { begun, took: begun.elapsed(), status, what };
                    books.lock().unwrap_or_else(PoisonError::into_inner).push(call);
                });
                while calls.try_join_next().is_some() {}
            }
        });
        Self { calls, task }
    }

    /// Ends it, and gives every call that was answered.
    pub(crate) fn end(self) -> Vec<Call> {
        self.task.abort();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by_key(|call| call.begun);
        calls
    }
}

/// Fills the line with what callers felt.
pub(crate) fn count(calls: &[Call], line: &mut Line) {
    let mut took: Vec<Duration> = calls.iter().map(|call| call.took).collect();
    took.sort_unstable();
    let at =
        |percent: usize| took.get(took.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    line.more.insert("calls", size(calls.len()));
    line.more.insert("calls_failed", size(calls.iter().filter(|call| !call.is_good()).count()));
    line.more.insert("p99_ms", millis(at(99)));
    line.more.insert("slowest_ms", millis(at(100)));
    line.more.insert("unanswered", size(calls.iter().filter(|call| call.status == 0).count()));
}

/// The first and the last of these, and how many there are; times are those since `began`.
pub(crate) fn list<'a>(calls: impl Iterator<Item = &'a Call>, began: Instant) -> String {
    let calls: Vec<&Call> = calls.collect();
    let tell = |call: &&Call| {
        let early = began.saturating_duration_since(call.begun).as_secs_f64();
        let at = call.begun.saturating_duration_since(began).as_secs_f64() - early;
        format!("{} {} at {at:.1} s took {:.1?}", call.what, call.status, call.took)
    };
    let ends: Vec<String> = calls.first().iter().chain(calls.last().iter()).map(|call| tell(call)).collect();
    format!("{} calls, {}", calls.len(), ends.join(" to "))
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
