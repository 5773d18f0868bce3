//! Redis goes away: everything that needs it is refused soon and by name, and all goes on by itself when it is back.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    fleet::{Fleet, until},
    looks::{all_looks, good_looks},
};
use crate::{
    caller::Caller,
    journey::session_of,
    sessions::{Tokens, site_in},
    stack::after,
};

/// The longest that a caller may wait to hear that the store is away.
pub(super) const ANSWERED_WITHIN: Duration = Duration::from_millis(1_500);
/// How soon `/readyz` notices, and how soon all is well again.
const NOTICED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_killed_every_call_is_a_503_and_all_goes_on_when_it_is_back() {
    let fleet = Fleet::start_with(2, |config| site_in(&config, "")).await;
    outage(&fleet, || fleet.redis.kill(), || fleet.redis.restart()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_standing_still_every_call_is_a_503_and_all_goes_on_when_it_moves() {
    let fleet = Fleet::start_with(2, |config| site_in(&config, "")).await;
    outage(&fleet, || fleet.redis.signal("STOP"), || fleet.redis.signal("CONT")).await;
}

async fn outage(fleet: &Fleet, away: impl FnOnce(), back: impl FnOnce()) {
    let tokens = fleet.sign_in("antirius").await.tokens();
    let subject = fleet.sign_in("antara").await.claim["subject"].clone();
    let callers = fleet.callers("antirius");
    // Left over from before: a login that waits, and a notification whose time comes while Redis is away.
    let login = callers[0].start_login(&fleet.return_url()).await;
    let body = json!({
        "to": { "type": "subject", "subject": subject },
        "message": { "type": "text", "text": "queued before" },
        "send_at": after(Duration::from_secs(3))
    });
    let antara = fleet.caller_at(0, "antara");
    let queued =
        antara.call(Method::POST, "/v1/notifications", &[("Idempotency-Key", "k")], Some(&body)).await;
    assert_eq!(queued.status, 202, "{:?}", queued.body);

    // What both know of the session is warm.
    assert_eq!(good_looks(fleet, &tokens.access).await, all_looks(fleet));
    away();
    let gone = Instant::now();
    // Who asks at once waits longest.
    let all_refused = join_all(callers.iter().map(async |caller| {
        let calls = calls(&tokens, &login, &fleet.return_url());
        join_all(calls.iter().map(|call| refused(caller, call))).await;
    }));
    let none_is_ready = join_all((0..callers.len()).map(async |replica| {
        until("it is not ready", async || {
            assert_eq!(fleet.asks_about(replica, "livez").await.0, 200);
            (fleet.asks_about(replica, "readyz").await.0 == 503).then_some(())
        })
        .await;
    }));
    // What was seen of a session is good for a while; then nobody knows whether it was ended, and nobody is let in.
    let nobody_let_in =
        until("nobody is let in", async || (good_looks(fleet, &tokens.access).await == 0).then_some(()));
    tokio::join!(all_refused, none_is_ready, nobody_let_in);
    assert!(gone.elapsed() < NOTICED_WITHIN, "{:?}", gone.elapsed());
    // The person says yes meanwhile, and the notification is due.
    fleet.tell(&format!("antirius/sessions/{}/confirm", session_of(&login)), json!({})).await;
    loop {
        for caller in &callers {
            for call in calls(&tokens, &login, &fleet.return_url()) {
                refused(caller, &call).await;
            }
        }
        assert_eq!(good_looks(fleet, &tokens.access).await, 0, "let in without the store");
        assert_eq!(fleet.asks_about(0, "livez").await.0, 200);
        if gone.elapsed() > Duration::from_secs(6) {
            break;
        }
    }

    back();
    let returned = Instant::now();
    until("it works again", async || {
        let mut is_ready = true;
        for replica in 0..fleet.count() {
            assert_eq!(fleet.asks_about(replica, "livez").await.0, 200);
            is_ready &= fleet.asks_about(replica, "readyz").await.0 == 200;
        }
        (good_looks(fleet, &tokens.access).await == all_looks(fleet) && is_ready).then_some(())
    })
    .await;
    let took = returned.elapsed();
    assert!(took < NOTICED_WITHIN, "{took:?}");
    // What was left over is finished, by whoever.
    let confirmed = callers[1].wait_for_login(login["id"].as_str().unwrap()).await;
    assert_eq!(confirmed["status"], "confirmed", "{confirmed}");
    let path = format!("/v1/notifications/{}", queued.body["id"].as_str().unwrap());
    let sent = antara.call(Method::GET, &path, &[("Prefer", "wait=30")], None).await.body;
    assert_eq!(sent["status"], "sent", "{sent}");
    assert_eq!(fleet.effects("send").await.len(), 1);
    assert_eq!(fleet.control("counters").await["antirius"]["full"], 2, "each login was redeemed once");
    callers[1].refresh(&tokens.refresh).await;
}

/// One call of each kind that the store has a part in.
fn calls(tokens: &Tokens, login: &Value, return_url: &str) -> Vec<(Method, String, Option<Value>)> {
    let id = login["id"].as_str().unwrap();
    let to = json!({ "type": "phone", "phone_number": "+79001112233" });
    let post = |path: &str, body: Value| (Method::POST, path.to_owned(), Some(body));
    vec![
        post("/v1/logins", json!({ "return_url": return_url })),
        (Method::GET, format!("/v1/logins/{id}"), None),
        (Method::GET, "/v1/logins?limit=1".to_owned(), None),
        post(
            &format!("/v1/logins/{id}/claim"),
            json!({ "claim_secret": login["claim_secret"], "code": "hcc_any" }),
        ),
        post("/v1/notifications", json!({ "to": to, "message": { "type": "text", "text": "never" } })),
        (Method::GET, "/v1/notifications?limit=1".to_owned(), None),
        post("/v1/sessions/refresh", json!({ "refresh_token": tokens.refresh })),
        (Method::GET, format!("/v1/sessions/{}", tokens.session), None),
        (Method::GET, "/v1/sessions?limit=1".to_owned(), None),
        post("/v1/sessions/end", json!({ "subject": "sub_00000000000000000000000000" })),
    ]
}

/// Makes the call, which has to be refused in time, and in the words that a caller knows.
async fn refused(caller: &Caller, (method, path, body): &(Method, String, Option<Value>)) {
    let began = Instant::now();
    let headers = [("Idempotency-Key", "refused")];
    let answer = caller.call(method.clone(), path, &headers, body.as_ref()).await;
    let took = began.elapsed();
    let what = (answer.status.as_u16(), answer.body["code"].as_str().unwrap_or_default());
    assert_eq!(what, (503, "store_unavailable"), "{method} {path}: {:?}", answer.body);
    assert!(answer.headers.contains_key("retry-after"), "{method} {path}: {:?}", answer.headers);
    assert!(took < ANSWERED_WITHIN, "{method} {path} took {took:?}");
}
