//! Sessions across replicas.

use std::{collections::HashSet, sync::atomic::Ordering};

use super::Cluster;
use crate::{
    foreign,
    sessions::{is_active, refresh, tokens},
    world::claimed,
};

#[tokio::test]
async fn an_ended_session_is_refused_on_every_replica_as_soon_as_that_is_heard_and_soon_without() {
    let cluster = Cluster::new(3).await;
    let [first, hears, deaf] = &cluster.replicas[..] else { panic!("three") };
    cluster.handles[2].set_deaf(true);
    let claimed = claimed(first, "main").await;
    let (access, _) = tokens(&claimed);
    for replica in &cluster.replicas {
        assert!(is_active(replica, access).await);
    }
    assert!(hears.herald.sessions().end(&hears.tenant(), claimed.session.0).await.unwrap());
    assert!(!is_active(hears, access).await);
    cluster.breath(0).await;
    // No time has passed.
    assert!(!is_active(first, access).await);
    assert!(is_active(deaf, access).await, "it is not heard, so it is believed for a moment");
    cluster.pass(4).await;
    assert!(!is_active(deaf, access).await);
}

#[tokio::test]
async fn fifty_refreshes_over_three_replicas_are_one_rotation() {
    let cluster = Cluster::new(3).await;
    let claimed = claimed(&cluster.replicas[0], "main").await;
    let first = tokens(&claimed).1.to_owned();
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let (replica, token) = (cluster.replicas[number % 3].clone(), first.clone());
            tokio::spawn(async move { refresh(&replica, &token).await.unwrap() })
        })
        .collect();
    let mut successors = HashSet::new();
    for call in calls {
        successors.insert(call.await.unwrap());
    }
    assert_eq!(successors.len(), 1);
    assert!(!successors.contains(&first));
}

#[tokio::test]
async fn fifty_refreshes_of_a_providers_session_over_three_replicas_are_one_call_and_nobody_waits_for_a_timer()
 {
    let cluster = Cluster::new(3).await;
    let sessions = &cluster.replicas[0].sessions;
    sessions.hold();
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let replica = cluster.replicas[number % 3].clone();
            tokio::spawn(async move {
                let renewed = foreign::refresh(&replica, "fake_refresh=a").await.unwrap();
                foreign::first(&renewed).to_owned()
            })
        })
        .collect();
    cluster.breath(0).await;
    sessions.let_through();
    // No time passes.
    for call in calls {
        assert_eq!(call.await.unwrap(), "fake_refresh=0; HttpOnly");
    }
    assert_eq!(sessions.refreshed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keys_that_one_replica_revokes_verify_nothing_on_another_as_soon_as_that_is_heard() {
    let cluster = Cluster::new(2).await;
    let [first, second] = &cluster.replicas[..] else { panic!("two") };
    let claimed = claimed(first, "main").await;
    let (access, _) = tokens(&claimed);
    assert!(is_active(second, access).await);
    first.herald.signing_keys().revoke_all(&first.tenant()).await.unwrap();
    cluster.breath(0).await;
    assert!(!is_active(second, access).await);
}
