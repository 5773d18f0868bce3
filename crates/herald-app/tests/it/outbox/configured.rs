//! What follows the configuration, and what does not.

use herald_app::{LogoutReceiver, Tenant, Tenants};
use jiff::{SignedDuration, Timestamp};

use super::trouble::status;
use crate::world::World;

impl World {
    pub(super) fn is_configured(&self, change: impl FnOnce(&mut Tenant)) {
        let mut tenant = self.tenant_value();
        change(&mut tenant);
        self.herald.replace_tenants(Tenants::new(vec![tenant]));
    }
}

#[tokio::test]
async fn the_audience_is_the_tenants_own() {
    let world = World::new().await;
    world.is_configured(|tenant| tenant.sessions.audience = Some("https://api.acme.example".to_owned()));
    world.ended().await;
    assert_eq!(world.told(1).await[0]["aud"], "https://api.acme.example");
}

#[tokio::test]
async fn a_receiver_that_comes_later_hears_of_what_happens_later() {
    let world = World::new().await;
    world.is_configured(|tenant| tenant.sessions.backchannel_logout = None);
    world.ended().await;
    assert_eq!(world.rests().await, None);
    world.is_configured(|_| {});
    let later = world.ended().await;
    let told = world.told(1).await;
    assert_eq!((told.len(), &told[0]["sid"]), (1, &serde_json::json!(later.id)));
    assert_eq!(world.rests().await, None);
}

#[tokio::test]
async fn a_receiver_that_is_taken_away_is_not_told_any_more() {
    let world = World::new().await;
    world.courier.answers([Ok(status(503))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    world.is_configured(|tenant| tenant.sessions.backchannel_logout = None);
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    // Not even when it is back.
    world.is_configured(|_| {});
    world.pass(600);
    assert_eq!((world.rests().await, world.courier.so_far().len()), (None, 1));
}

#[tokio::test]
async fn a_receiver_that_moved_is_told_where_it_is_now() {
    let world = World::new().await;
    world.courier.answers([Ok(status(503))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    let url = "http://logout.internal/acme";
    let receiver = LogoutReceiver { url: url.parse().unwrap(), may_be_private: true };
    world.is_configured(|tenant| tenant.sessions.backchannel_logout = Some(receiver));
    world.pass_to(due);
    world.told(2).await;
    let parcel = &world.courier.so_far()[1];
    assert_eq!((parcel.url.as_str(), parcel.may_be_private), (url, true));
}

/// A world whose tenant is gone, with an event of it that could not be told before; and when that is looked at next.
async fn gone() -> (World, Timestamp) {
    let world = World::new().await;
    world.courier.answers([Ok(status(503))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    world.herald.replace_tenants(Tenants::default());
    world.pass_to(due);
    // It is looked at, and left alone for a while.
    let again_at = due + SignedDuration::from_secs(30);
    world.until_event_due_at(again_at).await;
    assert_eq!(world.courier.so_far().len(), 1);
    (world, again_at)
}

#[tokio::test]
async fn the_event_of_a_tenant_that_is_gone_waits_for_it() {
    let (world, again_at) = gone().await;
    world.is_configured(|_| {});
    world.pass_to(again_at);
    let told = world.told(2).await;
    assert_eq!(told[0]["jti"], told[1]["jti"]);
    assert_eq!(world.rests().await, None);
}

#[tokio::test]
async fn the_event_of_a_tenant_that_stays_away_expires() {
    let (world, _) = gone().await;
    world.pass(3 * 24 * 3600);
    assert_eq!(world.rests().await, None);
    world.is_configured(|_| {});
    world.pass(60);
    assert_eq!((world.rests().await, world.courier.so_far().len()), (None, 1));
}
