//! Replicas over a Redis that is a cluster, and over one whose Sentinels move it.

use herald_testkit::redis_server::{RedisCluster, RedisSentinel, RedisServer};
use reqwest::Method;
use serde_json::json;

use super::fleet::{Fleet, until};
use crate::stack::{Stack, store_section};

#[tokio::test(flavor = "multi_thread")]
async fn over_a_cluster_a_person_signs_in_anywhere_and_is_sent_a_message() {
    let cluster = RedisCluster::start();
    let section = format!("{}mode = \"cluster\"\n", store_section(&cluster.urls().join("\", \""), 2));
    let fleet = Fleet::start_over(cluster, &section, 2, |config| config).await;
    // Whatever node a tenant's rows are on.
    for tenant in ["antara", "antirius", "authara"] {
        let tokens = fleet.sign_in(tenant).await.tokens();
        let [here, there] = [0, 1].map(|replica| fleet.caller_at(replica, tenant));
        let tokens = here.refresh(&tokens.refresh).await;
        assert_eq!(there.verify(&tokens.access).await["active"], true);
    }
    send(&fleet, "antara", "over a cluster").await;
    send(&fleet, "antirius", "over a cluster").await;
    assert_eq!(fleet.effects("send").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fail_over_by_sentinel_is_outlived_by_sessions_and_by_all_replicas() {
    let sentinel = RedisSentinel::start();
    let name = RedisSentinel::MASTER_NAME;
    let section =
        format!("{}mode = \"sentinel\"\nmaster_name = \"{name}\"\n", store_section(&sentinel.url(), 2));
    let fleet = Fleet::start_over(sentinel, &section, 2, |config| config).await;
    let before = fleet.sign_in("antirius").await.tokens();
    send(&fleet, "antirius", "before").await;

    let old = fleet.redis.master();
    // All that was answered is at the replica too: what a fail-over may lose is another test's matter.
    let offset = |server: &RedisServer, key: &str| {
        let info = server.command(&["INFO", "replication"]);
        info.text().lines().find_map(|line| line.strip_prefix(key).map(|offset| offset.trim().to_owned()))
    };
    until("the replica has everything", async || {
        let (given, taken) =
            (offset(old, "master_repl_offset:"), offset(fleet.redis.replica(), "slave_repl_offset:"));
        (given.is_some() && given == taken).then_some(())
    })
    .await;
    old.kill();
    until("the replica is the master", async || (fleet.redis.master().port() != old.port()).then_some(()))
        .await;
    for (replica, caller) in fleet.callers("antirius").iter().enumerate() {
        until("it works over the new master", async || {
            let is_ready = fleet.asks_about(replica, "readyz").await.0 == 200;
            let listed = caller.call(Method::GET, "/v1/sessions?limit=1", &[], None).await.status;
            (is_ready && listed == 200).then_some(())
        })
        .await;
    }
    let [here, there] = [0, 1].map(|replica| fleet.caller_at(replica, "antirius"));
    let after = here.refresh(&before.refresh).await;
    assert_eq!(after.session, before.session);
    assert_eq!(there.verify(&after.access).await["active"], true);
    fleet.sign_in("antirius").await;
    send(&fleet, "antirius", "after").await;
    assert_eq!(fleet.effects("send").await.len(), 2);
}

/// Sends a message through one replica, which the other knows of.
async fn send(stack: &Stack, tenant: &str, text: &str) {
    stack.switch(tenant, json!({ "everyone_reachable": true })).await;
    let [here, there] = [0, 1].map(|replica| stack.caller_at(replica, tenant));
    let to = match tenant {
        "antara" => json!({ "type": "slug", "slug": "xK9mNpQ2vRt7" }),
        _ => json!({ "type": "phone", "phone_number": "+79001112233" }),
    };
    let body = json!({ "to": to, "message": { "type": "text", "text": text } });
    let sent = here.notify(&text.replace(' ', "-"), &body).await.body;
    assert_eq!(sent["status"], "sent", "{sent}");
    let path = format!("/v1/notifications/{}", sent["id"].as_str().expect("an id"));
    assert_eq!(there.call(Method::GET, &path, &[], None).await.body["status"], "sent");
}
