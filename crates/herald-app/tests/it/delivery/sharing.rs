//! Tenants and connections that want much, beside others that want little.

use std::{collections::BTreeMap, sync::Arc};

use herald_app::{Connection, DeliveryRules, Tenant, Tenants};
use herald_core::{
    id::{ConnectionId, TenantId},
    notification::NotificationStatus,
};
use herald_testkit::fake_notifier::FakeNotifier;

use super::to_phone;
use crate::{accepting::wish, world::World};

/// A second tenant, with a notifier of its own behind its connection `main`.
fn another(world: &World, notifier: &Arc<FakeNotifier>) -> Tenant {
    let mut tenant = world.tenant_value();
    let main = ConnectionId::parse("main").unwrap();
    let connection =
        Connection { notifier: Some(notifier.clone()), ..Connection::clone(&tenant.connections[&main]) };
    tenant.id = TenantId::parse("other").unwrap();
    tenant.sites.clear();
    tenant.notify = vec![main.clone()];
    tenant.connections = BTreeMap::from([(main, Arc::new(connection))]);
    tenant
}

#[tokio::test]
async fn a_tenant_with_thousands_waiting_does_not_hold_up_one_with_ten() {
    let world = World::new().await;
    let notifier = Arc::new(FakeNotifier::new(false));
    let tenants = vec![world.tenant_value(), another(&world, &notifier)];
    world.herald.replace_tenants(Tenants::new(tenants));
    world.plain.holds(true);
    world.accept_many("many", 5_000, &wish("main")).await;
    world.accept_many_of("other", "few", 10, |number| to_phone("main", number)).await;
    // No time passes, and the first tenant's provider answers nothing.
    world.passing(0, notifier.effects_reach(10)).await;
    assert!(world.plain.effects().is_empty());
}

#[tokio::test]
async fn a_connection_that_answers_nothing_does_not_hold_up_the_tenants_other_one() {
    let world = World::new().await;
    let delivery = DeliveryRules { max_in_flight: 20, ..DeliveryRules::default() };
    world.herald.replace_tenants(Tenants::new(vec![Tenant { delivery, ..world.tenant_value() }]));
    world.plain.holds(true);
    let slow = world.accept_many("slow", 300, &wish("main")).await;
    let quick = world.accept_many("quick", 10, &wish("web")).await;
    let settled = world.passing(0, world.all_settled(&quick)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert!(world.plain.effects().is_empty());
    world.plain.holds(false);
    let settled = world.passing(1, world.all_settled(&slow)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert!(world.plain.most_at_once() <= 4);
}

#[tokio::test]
async fn no_tenant_has_more_attended_to_than_its_share() {
    let world = World::new().await;
    let delivery = DeliveryRules { max_in_flight: 3, ..DeliveryRules::default() };
    world.herald.replace_tenants(Tenants::new(vec![Tenant { delivery, ..world.tenant_value() }]));
    let ids = world.accept_many("k", 50, &wish("main")).await;
    // No time passes: what ends makes room for the next.
    let settled = world.passing(0, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert!(world.plain.most_at_once() <= 3, "{}", world.plain.most_at_once());
}

#[tokio::test]
async fn what_a_tenant_that_is_not_configured_here_has_waiting_is_left_alone_until_it_is_again() {
    let world = World::new().await;
    let mut planned = wish("main");
    planned.send_at = Some(world.now() + jiff::SignedDuration::from_secs(10));
    let id = world.accept_wish("k", planned).await.notification.id;
    let acme = world.tenant_value();
    let stranger = Tenant { id: TenantId::parse("stranger").unwrap(), ..world.tenant_value() };
    world.herald.replace_tenants(Tenants::new(vec![stranger]));
    world.pass_slowly(120, 1).await;
    world.herald.replace_tenants(Tenants::new(vec![acme]));
    assert_eq!(world.notification(id).await.attempts, []);
    let settled = world.passing(1, world.settled(id)).await;
    assert_eq!(settled.status, NotificationStatus::Sent);
}
