//! Webhook endpoints and deliveries.

use std::slice::from_ref;

use herald_core::store::{EndpointRow, Page};

use crate::store_suite::{StoreFixture, outbox_list::of_endpoint, sample::Sample};

/// Endpoints and deliveries of one tenant, tried with another's name; and both may have the same ids.
pub async fn tenants_do_not_meet_in_webhooks(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("acme-2", fixture.now()));
    let (endpoint, delivery) = (ours.endpoint(1), ours.delivery(1));
    let page = Page { after: None, limit: 9 };
    assert!(store.insert_endpoint(&endpoint, 1).await.unwrap());
    store.append_outbox(from_ref(&delivery)).await.unwrap();
    for stranger in [&theirs.tenant, &Sample::of("a", ours.now).tenant] {
        assert_eq!(store.endpoints(stranger).await.unwrap(), []);
        assert!(!store.remove_endpoint(stranger, endpoint.id).await.unwrap());
        let foreign = EndpointRow { tenant: stranger.clone(), version: 2, ..endpoint.clone() };
        assert!(!store.replace_endpoint(&foreign, &[]).await.unwrap());
        assert_eq!(store.list_deliveries(stranger, of_endpoint(1), page).await.unwrap(), []);
    }

    let (their_endpoint, their_delivery) = (theirs.endpoint(1), theirs.delivery(1));
    assert!(store.insert_endpoint(&their_endpoint, 1).await.unwrap());
    store.append_outbox(from_ref(&their_delivery)).await.unwrap();
    assert_eq!(store.endpoints(&theirs.tenant).await.unwrap(), from_ref(&their_endpoint));
    let listed = store.list_deliveries(&theirs.tenant, of_endpoint(1), page).await.unwrap();
    assert_eq!(listed, [their_delivery]);
    assert!(store.remove_endpoint(&theirs.tenant, their_endpoint.id).await.unwrap());
    assert_eq!(store.endpoints(&ours.tenant).await.unwrap(), [endpoint]);
    assert_eq!(store.list_deliveries(&ours.tenant, of_endpoint(1), page).await.unwrap(), [delivery]);
}
