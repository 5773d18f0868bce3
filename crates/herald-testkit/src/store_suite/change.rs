//! What replicas hear of each other.
//!
//! It may be said at any time that changes may have been missed ([`Change::Anything`]); what was on its way is then not told any
//! more. So the changes are made again, in another round with a tenant of its own, until one is heard from end to end.

use std::{slice::from_ref, time::Duration};

use herald_core::{
    id::TenantId,
    store::{Accepted, Change, ClaimWritten, EndpointRow, NotificationRow, Replaced, SecretRow, Store},
};

use super::{
    SharedFixture,
    sample::{Sample, claimed, ended, next},
};

/// How long a change may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often everything is done. It is said every few seconds that something may have been missed, and a round takes much less:
/// who never tells a change by its name does so in no round.
const ROUNDS: u32 = 10;

/// What was to be heard may have been missed.
#[derive(Debug)]
struct Missed;

/// What each round does it with.
fn samples(fixture: &impl SharedFixture) -> impl Iterator<Item = Sample> {
    let now = fixture.now();
    (0..ROUNDS).map(move |round| Sample::of(&format!("acme-{round}"), now))
}

/// Hears until all of these changes have come.
async fn hear(store: &dyn Store, expected: &[Change]) -> Result<(), Missed> {
    let mut missing = expected.to_vec();
    let heard = async {
        while !missing.is_empty() {
            let heard = store.next_change().await;
            if heard == Change::Anything {
                return Err(Missed);
            }
            missing.retain(|change| *change != heard);
        }
        Ok(())
    };
    let heard = tokio::time::timeout(PATIENCE, heard).await;
    heard.unwrap_or_else(|_| panic!("not heard within {PATIENCE:?}: {missing:?}"))
}

/// Writes through one replica, and has the other hear all of this, and then look: it can be read by then.
async fn tell(
    other: &dyn Store,
    told: &[Change],
    write: impl Future<Output = bool>,
    is_seen: impl AsyncFn() -> bool,
) -> Result<(), Missed> {
    let look = async {
        hear(other, told).await?;
        Ok::<_, Missed>(is_seen().await)
    };
    let (is_written, is_seen) = tokio::join!(write, look);
    assert!(is_written, "{told:?}: not written");
    assert!(is_seen?, "{told:?}: not seen");
    Ok(())
}

/// Each kind of change, made in whatever way, after it can be read.
pub async fn what_one_replica_changes_the_other_hears(fixture: impl SharedFixture) {
    let (store, other) = (fixture.store(), fixture.other().await);
    for sample in samples(&fixture) {
        if hears_all(store.as_ref(), other.as_ref(), &sample).await.is_ok() {
            return;
        }
    }
    panic!("in each of {ROUNDS} rounds something was missed");
}

async fn hears_all(store: &dyn Store, other: &dyn Store, sample: &Sample) -> Result<(), Missed> {
    let tenant = &sample.tenant;
    let outbox = Change::Outbox { tenant: tenant.clone() };

    let login = sample.login(1);
    let told = [Change::Login { tenant: tenant.clone(), id: login.id }];
    let write = async || store.insert_login(&login, &[sample.finder(1)]).await.unwrap();
    let is_seen = async || other.find_login(sample.finder(1)).await.unwrap() == Some(login.clone());
    tell(other, &told, write(), is_seen).await?;

    let moved = next(&login, "moved");
    let (told, delivery) = ([told[0].clone(), outbox.clone()], sample.due_delivery(1, sample.now));
    let write = async || store.replace_login(&moved, from_ref(&delivery)).await.unwrap();
    let is_seen = async || other.login(tenant, login.id).await.unwrap() == Some(moved.clone());
    tell(other, &told, write(), is_seen).await?;

    let (row, identity, session) = (claimed(&moved), sample.identity(1, 1), sample.session(1, 1));
    let of_session = Change::Session { tenant: tenant.clone(), id: session.id };
    let (told, delivery) =
        ([told[0].clone(), of_session.clone(), outbox.clone()], sample.due_delivery(2, sample.now));
    let write = async || {
        let claim = store.claim_login(&row, &identity, &session, from_ref(&delivery));
        claim.await.unwrap() == ClaimWritten::Done
    };
    let is_seen = async || other.session(tenant, session.id).await.unwrap() == Some(session.clone());
    tell(other, &told, write(), is_seen).await?;

    let (over, delivery) = (ended(&session), sample.due_delivery(3, sample.now));
    let write = async || store.replace_session(&over, from_ref(&delivery)).await.unwrap();
    let is_seen = async || other.session(tenant, session.id).await.unwrap() == Some(over.clone());
    tell(other, &[of_session, outbox], write(), is_seen).await?;

    hears_of_notifications(store, other, sample).await?;
    hears_of_endpoints_and_secrets(store, other, sample).await
}

async fn hears_of_notifications(store: &dyn Store, other: &dyn Store, sample: &Sample) -> Result<(), Missed> {
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
    tell(other, &told, write(), is_seen).await?;

    let moved = NotificationRow { version: 2, ..row.clone() };
    let delivery = sample.due_delivery(5, sample.now);
    let write =
        async || store.replace_notification(&moved, from_ref(&delivery)).await.unwrap() == Replaced::Done;
    let is_seen = async || other.notification(tenant, row.id).await.unwrap() == Some(moved.clone());
    tell(other, &told, write(), is_seen).await?;

    let delivery = sample.due_delivery(6, sample.now);
    let write = async || store.append_outbox(from_ref(&delivery)).await.is_ok();
    let is_seen = async || {
        let backlog = other.outbox_backlog().await.unwrap();
        backlog.iter().any(|of| of.tenant == *tenant && of.waiting == 6)
    };
    tell(other, &told[1..], write(), is_seen).await
}

async fn hears_of_endpoints_and_secrets(
    store: &dyn Store,
    other: &dyn Store,
    sample: &Sample,
) -> Result<(), Missed> {
    let tenant = &sample.tenant;
    let (endpoint, told) = (sample.endpoint(1), [Change::Endpoints { tenant: tenant.clone() }]);
    let changed = EndpointRow { version: 2, ..endpoint.clone() };
    let stored = async || other.endpoints(tenant).await.unwrap();
    let write = async || store.insert_endpoint(&endpoint, 9).await.unwrap();
    tell(other, &told, write(), async || stored().await == [endpoint.clone()]).await?;
    let write = async || store.replace_endpoint(&changed, &[]).await.unwrap();
    tell(other, &told, write(), async || stored().await == [changed.clone()]).await?;
    let write = async || store.remove_endpoint(tenant, endpoint.id).await.unwrap();
    tell(other, &told, write(), async || stored().await.is_empty()).await?;

    let secret = sample.secret("signing-keys");
    let told = [Change::Secret { tenant: tenant.clone(), name: secret.name.clone() }];
    for version in [1, 2] {
        let secret = SecretRow { version, ..secret.clone() };
        let write = async || store.replace_secret(&secret).await.unwrap();
        let is_seen = async || other.secret(tenant, &secret.name).await.unwrap() == Some(secret.clone());
        tell(other, &told, write(), is_seen).await?;
    }
    Ok(())
}

/// Nothing of what it changed itself, before or after what another changed.
pub async fn a_replica_does_not_hear_itself(fixture: impl SharedFixture) {
    let (one, two) = (fixture.other().await, fixture.other().await);
    for sample in samples(&fixture) {
        if hears_the_other_only(one.as_ref(), two.as_ref(), &sample).await.is_ok() {
            return;
        }
    }
    panic!("in each of {ROUNDS} rounds something was missed");
}

async fn hears_the_other_only(one: &dyn Store, two: &dyn Store, sample: &Sample) -> Result<(), Missed> {
    assert!(one.insert_login(&sample.login(1), &[]).await.unwrap());
    assert!(one.replace_secret(&sample.secret("of-one")).await.unwrap());
    assert!(two.insert_login(&sample.login(2), &[]).await.unwrap());
    assert!(one.insert_endpoint(&sample.endpoint(1), 9).await.unwrap());
    assert!(two.replace_secret(&sample.secret("of-two")).await.unwrap());
    let tenant = sample.tenant.clone();
    let first = Change::Login { tenant: tenant.clone(), id: sample.login(2).id };
    let last = Change::Secret { tenant: tenant.clone(), name: "of-two".to_owned() };
    let heard = async {
        let mut heard = Vec::new();
        while heard.last() != Some(&last) {
            match one.next_change().await {
                Change::Anything => return Err(Missed),
                // Of the round before: what came after it was said that something was missed.
                change if tenant_of(&change) != Some(&tenant) => {}
                change => heard.push(change),
            }
        }
        Ok(heard)
    };
    let heard = tokio::time::timeout(PATIENCE, heard).await.expect("what the other changed is heard")?;
    assert_eq!(heard, [first, last]);
    Ok(())
}

fn tenant_of(change: &Change) -> Option<&TenantId> {
    match change {
        Change::Login { tenant, .. }
        | Change::Notification { tenant, .. }
        | Change::Session { tenant, .. }
        | Change::Outbox { tenant }
        | Change::Endpoints { tenant }
        | Change::Secret { tenant, .. } => Some(tenant),
        Change::Anything => None,
    }
}
