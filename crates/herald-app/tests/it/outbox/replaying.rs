//! Events told again.

use std::{collections::BTreeSet, time::Duration};

use herald_app::webhook::DeliveryStatus;
use herald_core::{clock::Clock as _, id::EndpointId};
use tokio::runtime::Runtime;

use super::{interrupted::killed, webhooks::id};
use crate::world::World;

impl World {
    /// Something that is told: a login that is cancelled.
    pub(super) async fn cancelled(&self) {
        let (login, _) = self.start("main").await;
        self.herald.logins().cancel(&self.tenant(), login).await.unwrap();
    }

    pub(super) async fn until_replayed(&self, endpoint: EndpointId) {
        let wait = async {
            while self.endpoint_now(endpoint).await.replay.is_some() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the replay ends");
    }

    pub(super) fn ids_sent_to(&self, host: &str) -> Vec<String> {
        self.sent_to(host).iter().map(|parcel| id(parcel).to_owned()).collect()
    }
}

#[tokio::test]
async fn a_replay_tells_everything_since_then_again_under_its_own_id() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    world.endpoint("other.example", &["login.*"]).await;
    world.cancelled().await;
    assert_eq!(world.rests().await, None);
    world.pass(100);
    let since = world.clock.now();
    world.cancelled().await;
    world.enable(endpoint.id, false).await;
    world.cancelled().await;
    world.pass(11);
    world.enable(endpoint.id, true).await;
    world.until_sent_to("other.example", 3).await;
    assert_eq!(world.rests().await, None);
    let before = world.ids_sent_to("shop.example");
    assert_eq!(before.len(), 2);
    world.pass(100);
    let webhooks = world.herald.webhooks();
    webhooks.test(&world.tenant(), endpoint.id).await.unwrap();
    world.until_sent_to("shop.example", 3).await;
    world.pass(1);
    let yet_to_come = world.clock.now() + jiff::SignedDuration::from_secs(1);
    assert!(webhooks.replay(&world.tenant(), endpoint.id, yet_to_come).await.is_err());
    webhooks.replay(&world.tenant(), endpoint.id, since).await.unwrap();
    world.until_replayed(endpoint.id).await;
    assert_eq!(world.rests().await, None);
    let ids = world.ids_sent_to("shop.example");
    // The trial, then the one that was told already and the one that was kept back.
    assert_eq!(ids.len(), 5);
    assert!(!ids[3..].contains(&before[0]) && ids[3..].contains(&before[1]));
    assert_ne!(ids[3], ids[4]);
    assert_eq!(world.sent_to("other.example").len(), 3);
    let deliveries = world.deliveries(endpoint.id).await;
    assert!(deliveries.iter().all(|delivery| delivery.status == DeliveryStatus::Delivered));
    assert_eq!(deliveries.iter().map(|delivery| delivery.attempts.len()).sum::<usize>(), 5);
}

#[tokio::test]
async fn a_second_replay_does_what_the_first_has_left_to_do() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    let since = world.clock.now();
    world.cancelled().await;
    assert_eq!(world.rests().await, None);
    world.pass(10);
    let idle = world.idle_replica("replica-2").await;
    let webhooks = idle.herald.webhooks();
    webhooks.replay(&world.tenant(), endpoint.id, since).await.unwrap();
    let until = world.clock.now();
    let both = webhooks.replay(&world.tenant(), endpoint.id, until).await.unwrap().replay.unwrap();
    assert_eq!((both.since, both.until), (since, until));
}

#[test]
fn a_replay_goes_on_after_a_restart() {
    const COUNT: usize = 300;
    let (world, endpoint) = killed(async |world| {
        world.is_configured(|tenant| tenant.sessions.backchannel_logout = None);
        let endpoint = world.endpoint("shop.example", &["login.*"]).await;
        let since = world.clock.now();
        for _ in 0..COUNT {
            world.cancelled().await;
        }
        world.until_sent_to("shop.example", COUNT).await;
        assert_eq!(world.rests().await, None);
        world.pass(10);
        // Its first messages are under way when it is killed.
        world.courier.gets_stuck_at("shop.example", 4);
        world.herald.webhooks().replay(&world.tenant(), endpoint.id, since).await.unwrap();
        world.until_sent_to("shop.example", COUNT + 1).await;
        (world, endpoint)
    });
    Runtime::new().unwrap().block_on(async {
        let under_way = world.sent_to("shop.example").len() - COUNT;
        let world = world.replica("replica-2").await;
        world.is_configured(|tenant| tenant.sessions.backchannel_logout = None);
        world.until_replayed(endpoint.id).await;
        // The dead one's leases run out.
        world.pass(60);
        world.until_all_is_told().await;
        let ids = world.ids_sent_to("shop.example");
        let again: BTreeSet<_> = ids[COUNT + under_way..].iter().collect();
        assert_eq!(again.len(), COUNT);
        assert_eq!(ids.len(), 2 * COUNT + under_way, "nothing is told twice but what was under way");
    });
}
