//! A cluster of three masters.

use std::{sync::LazyLock, time::Duration};

use futures_util::future;
use herald_testkit::redis_server::{RedisCluster, RedisServer, Reply};
use redis::{Script, Value};

use super::{FAIL_OVER, Link, RECOVERY, RedisMode, command, link_to, recovers, refused, set};

static COUNT: LazyLock<Script> =
    LazyLock::new(|| Script::new("redis.call('INCR', KEYS[1])\nreturn redis.call('INCR', KEYS[2])"));

fn link(cluster: &RedisCluster) -> Link {
    link_to(&cluster.urls(), RedisMode::Cluster)
}

/// Tenants on all three nodes.
const TENANTS: usize = 30;

fn keys(tenant: usize) -> [Vec<u8>; 2] {
    ["a", "b"].map(|what| format!("herald:{{tenant-{tenant}}}:{what}").into_bytes())
}

async fn count(link: &Link, tenant: usize) -> Result<Value, herald_core::store::StoreError> {
    link.run(&COUNT, &keys(tenant), &[]).await
}

#[tokio::test]
async fn every_tenant_is_served_by_its_node() {
    let cluster = RedisCluster::start();
    // One node is enough to find the others.
    let link = link_to(&cluster.urls()[1..2], RedisMode::Cluster);
    for round in 1..=3 {
        for node in cluster.nodes() {
            node.command(&["SCRIPT", "FLUSH"]);
        }
        let counted = future::join_all((0..TENANTS).map(|tenant| count(&link, tenant))).await;
        assert!(
            counted.iter().all(|counted| matches!(counted, Ok(Value::Int(n)) if *n == round)),
            "{counted:?}"
        );
    }
    link.ping().await.unwrap();
    for node in cluster.nodes() {
        assert!(matches!(node.command(&["DBSIZE"]), Reply::Integer(1..)));
    }
}

#[tokio::test]
async fn one_node_that_hangs_or_restarts_is_nothing_to_the_tenants_of_the_others() {
    let cluster = RedisCluster::start();
    let link = link(&cluster);
    let tenant_of = |node: &RedisServer| {
        let is_there =
            |tenant: &usize| cluster.node_of(&format!("{{tenant-{tenant}}}")).port() == node.port();
        (0..TENANTS).find(is_there).unwrap()
    };
    let [first, second, _] = cluster.nodes();
    let (ill, well) = (tenant_of(first), tenant_of(second));
    future::try_join(count(&link, ill), count(&link, well)).await.unwrap();
    // Shorter than the nodes take to call it dead, upon which a cluster with gaps serves nobody.
    first.signal("STOP");
    let hang = async {
        refused(count(&link, ill)).await;
    };
    let serve = async {
        for _ in 0..100 {
            let served = tokio::time::timeout(Duration::from_millis(500), count(&link, well));
            served.await.unwrap().unwrap();
        }
    };
    future::join(hang, serve).await;
    first.signal("CONT");
    recovers(RECOVERY, || count(&link, ill)).await;

    first.restart();
    cluster.wait();
    recovers(FAIL_OVER, || count(&link, ill)).await;
    recovers(RECOVERY, || link.ping()).await;
}

#[tokio::test]
async fn a_slot_that_moves_is_followed_without_a_failed_call() {
    let cluster = RedisCluster::start();
    let link = link(&cluster);
    count(&link, 1).await.unwrap();
    let ([from, to], slot) = moving(&cluster, "{tenant-1}");
    // What is there is served, what is not is asked for at the other node.
    assert_eq!(count(&link, 1).await.unwrap(), Value::Int(2));
    let [a, b] = keys(1).map(|key| String::from_utf8(key).unwrap());
    for key in [&a, &b] {
        let moved = ["MIGRATE", "127.0.0.1", &to.port().to_string(), key, "0", "5000"];
        assert_eq!(from.command(&moved), Reply::Text("OK".to_owned()));
        // Now one key is here and one there, or both there.
        if key == &b {
            assert_eq!(count(&link, 1).await.unwrap(), Value::Int(3));
        }
    }
    for node in [to, from] {
        node.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)]);
    }
    for expected in 4..10 {
        assert_eq!(count(&link, 1).await.unwrap(), Value::Int(expected));
    }
}

/// Makes the slot of this key be about to move; gives from where, to where, and which it is.
fn moving<'a>(cluster: &'a RedisCluster, key: &str) -> ([&'a RedisServer; 2], String) {
    let from = cluster.node_of(key);
    let to = cluster.nodes().iter().find(|node| node.port() != from.port()).unwrap();
    let Reply::Integer(slot) = from.command(&["CLUSTER", "KEYSLOT", key]) else { panic!() };
    let slot = slot.to_string();
    to.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
    from.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
    ([from, to], slot)
}

/// Else whoever waits to store what a provider answered would give up at once.
#[tokio::test]
async fn what_the_node_refuses_that_a_slot_moves_to_can_be_tried_again() {
    let cluster = RedisCluster::start();
    let link = link(&cluster);
    let ([_, to], slot) = moving(&cluster, "{tenant-1}");
    to.command(&["CONFIG", "SET", "maxmemory", "1"]);
    // Of one key: that of several none is there yet, is refused by that node for another reason.
    let add = Script::new("return redis.call('INCR', KEYS[1])");
    let add = async || link.run(&add, &[b"{tenant-1}".to_vec()], &[]).await;
    refused(add()).await;
    refused(set(&link, "{tenant-1}")).await;
    to.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(add().await.unwrap(), Value::Int(1));
    // Now each of them says that the other has the slot.
    to.command(&["CLUSTER", "SETSLOT", &slot, "STABLE"]);
    refused(add()).await;
}

fn id(node: &RedisServer) -> String {
    node.command(&["CLUSTER", "MYID"]).text().to_owned()
}

#[tokio::test]
async fn commands_without_a_key_reach_some_node() {
    let cluster = RedisCluster::start();
    let link = link(&cluster);
    for _ in 0..6 {
        link.query(command(&["PING"])).await.unwrap();
    }
    set(&link, "herald:tenants").await.unwrap();
    assert_eq!(
        link.query(command(&["GET", "herald:tenants"])).await.unwrap(),
        Value::BulkString(b"1".to_vec())
    );
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_refused() {
    let server = RedisServer::start();
    let link = link_to(&[server.url()], RedisMode::Cluster);
    assert!(set(&link, "a").await.is_err());
    assert!(link.ping().await.is_err());
}
