//! Signatures of webhooks, by the reference implementation of Standard Webhooks.

use herald_core::webhook::Endpoint;
use secrecy::ExposeSecret as _;
use standardwebhooks::Webhook;

use super::webhooks::{header, id};
use crate::world::World;

/// What the reference says that a message to this endpoint is signed with.
fn expected(endpoint: &Endpoint, parcel: &herald_core::courier::Parcel) -> String {
    let timestamp = header(parcel, "webhook-timestamp").parse().unwrap();
    let body = parcel.body.expose_secret().as_bytes();
    let reference = Webhook::new(endpoint.secrets.present().expose()).unwrap();
    reference.sign(id(parcel), timestamp, body).unwrap()
}

#[tokio::test]
async fn a_rotated_secret_signs_beside_the_new_one_for_a_day() {
    let world = World::with_webhooks().await;
    let first = world.endpoint("shop.example", &["session.ended"]).await;
    world.ended().await;
    let second = world.herald.webhooks().rotate_secret(&world.tenant(), first.id).await.unwrap();
    assert_ne!(first.secrets.present(), second.secrets.present());
    world.until_sent_to("shop.example", 1).await;
    world.rests().await;
    world.pass(86_399);
    world.ended().await;
    world.until_sent_to("shop.example", 2).await;
    world.rests().await;
    world.pass(1);
    world.ended().await;
    let parcels = world.until_sent_to("shop.example", 3).await;
    let signatures: Vec<Vec<_>> =
        parcels.iter().map(|parcel| header(parcel, "webhook-signature").split(' ').collect()).collect();
    let [of_first, of_second] = [&first, &second].map(|endpoint| move |parcel| expected(endpoint, parcel));
    assert!(signatures[0].contains(&of_first(&parcels[0]).as_str()));
    assert_eq!(signatures[1], [of_second(&parcels[1]), of_first(&parcels[1])]);
    assert_eq!(signatures[2], [of_second(&parcels[2])]);
}

#[tokio::test]
async fn every_endpoint_has_its_own_secret() {
    let world = World::with_webhooks().await;
    let one = world.endpoint("one.example", &["session.ended"]).await;
    let two = world.endpoint("two.example", &["session.ended"]).await;
    assert_ne!(one.secrets.present(), two.secrets.present());
    world.ended().await;
    for (host, endpoint) in [("one.example", &one), ("two.example", &two)] {
        let parcel = &world.until_sent_to(host, 1).await[0];
        assert_eq!(header(parcel, "webhook-signature"), expected(endpoint, parcel), "{host}");
    }
}
