//! Replicas are restarted one after the other, under load and behind nginx, and no caller notices.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::fleet::{Fleet, until};
use crate::{
    crowd::detached_in,
    front::Front,
    journey::session_of,
    relay::address,
    sessions::Tokens,
    stack::{TENANTS, client},
};

const ROUNDS: usize = 3;
/// How much is done between two restarts at least.
const BETWEEN: usize = 60;

/// What callers do meanwhile.
struct Load {
    nginx: String,
    sandbox: String,
    http: reqwest::Client,
    is_over: AtomicBool,
    done: AtomicUsize,
    faults: Mutex<Vec<String>>,
    accepted: Mutex<Vec<(String, String)>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_restarted_one_after_the_other_fail_no_request() {
    roll(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_restarted_one_after_the_other_fail_no_request() {
    roll(3).await;
}

async fn roll(count: usize) {
    let mut fleet = Fleet::start_with(count, |config| detached_in(&config)).await;
    fleet.switch("antara", json!({ "everyone_reachable": true })).await;
    let addresses: Vec<&str> = (0..count).map(|replica| address(fleet.url_of(replica))).collect();
    let front = Front::start(&addresses);
    let tokens = fleet.sign_in("antirius").await.tokens();
    let waiting = fleet.caller("antirius").start_login(&fleet.return_url()).await;
    let load = Arc::new(Load {
        nginx: front.url.clone(),
        sandbox: fleet.sandbox_url.clone(),
        http: client(),
        is_over: AtomicBool::new(false),
        done: AtomicUsize::new(0),
        faults: Mutex::default(),
        accepted: Mutex::default(),
    });
    let mut work = JoinSet::new();
    for worker in 0..4 {
        work.spawn(Arc::clone(&load).peek(waiting["id"].as_str().unwrap().to_owned()));
        work.spawn(Arc::clone(&load).verify(tokens.clone()));
        work.spawn(Arc::clone(&load).accept(worker));
        work.spawn(Arc::clone(&load).sign_in());
    }
    for _ in 0..ROUNDS {
        for replica in 0..count {
            load.goes_on().await;
            fleet.terminate(replica);
            load.goes_on().await;
            fleet.start_again(replica);
            until("it is ready", async || (fleet.asks_about(replica, "readyz").await.0 == 200).then_some(()))
                .await;
        }
    }
    load.goes_on().await;
    load.is_over.store(true, Ordering::SeqCst);
    work.join_all().await;
    let faults = load.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (done, accepted) = (load.done.load(Ordering::SeqCst), load.accepted.lock().unwrap().clone());
    // A replica that does not listen is found out at once; whatever else nginx met is told.
    let log = front.process.log();
    let is_news = |line: &&str| line.contains("[error]") && !line.contains("Connection refused");
    let met: Vec<&str> = log.lines().filter(is_news).take(10).collect();
    assert!(
        faults.is_empty(),
        "{} of {done} failed: {:#?}\n{met:#?}\n{}",
        faults.len(),
        &faults[..faults.len().min(10)],
        fleet.process(0).troubles()
    );
    let caller = fleet.caller_at(0, "antara");
    for (_, id) in &accepted {
        let path = format!("/v1/notifications/{id}");
        let now = caller.call(Method::GET, &path, &[("Prefer", "wait=60")], None).await.body;
        assert_eq!(now["status"], "sent", "{now}\n{}", fleet.process(0).troubles());
    }
    let mut effects: BTreeMap<String, usize> = BTreeMap::new();
    for effect in fleet.effects("send").await {
        *effects.entry(effect["body"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for (text, _) in &accepted {
        assert_eq!(effects.get(text), Some(&1), "{text}");
    }
    assert_eq!(effects.len(), accepted.len());
}

impl Load {
    /// Waits until some more was done.
    async fn goes_on(&self) {
        let before = self.done.load(Ordering::SeqCst);
        until("the load goes on", async || {
            (self.done.load(Ordering::SeqCst) >= before + BETWEEN).then_some(())
        })
        .await;
    }

    /// One request through nginx; its body if the answer is a success, and a note if it is not.
    async fn call(
        &self,
        tenant: usize,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Option<Value> {
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", self.nginx)).bearer_auth(TENANTS[tenant].1);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        } else {
            request = request.header("Prefer", "wait=5");
        }
        let fault = match request.send().await {
            Ok(answer) if answer.status().is_success() => match answer.json().await {
                Ok(body) => {
                    self.done.fetch_add(1, Ordering::SeqCst);
                    return Some(body);
                }
                Err(error) => error.to_string(),
            },
            Ok(answer) => format!("{}: {}", answer.status(), answer.text().await.unwrap_or_default()),
            Err(error) => error.to_string(),
        };
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{method} {path}: {fault}"));
        None
    }

    fn goes(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    async fn peek(self: Arc<Self>, id: String) {
        while self.goes() {
            self.call(1, Method::GET, &format!("/v1/logins/{id}"), None, None).await;
        }
    }

    async fn verify(self: Arc<Self>, tokens: Tokens) {
        let body = json!({ "credential": { "type": "token", "token": tokens.access } });
        while self.goes() {
            let seen = self.call(1, Method::POST, "/v1/sessions/verify", None, Some(&body)).await;
            assert!(seen.is_none_or(|seen| seen["active"] == true), "nobody is logged out");
        }
    }

    async fn accept(self: Arc<Self>, worker: usize) {
        for number in 0.. {
            if !self.goes() {
                return;
            }
            let text = format!("message {worker}-{number}");
            let to = json!({ "type": "slug", "slug": format!("slug{worker}{number:06}") });
            let body = json!({ "to": to, "message": { "type": "text", "text": text } });
            let taken = self
                .call(0, Method::POST, "/v1/notifications", Some(&text.replace(' ', "-")), Some(&body))
                .await;
            if let Some(taken) = taken {
                let id = taken["id"].as_str().unwrap().to_owned();
                self.accepted.lock().unwrap_or_else(PoisonError::into_inner).push((text, id));
            }
        }
    }

    async fn sign_in(self: Arc<Self>) {
        while self.goes() {
            let Some(login) = self.call(1, Method::POST, "/v1/logins", None, Some(&json!({}))).await else {
                continue;
            };
            let url = format!("{}/control/antirius/sessions/{}/confirm", self.sandbox, session_of(&login));
            assert!(self.http.post(url).json(&json!({})).send().await.unwrap().status().is_success());
            let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
            let mut status = Value::Null;
            while status != "confirmed" {
                // A replica that stops answers with what it has.
                let Some(seen) = self.call(1, Method::GET, &path, None, None).await else { break };
                status = seen["status"].clone();
                assert!(matches!(status.as_str(), Some("pending" | "opened" | "confirmed")), "{seen}");
            }
            let claim = json!({ "claim_secret": login["claim_secret"] });
            self.call(1, Method::POST, &format!("{path}/claim"), None, Some(&claim)).await;
        }
    }
}
