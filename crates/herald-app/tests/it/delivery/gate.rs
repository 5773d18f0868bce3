//! What a provider does to its connection: it is left alone for a while, and who asked is told.

use std::time::Duration;

use herald_app::{Tenants, webhook::NewEndpoint};
use herald_core::{
    error::{ErrorKind, Retry},
    event::ConnectionCondition,
    notification::NotificationStatus,
};
use herald_testkit::fake_provider::Ends;
use secrecy::ExposeSecret as _;

use super::{DOWN, phone, to_phone};
use crate::{accepting::wish, world::World};

const REFUSED: Ends = Ends::Fails(ErrorKind::Unauthenticated, Retry::After(Duration::from_secs(60)));

impl World {
    /// From now on the events of connections are told.
    async fn listen(&self) {
        let wish = NewEndpoint {
            url: "https://hooks.acme.example/herald".to_owned(),
            events: vec!["connection.*".to_owned()],
            description: None,
        };
        self.herald.webhooks().create(&self.tenant(), wish).await.expect("it is made");
    }

    /// What was told, when it is so many events: connection and type.
    async fn told_of_connections(&self, count: usize) -> Vec<(String, String)> {
        let parcels = self.courier.parcels(count).await;
        let told = parcels.iter().map(|parcel| {
            let body: serde_json::Value = serde_json::from_str(parcel.body.expose_secret()).unwrap();
            let word = |at: &str| body.pointer(at).and_then(|word| word.as_str()).unwrap().to_owned();
            (word("/data/connection/id"), word("/type"))
        });
        told.collect()
    }

    /// How the connection is.
    fn condition(&self, connection: &str) -> ConnectionCondition {
        let all = self.herald.notifications().connections();
        assert_eq!(all.len(), 2, "every connection that can notify is there");
        all.into_iter().find(|standing| standing.connection.as_str() == connection).unwrap().condition
    }
}

fn events(words: &[&str]) -> Vec<(String, String)> {
    words.iter().map(|word| ("main".to_owned(), format!("connection.{word}"))).collect()
}

#[tokio::test]
async fn a_provider_that_wants_to_be_left_alone_is_not_called_before_its_time() {
    let world = World::new().await;
    world.plain.send_ends([Ends::Fails(ErrorKind::RateLimited, Retry::After(Duration::from_secs(120)))]);
    let first = world.accept_many("first", 1, &wish("main")).await;
    world.plain.calls_reach(1).await;
    world.breath(0).await;
    let more = world.accept_many("more", 30, &wish("main")).await;
    world.pass_slowly(119, 1).await;
    assert_eq!(world.plain.calls(), 1, "it was called while it rested");
    let ids = [first, more].concat();
    let settled = world.passing(1, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.plain.calls(), 32);
    assert_eq!(world.condition("main"), ConnectionCondition::Available, "that is no trouble");
}

#[tokio::test]
async fn a_connection_whose_credential_is_refused_is_tried_once_a_minute_until_it_is_taken() {
    let world = World::new().await;
    world.listen().await;
    world.plain.from_now_on(Some(REFUSED));
    let first = world.accept_many("first", 1, &wish("main")).await;
    assert_eq!(world.told_of_connections(1).await, events(&["credentials_invalid"]));
    assert_eq!(world.condition("main"), ConnectionCondition::CredentialsInvalid);
    let more = world.accept_many("more", 50, &wish("main")).await;
    for minute in 1..=10 {
        world.pass_slowly(60, 1).await;
        let calls = world.plain.calls();
        assert!(calls <= 1 + minute, "{calls} calls in {minute} minutes");
    }
    assert!(world.plain.calls() > 5, "it is tried now and then");
    world.plain.from_now_on(None);
    let ids = [first, more].concat();
    let settled = world.passing(1, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.told_of_connections(2).await, events(&["credentials_invalid", "available"]));
    assert_eq!(world.condition("main"), ConnectionCondition::Available);
    assert_eq!(world.plain.effects().len(), 51);
}

#[tokio::test]
async fn a_parked_connection_is_tried_at_once_when_its_configuration_was_replaced() {
    let world = World::new().await;
    world.plain.send_ends([REFUSED]);
    world.accept_many("first", 1, &wish("main")).await;
    world.plain.calls_reach(1).await;
    while world.condition("main") != ConnectionCondition::CredentialsInvalid {
        tokio::task::yield_now().await;
    }
    world.herald.replace_tenants(Tenants::new(vec![world.tenant_value()]));
    let next = world.accept_many("next", 1, &wish("main")).await;
    assert_eq!(world.all_settled(&next).await[0].status, NotificationStatus::Sent);
    assert_eq!(world.condition("main"), ConnectionCondition::Available);
}

#[tokio::test]
async fn the_breaker_opens_lets_one_try_through_and_closes_and_says_so() {
    let world = World::new().await;
    world.listen().await;
    world.plain.from_now_on(Some(DOWN));
    let ids = world.accept_many("k", 40, &wish("main")).await;
    assert_eq!(world.told_of_connections(1).await, events(&["unavailable"]));
    assert_eq!(world.condition("main"), ConnectionCondition::Unavailable);
    assert_eq!(world.condition("web"), ConnectionCondition::Available);
    world.breath(0).await;
    let opened_by = world.plain.calls();
    assert!(opened_by <= 13, "{opened_by}");
    world.pass_slowly(9, 1).await;
    assert_eq!(world.plain.calls(), opened_by, "it is open");
    world.pass_slowly(15, 1).await;
    assert_eq!(world.plain.calls(), opened_by + 1, "one was tried, and it is open for longer");
    world.plain.from_now_on(None);
    let settled = world.passing(1, world.all_settled(&ids)).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    assert_eq!(world.told_of_connections(2).await, events(&["unavailable", "available"]));
    assert_eq!(world.condition("main"), ConnectionCondition::Available);
}

#[tokio::test]
async fn recipients_that_are_refused_one_by_one_do_not_keep_the_others_from_being_reached() {
    let world = World::new().await;
    // It does not say that it is about the recipient.
    let refused = Ends::Fails(ErrorKind::Misconfigured, Retry::After(Duration::from_secs(60)));
    for number in 0..100 {
        world.plain.always(&phone(number), refused);
    }
    let ids = world.accept_many_of("acme", "k", 200, |number| to_phone("main", number)).await;
    let began = world.now();
    let settled = world.passing(5, world.all_settled(&ids[100..])).await;
    assert!(settled.iter().all(|notification| notification.status == NotificationStatus::Sent));
    let took = world.now().duration_since(began);
    assert!(took < jiff::SignedDuration::from_mins(15), "{took}");
    assert_eq!(world.plain.effects().len(), 100);
}

#[tokio::test]
async fn recipients_of_whom_it_is_said_are_no_trouble_at_all() {
    let world = World::new().await;
    for number in 0..100 {
        world.plain.always(&phone(number), Ends::Fails(ErrorKind::UnknownRecipient, Retry::Never));
    }
    let ids = world.accept_many_of("acme", "k", 200, |number| to_phone("main", number)).await;
    // No time passes.
    let settled = world.passing(0, world.all_settled(&ids)).await;
    let (unknown, others) = settled.split_at(100);
    assert!(unknown.iter().all(|notification| notification.status == NotificationStatus::Failed));
    assert!(others.iter().all(|notification| notification.status == NotificationStatus::Sent));
}
