//! A store that was emptied and begun anew: a replica of the time before ends, and comes back as one of the new time.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::fleet::Fleet;
use crate::{caller::Caller, stack::client};

/// A look at the store comes every five seconds, and takes little more than one.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_store_was_begun_anew_by_another_ends_and_comes_back_as_one_of_it() {
    let mut fleet = Fleet::start(2).await;
    let (status, before) = notify(&fleet.caller_at(0, "antara")).await;
    assert_eq!(status, 202, "{before}");
    // It sleeps, or it would put its own secret back.
    fleet.process(0).signal("STOP");
    fleet.kill(1);
    fleet.redis.command(&["FLUSHALL"]);
    fleet.start_again(1);
    let (status, now) = notify(&fleet.caller_at(1, "antara")).await;
    assert_eq!(status, 202, "the store was emptied: {now}");

    fleet.process(0).signal("CONT");
    let old = fleet.process_mut(0);
    assert!(old.has_ended(SOON), "it goes on:\n{}", old.log());
    assert_eq!(old.ended().code(), Some(1), "a supervisor has to know that it did not end well");
    old.says(&["begun anew by another replica", "start it again"]);
    // Nobody is answered any more, whatever they ask: neither the API, nor a proxy, a browser or a provider.
    assert!(client().get(fleet.url_of(0)).send().await.is_err_and(|error| error.is_connect()));
    assert_eq!(fleet.asks_about(1, "readyz").await.0, 200);

    fleet.start_again(0);
    assert_eq!(fleet.asks_about(0, "readyz").await.0, 200);
    // The key is found by a hash, which both make with the same secret again.
    let (status, again) = notify(&fleet.caller_at(0, "antara")).await;
    assert_eq!((status, &again["id"]), (200, &now["id"]), "{again}");
}

/// The same notification under the same key, each time.
async fn notify(caller: &Caller) -> (u16, Value) {
    let to = json!({ "type": "slug", "slug": "slug000001" });
    let body = json!({ "to": to, "message": { "type": "text", "text": "hello" } });
    let key = [("Idempotency-Key", "key-1")];
    let answer = caller.call(Method::POST, "/v1/notifications", &key, Some(&body)).await;
    (answer.status.as_u16(), answer.body)
}
