//! What replicas hear of each other.

use std::{slice::from_ref, time::Duration};

use herald_core::store::{
    Accepted, Change, ClaimWritten, EndpointRow, NotificationRow, Replaced, SecretRow, Store,
};

use super::{
    SharedFixture,
    sample::{Sample, claimed, ended, next},
};

/// How long a change may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// Hears until all of these changes have come. That something may have been missed is not what was to be heard.
async fn hear(store: &dyn Store, expected: &[Change]) {
    let mut missing = expected.to_vec();
    let heard = async {
        while !missing.is_empty() {
            let heard = store.next_change().await;
            missing.retain(|change| *change != heard);
        }
    };
    let is_late = tokio::time::timeout(PATIENCE, heard).await.is_err();
    assert!(!is_late, "not heard within {PATIENCE:?}: {missing:?}");
}

/// Writes through one replica, and has the other hear all of this, and then look: it can be read by then.
async fn tell(
    other: &dyn Store,
    told: &[Change],
    write: impl Future<Output = bool>,
    is_seen: impl AsyncFn() -> bool,
) {
    let look = async {
        hear(other, told).await;
        is_seen().await
    };
    let (is_written, is_seen) = tokio::join!(write, look);
    assert!(is_written && is_seen, "{told:?}: written {is_written}, seen {is_seen}");
}

/// Each kind of change, made in whatever way, after it can be read.
pub async fn what_one_replica_changes_the_other_hears(fixture: impl SharedFixture) {
    let (store, other) = (fixture.store(), fixture.other().await);
    let (store, other) = (store.as_ref(), other.as_ref());
    let sample = Sample::of("acme", fixture.now());
    let tenant = &sample.tenant;
    let outbox = Change::Outbox { tenant: tenant.clone() };

    let login = sample.login(1);
    let told = [Change::Login { tenant: tenant.clone(), id: login.id }];
    let write = async || store.insert_login(&login, &[sample.finder(1)]).await.unwrap();
    let is_seen = async || other.find_login(sample.finder(1)).await.unwrap() == Some(login.clone());
    tell(other, &told, write(), is_seen).await;

    let moved = next(&login, "moved");
    let (told, delivery) = ([told[0].clone(), outbox.clone()], sample.due_delivery(1, sample.now));
    let write = async || store.replace_login(&moved, from_ref(&delivery)).await.unwrap();
    let is_seen = async || other.login(tenant, login.id).await.unwrap() == Some(moved.clone());
    tell(other, &told, write(), is_seen).await;

    let (row, identity, session) = (claimed(&moved), sample.identity(1, 1), sample.session(1, 1));
    let of_session = Change::Session { tenant: tenant.clone(), id: session.id };
    let (told, delivery) =
        ([told[0].clone(), of_session.clone(), outbox.clone()], sample.due_delivery(2, sample.now));
    let write = async || {
        let claim = store.claim_login(&row, &identity, &session, from_ref(&delivery));
        claim.await.unwrap() == ClaimWritten::Done
    };
    let is_seen = async || other.session(tenant, session.id).await.unwrap() == Some(session.clone());
    tell(other, &told, write(), is_seen).await;

    let (over, delivery) = (ended(&session), sample.due_delivery(3, sample.now));
    let write = async || store.replace_session(&over, from_ref(&delivery)).await.unwrap();
    let is_seen = async || other.session(tenant, session.id).await.unwrap() == Some(over.clone());
    tell(other, &[of_session, outbox], write(), is_seen).await;

    hears_of_notifications(store, other, &sample).await;
    hears_of_endpoints_and_secrets(store, other, &sample).await;
}

async fn hears_of_notifications(store: &dyn Store, other: &dyn Store, sample: &Sample) {
    let tenant = &sample.tenant;
    let row = sample.notification(1);
    let told = [
        Change::Notification { tenant: tenant.clone(), id: row.id },
        Change::Outbox { tenant: tenant.clone() },
    ];
    let (key, delivery) = (sample.key(1, 1), sample.due_delivery(4, sample.now));
    let write = async || {
        let accept = store.accept_notification(&row, &key, from_ref(&delivery));
        accept.await.unwrap() == Accepted::New
    };
    let is_seen = async || other.notification(tenant, row.id).await.unwrap() == Some(row.clone());
    tell(other, &told, write(), is_seen).await;

    let moved = NotificationRow { version: 2, ..row.clone() };
    let delivery = sample.due_delivery(5, sample.now);
    let write =
        async || store.replace_notification(&moved, from_ref(&delivery)).await.unwrap() == Replaced::Done;
    let is_seen = async || other.notification(tenant, row.id).await.unwrap() == Some(moved.clone());
    tell(other, &told, write(), is_seen).await;

    let delivery = sample.due_delivery(6, sample.now);
    let write = async || store.append_outbox(from_ref(&delivery)).await.is_ok();
    let is_seen = async || other.outbox_backlog().await.unwrap()[0].waiting == 6;
    tell(other, &told[1..], write(), is_seen).await;
}

async fn hears_of_endpoints_and_secrets(store: &dyn Store, other: &dyn Store, sample: &Sample) {
    let tenant = &sample.tenant;
    let (endpoint, told) = (sample.endpoint(1), [Change::Endpoints { tenant: tenant.clone() }]);
    let changed = EndpointRow { version: 2, ..endpoint.clone() };
    let stored = async || other.endpoints(tenant).await.unwrap();
    let write = async || store.insert_endpoint(&endpoint, 9).await.unwrap();
    tell(other, &told, write(), async || stored().await == [endpoint.clone()]).await;
    let write = async || store.replace_endpoint(&changed, &[]).await.unwrap();
    tell(other, &told, write(), async || stored().await == [changed.clone()]).await;
    let write = async || store.remove_endpoint(tenant, endpoint.id).await.unwrap();
    tell(other, &told, write(), async || stored().await.is_empty()).await;

    let secret = sample.secret("signing-keys");
    let told = [Change::Secret { tenant: tenant.clone(), name: secret.name.clone() }];
    for version in [1, 2] {
        let secret = SecretRow { version, ..secret.clone() };
        let write = async || store.replace_secret(&secret).await.unwrap();
        let is_seen = async || other.secret(tenant, &secret.name).await.unwrap() == Some(secret.clone());
        tell(other, &told, write(), is_seen).await;
    }
}

/// Nothing of what it changed itself, before or after what another changed.
pub async fn a_replica_does_not_hear_itself(fixture: impl SharedFixture) {
    let (one, two) = (fixture.other().await, fixture.other().await);
    let sample = Sample::of("acme", fixture.now());
    assert!(one.insert_login(&sample.login(1), &[]).await.unwrap());
    assert!(one.replace_secret(&sample.secret("of-one")).await.unwrap());
    assert!(two.insert_login(&sample.login(2), &[]).await.unwrap());
    assert!(one.insert_endpoint(&sample.endpoint(1), 9).await.unwrap());
    assert!(two.replace_secret(&sample.secret("of-two")).await.unwrap());
    let tenant = sample.tenant.clone();
    let last = Change::Secret { tenant: tenant.clone(), name: "of-two".to_owned() };
    let heard = async {
        let mut heard = vec![one.next_change().await];
        while heard.last() != Some(&last) {
            heard.push(one.next_change().await);
        }
        // It may be said at any time that something may have been missed.
        heard.retain(|change| *change != Change::Anything);
        heard
    };
    let heard = tokio::time::timeout(PATIENCE, heard).await.expect("what the other changed is heard");
    assert_eq!(heard, [Change::Login { tenant, id: sample.login(2).id }, last]);
}
