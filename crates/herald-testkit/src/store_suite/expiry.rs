//! What is over is not there.

use std::slice::from_ref;

use herald_core::{
    notification::NotificationStatus,
    store::{
        Accepted, ClaimWritten, LoginFilter, LoginRow, NotificationFilter, NotificationRow, Page, Replaced,
        SessionFilter, SessionRow,
    },
};

use super::{
    StoreFixture,
    begin::begin,
    outbox::next_due,
    outbox_list::of_endpoint,
    sample::{ALMOST_LIFE, LEASE, LIFE, SECOND, Sample, claimed, ended, next, next_session, sent},
};

const PAGE: Page = Page { after: None, limit: 10 };

/// Every way to list sessions of this subject and connection.
fn lists(session: &SessionRow) -> [SessionFilter; 3] {
    let all = SessionFilter::default();
    let subject = SessionFilter { subject: Some(session.subject), ..all.clone() };
    let connection = SessionFilter { connection: Some(session.connection.clone()), ..all.clone() };
    [all, subject, connection]
}

/// Until its `purge_at` a row is there; from then on it is not found, not listed, not leased.
pub async fn an_expired_row_is_absent(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let tenant = &sample.tenant;
    let login = LoginRow { reference: Some(sample.hash("reference", 1)), ..sample.login(1) };
    let notification = sample.notification(1);
    assert!(store.insert_login(&login, &[sample.finder(1)]).await.unwrap());
    assert_eq!(
        store.accept_notification(&notification, &sample.key(1, 1), &[]).await.unwrap(),
        Accepted::New
    );
    let by_reference = LoginFilter { reference: login.reference, status: None };
    let (active, secret) = (sample.session(1, 1), sample.passing_secret("passing"));
    begin(store.as_ref(), &sample, &active).await;
    let session = next_session(&active, "second");
    let delivery = sample.due_delivery(1, sample.now);
    assert!(store.replace_session(&session, from_ref(&delivery)).await.unwrap());
    assert!(store.replace_secret(&secret).await.unwrap());

    fixture.fast_forward(ALMOST_LIFE).await;
    assert_eq!(store.login(tenant, login.id).await.unwrap(), Some(login.clone()));
    assert_eq!(store.notification(tenant, notification.id).await.unwrap(), Some(notification.clone()));
    assert_eq!(store.list_logins(tenant, by_reference, PAGE).await.unwrap(), from_ref(&login));
    assert_eq!(store.session(tenant, session.id).await.unwrap(), Some(session.clone()));
    for filter in lists(&session) {
        assert_eq!(store.list_sessions(tenant, &filter, PAGE).await.unwrap().rows, from_ref(&session));
    }
    assert_eq!(store.lease_deliveries(tenant, "a", LEASE, 10).await.unwrap(), from_ref(&delivery));
    store.release_delivery("a", tenant, delivery.id, None).await.unwrap();
    assert_eq!(store.secret(tenant, "passing").await.unwrap(), Some(secret));

    fixture.fast_forward(SECOND).await;
    assert_eq!(store.login(tenant, login.id).await.unwrap(), None);
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), None);
    assert_eq!(store.list_logins(tenant, LoginFilter::default(), PAGE).await.unwrap(), []);
    assert_eq!(store.list_logins(tenant, by_reference, PAGE).await.unwrap(), []);
    assert_eq!(store.notification(tenant, notification.id).await.unwrap(), None);
    assert_eq!(store.session(tenant, session.id).await.unwrap(), None);
    for filter in lists(&session) {
        assert_eq!(store.list_sessions(tenant, &filter, PAGE).await.unwrap().rows, []);
    }
    assert_eq!(store.lease_deliveries(tenant, "a", LEASE, 10).await.unwrap(), []);
    assert_eq!(store.secret(tenant, "passing").await.unwrap(), None);
}

/// By whatever it is looked for; and its message leads to nothing.
pub async fn an_expired_notification_is_not_listed(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (tenant, message) = (&sample.tenant, sample.hash("message", 1));
    let row = NotificationRow {
        reference: Some(sample.hash("reference", 1)),
        subject: Some(Sample::subject(1)),
        ..sample.notification(1)
    };
    let told = sample.delivery(1);
    let accepted = store.accept_notification(&row, &sample.key(1, 1), from_ref(&told)).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let row = NotificationRow { status: NotificationStatus::Failed, ..sent(&row, message) };
    assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Done);
    let all = NotificationFilter::default();
    let filters = [
        NotificationFilter { reference: row.reference, ..all.clone() },
        NotificationFilter { subject: row.subject, ..all.clone() },
        NotificationFilter { statuses: vec![row.status], ..all.clone() },
        all,
    ];
    fixture.fast_forward(ALMOST_LIFE).await;
    for filter in &filters {
        let listed = store.list_notifications(tenant, filter, PAGE).await.unwrap();
        assert_eq!(listed.rows, from_ref(&row));
    }
    assert_eq!(store.list_deliveries(tenant, of_endpoint(1), PAGE).await.unwrap(), [told]);
    let (now, until) = (fixture.now(), fixture.now() + LIFE);
    assert_eq!(store.note_delivered(tenant, message, now, until).await.unwrap(), Some(row.id));

    fixture.fast_forward(SECOND).await;
    for filter in &filters {
        assert_eq!(store.list_notifications(tenant, filter, PAGE).await.unwrap().rows, []);
    }
    assert_eq!(store.list_deliveries(tenant, of_endpoint(1), PAGE).await.unwrap(), []);
    assert_eq!(store.note_delivered(tenant, message, now, until).await.unwrap(), None);
}

/// The same id and finder, with another time and reference, and nothing of the old one shows.
pub async fn an_expired_login_may_be_inserted_anew(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let old =
        LoginRow { reference: Some(sample.hash("reference", 1)), ..sample.due_login(1, sample.now + SECOND) };
    assert!(store.insert_login(&old, &[sample.finder(1)]).await.unwrap());
    fixture.fast_forward(LIFE).await;

    let later = Sample::of("acme", fixture.now());
    let new = later.login(1);
    assert!(store.insert_login(&new, &[sample.finder(1)]).await.unwrap());
    assert!(!store.insert_login(&new, &[]).await.unwrap());
    assert_eq!(store.login(&sample.tenant, new.id).await.unwrap(), Some(new.clone()));
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(new.clone()));
    let all = store.list_logins(&sample.tenant, LoginFilter::default(), PAGE).await.unwrap();
    assert_eq!(all, [new]);
    let old_reference = LoginFilter { reference: old.reference, status: None };
    assert_eq!(store.list_logins(&sample.tenant, old_reference, PAGE).await.unwrap(), []);
    assert_eq!(store.lease_logins("a", SECOND, 10).await.unwrap(), []);
}

/// Neither replaced nor claimed.
pub async fn an_expired_login_is_not_changed(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let login = sample.login(1);
    let notification = sample.notification(1);
    assert!(store.insert_login(&login, &[]).await.unwrap());
    assert_eq!(
        store.accept_notification(&notification, &sample.key(1, 1), &[]).await.unwrap(),
        Accepted::New
    );
    fixture.fast_forward(LIFE).await;

    let purge_at = fixture.now() + LIFE;
    let row = LoginRow { purge_at, ..next(&login, "late") };
    assert!(!store.replace_login(&row, &[]).await.unwrap());
    let row = LoginRow { purge_at, ..claimed(&login) };
    let identity = sample.identity(1, 1);
    let session = sample.session(1, 1);
    assert_eq!(store.claim_login(&row, &identity, &session, &[]).await.unwrap(), ClaimWritten::LoginChanged);
    assert_eq!(store.session(&sample.tenant, session.id).await.unwrap(), None);
    assert_eq!(store.subject_of(&sample.tenant, identity.key).await.unwrap(), None);
    let row = NotificationRow { purge_at, version: 2, ..notification };
    assert_eq!(store.replace_notification(&row, &[]).await.unwrap(), Replaced::Stale);
    assert_eq!(store.notification(&sample.tenant, row.id).await.unwrap(), None);
}

/// A replaced row lives as long as its last version says.
pub async fn a_changed_purge_time_counts(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for number in [1, 2] {
        assert!(store.insert_login(&sample.login(number), &[sample.finder(number)]).await.unwrap());
    }
    let longer = LoginRow { purge_at: sample.now + 2 * LIFE, ..next(&sample.login(1), "longer") };
    let shorter = LoginRow { purge_at: sample.now + SECOND, ..next(&sample.login(2), "shorter") };
    assert!(store.replace_login(&longer, &[]).await.unwrap());
    assert!(store.replace_login(&shorter, &[]).await.unwrap());
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.login(&sample.tenant, shorter.id).await.unwrap(), None);
    assert_eq!(store.find_login(sample.finder(2)).await.unwrap(), None);
    fixture.fast_forward(LIFE).await;
    assert_eq!(store.login(&sample.tenant, longer.id).await.unwrap(), Some(longer.clone()));
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(longer));
}

/// The same ids of session and delivery, of another subject and through another connection, and nothing of the old ones shows;
/// nor is the old one changed.
pub async fn an_expired_session_may_begin_anew(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (old, delivery) = (sample.session(1, 1), sample.due_delivery(1, sample.now));
    begin(store.as_ref(), &sample, &old).await;
    assert!(store.replace_session(&ended(&old), from_ref(&delivery)).await.unwrap());
    fixture.fast_forward(LIFE).await;
    let late = SessionRow { version: 3, purge_at: fixture.now() + LIFE, ..old.clone() };
    assert!(!store.replace_session(&late, &[]).await.unwrap());

    let later = Sample::of("acme", fixture.now());
    let new = SessionRow { connection: Sample::connection("other"), ..later.session(1, 2) };
    begin(store.as_ref(), &later, &new).await;
    assert_eq!(store.session(&sample.tenant, new.id).await.unwrap(), Some(new.clone()));
    assert_eq!(
        store.list_sessions(&sample.tenant, &lists(&old)[0], PAGE).await.unwrap().rows,
        from_ref(&new)
    );
    for filter in &lists(&old)[1..] {
        assert_eq!(store.list_sessions(&sample.tenant, filter, PAGE).await.unwrap().rows, []);
    }
    let delivery = later.due_delivery(1, later.now + SECOND);
    assert!(store.replace_session(&ended(&new), from_ref(&delivery)).await.unwrap());
    assert_eq!(next_due(store.as_ref()).await, delivery.due_at);
    fixture.fast_forward(ALMOST_LIFE).await;
    assert_eq!(store.session(&sample.tenant, new.id).await.unwrap(), Some(ended(&new)));
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), [delivery]);
}
