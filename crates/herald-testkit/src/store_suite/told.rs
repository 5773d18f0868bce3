//! What is told of a change: stored in the same step, or neither is.

use std::slice::from_ref;

use herald_core::{
    id::TenantId,
    store::{
        Accepted, ClaimWritten, EndpointRow, LoginRow, NotificationRow, OutboxRow, Replaced, SessionRow,
        Store, StoreError,
    },
};

use super::{
    StoreFixture,
    begin::begin,
    sample::{LEASE, Sample, claimed, ended, next},
};

/// The rows that a tenant changes, as they were before.
struct Before {
    login: LoginRow,
    session: SessionRow,
    notification: NotificationRow,
    endpoint: EndpointRow,
}

/// What of them is stored.
async fn stored(store: &dyn Store, tenant: &TenantId, before: &Before) -> Vec<String> {
    vec![
        format!("{:?}", store.login(tenant, before.login.id).await.unwrap()),
        format!("{:?}", store.session(tenant, before.session.id).await.unwrap()),
        format!("{:?}", store.notification(tenant, before.notification.id).await.unwrap()),
        format!("{:?}", store.endpoints(tenant).await.unwrap()),
    ]
}

async fn write_before(store: &dyn Store, sample: &Sample) -> Before {
    let (login, session) = (sample.login(1), sample.session(1, 1));
    assert!(store.insert_login(&login, &[]).await.unwrap());
    begin(store, sample, &session).await;
    let (notification, endpoint) = (sample.notification(1), sample.endpoint(1));
    let accepted = store.accept_notification(&notification, &sample.key(1, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    assert!(store.insert_endpoint(&endpoint, 9).await.unwrap());
    Before { login, session, notification, endpoint }
}

/// Every write that tells something, each of the next version of its row; true when it was done.
async fn write_each(
    store: &dyn Store,
    sample: &Sample,
    before: &Before,
    told: impl Fn(u128) -> Vec<OutboxRow>,
) -> Vec<Result<bool, StoreError>> {
    let login = next(&before.login, "next");
    let (row, identity, session) = (claimed(&login), sample.identity(7, 7), sample.session(7, 7));
    let (new, key) = (sample.notification(2), sample.key(2, 1));
    let changed = NotificationRow { version: 2, ..before.notification.clone() };
    let endpoint = EndpointRow { version: 2, ..before.endpoint.clone() };
    vec![
        store.replace_login(&login, &told(0)).await,
        store.claim_login(&row, &identity, &session, &told(1)).await.map(|it| it == ClaimWritten::Done),
        store.replace_session(&ended(&before.session), &told(2)).await,
        store.accept_notification(&new, &key, &told(3)).await.map(|accepted| accepted == Accepted::New),
        store.replace_notification(&changed, &told(4)).await.map(|replaced| replaced == Replaced::Done),
        store.replace_endpoint(&endpoint, &told(5)).await,
    ]
}

/// A write that would tell a delivery which is there already, or one twice, fails and stores nothing; repeated after it was
/// done, it finds another version.
pub async fn a_delivery_is_written_once(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let store = store.as_ref();
    let before = write_before(store, &sample).await;
    let as_before = stored(store, &sample.tenant, &before).await;
    let there = sample.due_delivery(1, sample.now);
    store.append_outbox(from_ref(&there)).await.unwrap();

    let fresh = sample.due_delivery(2, sample.now);
    let again = OutboxRow { body: sample.body("again"), ..there.clone() };
    for told in [[fresh.clone(), again], [fresh.clone(), fresh]] {
        let failed = store.append_outbox(&told).await;
        assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
        let written = write_each(store, &sample, &before, |_| told.to_vec()).await;
        for (write, written) in written.into_iter().enumerate() {
            // The claim finds the login as it was, which it does not expect.
            let is_refused = matches!(written, Err(StoreError::Corrupt(_)) | Ok(false));
            assert!(is_refused && (written.is_err() || write == 1), "write {write}: {written:?}");
        }
        let claim = claimed(&before.login);
        let failed = store.claim_login(&claim, &sample.identity(7, 7), &sample.session(7, 7), &told).await;
        assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
        assert_eq!(store.subject_of(&sample.tenant, sample.identity(7, 7).key).await.unwrap(), None);
    }
    assert_eq!(stored(store, &sample.tenant, &before).await, as_before);
    assert_eq!(store.notification_under(&sample.tenant, &sample.key(2, 1)).await.unwrap(), None);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), [there]);
}

/// Every one of it; and when the write finds the row changed, nothing.
pub async fn what_is_told_is_stored_with_its_change_only(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let store = store.as_ref();
    let before = write_before(store, &sample).await;
    let two = |write: u128, round: u128| {
        [0, 1].map(|second| sample.due_delivery(round << 64 | write << 1 | second, sample.now)).to_vec()
    };
    let written = write_each(store, &sample, &before, |write| two(write, 0)).await;
    assert!(written.into_iter().all(|written| written.unwrap()));
    let repeated = write_each(store, &sample, &before, |write| two(write, 1)).await;
    assert!(repeated.into_iter().all(|written| !written.unwrap()));
    let mut told = store.lease_deliveries(&sample.tenant, "a", LEASE, 99).await.unwrap();
    told.sort_by_key(|row| row.id);
    assert_eq!(told, (0..6).flat_map(|write| two(write, 0)).collect::<Vec<_>>());
}
