//! Several replicas on the same data.

use std::{collections::BTreeSet, slice::from_ref, sync::Arc};

use herald_core::store::{
    Accepted, ClaimWritten, EndpointRow, LoginRow, NotificationRow, Replaced, SecretRow, Store,
};

use super::{
    SharedFixture,
    begin::begin,
    race::{RACERS, race},
    sample::{ALMOST_LEASE, LEASE, SECOND, Sample, claimed, next, next_session},
};

/// A due login, notification and delivery of this number.
async fn write_due(store: &dyn Store, sample: &Sample, number: u128) {
    assert!(store.insert_login(&sample.due_login(number, sample.now), &[]).await.unwrap());
    let notification = sample.due_notification(number, sample.now);
    let accepted = store.accept_notification(&notification, &sample.key(number, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    store.append_outbox(&[sample.due_delivery(number, sample.now)]).await.unwrap();
}

/// Leases up to so many of each, and says which: the numbers of logins, notifications and deliveries.
async fn lease(store: &dyn Store, sample: &Sample, holder: &str, limit: usize) -> [Vec<u128>; 3] {
    let tenant = &sample.tenant;
    let logins = store.lease_logins(holder, LEASE, limit).await.unwrap();
    let notifications = store.lease_notifications(tenant, holder, LEASE, limit).await.unwrap();
    let deliveries = store.lease_deliveries(tenant, holder, LEASE, limit).await.unwrap();
    [
        logins.iter().map(|row| row.id.as_u128()).collect(),
        notifications.iter().map(|row| row.id.as_u128()).collect(),
        deliveries.iter().map(|row| row.id.as_u128()).collect(),
    ]
}

/// What one holds the other does not lease, nor give back, until its holder gives it back.
pub async fn leases_are_kept_between_replicas(fixture: impl SharedFixture) {
    let (store, other) = (fixture.store(), fixture.other().await);
    let (sample, none) = (Sample::of("acme", fixture.now()), [vec![], vec![], vec![]]);
    let (tenant, login) = (&sample.tenant, sample.login(1).id);
    let (notification, delivery) = (sample.notification(1).id, sample.delivery(1).id);
    write_due(store.as_ref(), &sample, 1).await;
    let give_back = async |store: &dyn Store, holder| {
        store.release_login(holder, tenant, login).await.unwrap();
        store.release_notification(holder, tenant, notification, None).await.unwrap();
        store.release_delivery(holder, tenant, delivery, None).await.unwrap();
    };
    assert_eq!(lease(store.as_ref(), &sample, "a", 9).await, [vec![1], vec![1], vec![1]]);
    assert_eq!(lease(other.as_ref(), &sample, "b", 9).await, none);
    assert!(!other.lease_login("b", tenant, login, LEASE).await.unwrap());
    give_back(other.as_ref(), "b").await;
    assert_eq!(lease(other.as_ref(), &sample, "b", 9).await, none);
    assert_eq!(other.next_login_due().await.unwrap(), Some(sample.now + LEASE));
    give_back(store.as_ref(), "a").await;
    assert_eq!(lease(other.as_ref(), &sample, "b", 9).await, [vec![1], vec![1], vec![1]]);
    assert_eq!(lease(store.as_ref(), &sample, "a", 9).await, none);
}

/// However many ask of both at once, each row goes to one of them, and none is left over.
pub async fn racing_replicas_share_out_what_is_due(fixture: impl SharedFixture) {
    let (replicas, sample) = ([fixture.store(), fixture.other().await], Sample::of("acme", fixture.now()));
    let number_of_rows = 120;
    for number in 0..number_of_rows {
        write_due(replicas[0].as_ref(), &sample, number).await;
    }
    let leased = race(|racer| {
        let (store, sample) = (Arc::clone(&replicas[racer % 2]), sample.clone());
        async move { lease(store.as_ref(), &sample, &format!("holder {racer}"), 3).await }
    })
    .await;
    for kind in 0..3 {
        let leased: Vec<u128> = leased.iter().flat_map(|kinds| kinds[kind].clone()).collect();
        let distinct: BTreeSet<u128> = leased.iter().copied().collect();
        assert_eq!(leased.len(), distinct.len(), "kind {kind}");
        assert_eq!(distinct, (0..number_of_rows).collect(), "kind {kind}");
    }
}

/// Of many writers on both that saw the same version exactly one gets through, whatever it writes; of many claims exactly one
/// gives a session.
pub async fn of_racing_replicas_one_writes(fixture: impl SharedFixture) {
    let (replicas, sample) = ([fixture.store(), fixture.other().await], Sample::of("acme", fixture.now()));
    let (login, pending) = (sample.login(1), sample.login(2));
    let (session, notification) = (sample.session(999, 9), sample.notification(1));
    let (endpoint, secret) = (sample.endpoint(1), sample.secret("signing-keys"));
    let store = &replicas[0];
    for row in [&login, &pending] {
        assert!(store.insert_login(row, &[]).await.unwrap());
    }
    begin(store.as_ref(), &sample, &session).await;
    let accepted = store.accept_notification(&notification, &sample.key(1, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    assert!(store.insert_endpoint(&endpoint, 9).await.unwrap());

    let wrote = race(|racer| {
        let (store, sample) = (Arc::clone(&replicas[racer % 2]), sample.clone());
        let text = format!("writer {racer}");
        let body = sample.body(&text);
        let (login, session) = (next(&login, &text), next_session(&session, &text));
        let notification = NotificationRow { version: 2, body: body.clone(), ..notification.clone() };
        let endpoint = EndpointRow { version: 2, body: body.clone(), ..endpoint.clone() };
        let (secret, number) = (SecretRow { body, ..secret.clone() }, racer as u128);
        let (claim, identity) = (claimed(&pending), sample.identity(number, number));
        let given = sample.session(number, number);
        async move {
            [
                store.replace_login(&login, &[]).await.unwrap(),
                store.claim_login(&claim, &identity, &given, &[]).await.unwrap() == ClaimWritten::Done,
                store.replace_session(&session, &[]).await.unwrap(),
                store.replace_notification(&notification, &[]).await.unwrap() == Replaced::Done,
                store.replace_endpoint(&endpoint, &[]).await.unwrap(),
                store.replace_secret(&secret).await.unwrap(),
            ]
        }
    })
    .await;
    for write in 0..6 {
        let winners = wrote.iter().filter(|wrote| wrote[write]).count();
        assert_eq!(winners, 1, "write {write}");
    }
    let mut given = Vec::new();
    for number in 0..RACERS as u128 {
        given.extend(replicas[1].session(&sample.tenant, sample.session(number, 0).id).await.unwrap());
    }
    assert_eq!(given.len(), 1, "{given:?}");
}

/// Who dies with a lease keeps everybody else waiting until it ends, and no longer.
pub async fn a_lease_survives_its_process_until_it_ends(mut fixture: impl SharedFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let none = [vec![], vec![], vec![]];
    write_due(store.as_ref(), &sample, 1).await;
    let never: LoginRow = sample.login(2);
    assert!(store.insert_login(&never, from_ref(&sample.finder(2))).await.unwrap());
    {
        let dying = fixture.other().await;
        assert_eq!(lease(dying.as_ref(), &sample, "dead", 9).await, [vec![1], vec![1], vec![1]]);
        assert!(dying.lease_login("dead", &sample.tenant, never.id, LEASE).await.unwrap());
    }
    fixture.fast_forward(ALMOST_LEASE).await;
    assert_eq!(lease(store.as_ref(), &sample, "heir", 9).await, none);
    assert!(!store.lease_login("heir", &sample.tenant, never.id, LEASE).await.unwrap());
    fixture.fast_forward(SECOND).await;
    assert_eq!(lease(store.as_ref(), &sample, "heir", 9).await, [vec![1], vec![1], vec![1]]);
    assert!(store.lease_login("heir", &sample.tenant, never.id, LEASE).await.unwrap());
}
