//! A login that is begun, called back, waited for and claimed on different replicas.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::fleet::Fleet;
use crate::{
    journey::session_of,
    stack::{TENANTS, client},
    waiter::Waiter,
};

/// The safety net looks every five seconds; who is woken by the change itself is there before.
const SOON: Duration = Duration::from_secs(4);
const BEGIN: usize = 0;
const CALLBACK: usize = 1;
const WAIT: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_any_provider_may_use_another_replica_at_every_step() {
    let fleet = Fleet::start(3).await;
    for (tenant, key) in TENANTS {
        let callers = fleet.callers(tenant);
        let login = callers[BEGIN].start_login(&fleet.return_url()).await;
        let id = login["id"].as_str().unwrap();
        let waiter = Waiter::send(fleet.url_of(WAIT), key, id).await;
        let events = Events::open(fleet.url_of(WAIT), key, id).await;

        // The browser comes to yet another replica, start page and callback alike.
        fleet.lead_to(CALLBACK);
        let answered = tokio::spawn(async move { (waiter.answer().await, Instant::now()) });
        let streamed = tokio::spawn(async move { (events.until("confirmed").await, Instant::now()) });
        let back = fleet.walk(&callers[CALLBACK], &login).await;
        let came_back = Instant::now();
        let (seen, at) = answered.await.unwrap();
        assert_eq!(seen["status"], "confirmed", "{tenant}: {seen}");
        let (said, streamed_at) = streamed.await.unwrap();
        assert!(said.contains("event: login"), "{said}");
        for (who, at) in [("the long poll", at), ("the stream of events", streamed_at)] {
            let late = at.saturating_duration_since(came_back);
            assert!(late < SOON, "{tenant}: {who} knew {late:?} after the browser was back");
        }

        let code = back.query("code").unwrap_or_else(|| panic!("no code in {}", back.url));
        let secret = login["claim_secret"].as_str().unwrap();
        let mut claims = Vec::new();
        for caller in [&callers[WAIT], &callers[BEGIN], &callers[CALLBACK], &callers[WAIT]] {
            let claim = caller.claim(id, secret, &code).await;
            assert_eq!(claim.status, 200, "{tenant}: {:?}", claim.body);
            claims.push(claim.text);
        }
        claims.dedup();
        assert_eq!(claims.len(), 1, "{tenant}: the same claim has the same bytes everywhere");
        for caller in &callers {
            assert_eq!(caller.peek(id).await["status"], "claimed");
        }
    }
    // Nobody was asked twice for what can be had once.
    let counters = fleet.control("counters").await;
    assert_eq!((&counters["antirius"]["full"], &counters["antara"]["token"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_elsewhere_is_woken_by_a_refusal_a_cancel_and_a_claim() {
    let fleet = Fleet::start(2).await;
    let (_, key) = TENANTS[1];
    let [here, there] = [0, 1].map(|replica| fleet.caller_at(replica, "antirius"));
    for ending in ["denied", "cancelled"] {
        let login = here.start_login(&fleet.return_url()).await;
        let id = login["id"].as_str().unwrap();
        let waiter = Waiter::send(fleet.url_of(1), key, id).await;
        // It is there when its own replica has told it nothing new for a while; a peek of it is a round trip.
        assert_eq!(there.peek(id).await["status"], "pending");
        let began = Instant::now();
        if ending == "denied" {
            fleet.tell(&format!("antirius/sessions/{}/refuse", session_of(&login)), json!({})).await;
        } else {
            let path = format!("/v1/logins/{id}");
            assert_eq!(here.call(Method::DELETE, &path, &[], None).await.status, 204);
        }
        let seen = waiter.answer().await;
        assert_eq!(seen["status"], ending, "{seen}");
        assert!(began.elapsed() < SOON, "{ending}: {:?}", began.elapsed());
    }
}

/// A stream of server-sent events that is open.
struct Events(reqwest::Response);

impl Events {
    async fn open(herald: &str, key: &str, id: &str) -> Self {
        let request = client().get(format!("{herald}/v1/logins/{id}/events")).bearer_auth(key);
        let answer = request.send().await.expect("Herald answers");
        assert_eq!(answer.status(), 200);
        Self(answer)
    }

    /// Everything that is said up to a login with this status.
    async fn until(mut self, status: &str) -> String {
        let mut said = String::new();
        loop {
            let chunk = self.0.chunk().await.expect("the stream goes on").expect("it has not ended before");
            said.push_str(&String::from_utf8_lossy(&chunk));
            let mut data = said.lines().filter_map(|line| line.strip_prefix("data: "));
            if data
                .any(|data| serde_json::from_str::<Value>(data).is_ok_and(|login| login["status"] == status))
            {
                return said;
            }
        }
    }
}
