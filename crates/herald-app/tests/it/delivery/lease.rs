//! Notifications that are in hand for long, or change meanwhile.

use herald_app::{Tenant, Tenants};
use herald_core::{
    id::{NotificationId, TenantId},
    notification::NotificationStatus,
};

use super::{DOWN, to_phone};
use crate::{accepting::wish, replicas::Cluster, world::World};

impl World {
    /// Which of them nobody has begun to send.
    async fn waiting(&self, ids: &[NotificationId]) -> Vec<NotificationId> {
        self.breath(0).await;
        let mut waiting = vec![];
        for id in ids {
            if self.notification(*id).await.status == NotificationStatus::Queued {
                waiting.push(*id);
            }
        }
        assert_eq!(waiting.len() + 4, ids.len(), "the connection takes four at once");
        waiting
    }
}

#[tokio::test]
async fn what_waits_for_its_connection_longer_than_its_lease_is_sent_once_and_at_once() {
    let world = World::new().await;
    world.plain.holds(true);
    let ids = world.accept_many("k", 10, &wish("main")).await;
    world.plain.calls_reach(4).await;
    // Two leases long.
    world.pass_slowly(150, 1).await;
    assert_eq!(world.plain.calls(), 4);
    world.plain.holds(false);
    let settled = world.passing(0, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.plain.effects().len(), 10);
}

#[tokio::test]
async fn what_is_passed_on_by_hand_while_it_is_put_off_goes_on_at_once() {
    let world = World::new().await;
    world.plain.from_now_on(Some(DOWN));
    world.accept_many("others", 20, &wish("main")).await;
    world.plain.calls_reach(10).await;
    world.breath(0).await;
    let id = world.accept_wish("k", super::through_both()).await.notification.id;
    // In hand or put off: it is told either way.
    world.herald.notifications().skip(&world.tenant(), id).await.expect("it can go on");
    let settled = world.passing(0, world.settled(id)).await;
    assert_eq!(settled.status, NotificationStatus::Sent);
    assert_eq!(settled.carried_by().unwrap().connection.as_str(), "web");
}

#[tokio::test]
async fn what_waits_for_its_connection_goes_to_the_next_one_when_its_time_there_is_over() {
    let world = World::new().await;
    world.plain.holds(true);
    let ids = world.accept_many("k", 6, &super::through_both()).await;
    world.plain.calls_reach(4).await;
    let waiting = world.waiting(&ids).await;
    let settled = world.passing(1, world.all_settled(&waiting)).await;
    assert!(settled.iter().all(|it| it.carried_by().unwrap().connection.as_str() == "web"));
    world.plain.holds(false);
}

#[tokio::test]
async fn what_waits_for_its_connection_expires_in_time() {
    let world = World::new().await;
    world.plain.holds(true);
    let mut short = wish("main");
    short.expires_at = Some(world.now() + jiff::SignedDuration::from_mins(5));
    let ids = world.accept_many("k", 6, &short).await;
    world.plain.calls_reach(4).await;
    let waiting = world.waiting(&ids).await;
    let settled = world.passing(1, world.all_settled(&waiting)).await;
    assert!(settled.iter().all(|it| it.status == NotificationStatus::Expired));
    world.plain.holds(false);
}

/// It may be away for some of them only, as a node of a cluster is.
#[tokio::test]
async fn the_leases_of_every_tenant_are_looked_after_though_the_store_is_away_for_others() {
    let cluster = Cluster::new(2).await;
    let [world, idle] = &cluster.replicas[..] else { panic!("two") };
    idle.handle.set_deaf(true);
    let names = ["acme", "bravo", "charlie", "delta"].map(|name| TenantId::parse(name).unwrap());
    let tenant = |id: &TenantId| Tenant { id: id.clone(), sites: vec![], ..world.tenant_value() };
    world.herald.replace_tenants(Tenants::new(names.iter().map(tenant).collect()));
    world.plain.holds(true);
    for name in &names {
        world.accept_many_of(name.as_str(), "k", 1, |number| to_phone("main", number)).await;
    }
    world.plain.calls_reach(4).await;
    world.handle.set_away(true);
    cluster.pass(10).await;
    assert_eq!(world.handle.asked_to_prolong(), names.into());
}
