//! Tenants do not meet: they use the same ids, hashes and times, and never see each other's rows.

mod notification;
mod random;
mod webhook;

use std::slice::from_ref;

use herald_core::store::{
    Accepted, ClaimWritten, Cursor, IdentityRow, LoginFilter, LoginRow, OutboxRow, Page, SecretRow,
    SessionFilter, SessionRow,
};

use super::{
    StoreFixture,
    begin::begin,
    sample::{LEASE, Sample, claimed, ended, next_session},
};

pub use notification::tenants_do_not_meet_in_notifications;
pub use random::random_calls_of_many_tenants_never_cross;
pub use webhook::tenants_do_not_meet_in_webhooks;

/// Every way to a row of one tenant, tried with another's name.
pub async fn tenants_do_not_meet(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("acme-2", fixture.now()));
    let login = LoginRow { reference: Some(ours.hash("reference", 1)), ..ours.due_login(1, ours.now) };
    let (identity, notification) = (ours.identity(1, 1), ours.notification(1));
    assert!(store.insert_login(&login, &[ours.finder(1)]).await.unwrap());
    assert_eq!(store.accept_notification(&notification, &ours.key(1, 1), &[]).await.unwrap(), Accepted::New);
    let row = claimed(&login);
    let written = store.claim_login(&row, &identity, &ours.session(1, 1), &[]).await.unwrap();
    assert_eq!(written, ClaimWritten::Done);

    for stranger in [&theirs.tenant, &Sample::of("a", ours.now).tenant] {
        assert_eq!(store.login(stranger, login.id).await.unwrap(), None);
        assert_eq!(store.notification(stranger, notification.id).await.unwrap(), None);
        assert_eq!(store.notification_under(stranger, &ours.key(1, 1)).await.unwrap(), None);
        assert_eq!(store.subject_of(stranger, identity.key).await.unwrap(), None);
        assert_eq!(store.identities_of(stranger, identity.subject).await.unwrap(), []);
        assert!(!store.lease_login("b", stranger, login.id, LEASE).await.unwrap());
        let after = Some(Cursor { created_at: ours.now + LEASE, id: u128::MAX });
        for after in [None, after] {
            for reference in [None, login.reference] {
                let (filter, page) = (LoginFilter { reference, status: None }, Page { after, limit: 9 });
                assert_eq!(store.list_logins(stranger, filter, page).await.unwrap(), []);
            }
        }
        let foreign = LoginRow { tenant: stranger.clone(), version: 3, ..row.clone() };
        assert!(!store.replace_login(&foreign, &[]).await.unwrap());
    }

    // The same id, identity and subject can be theirs as well.
    let twin = theirs.login(1);
    assert!(store.insert_login(&twin, &[theirs.finder(1)]).await.unwrap());
    let their_identity = IdentityRow { key: identity.key, ..theirs.identity(1, 1) };
    let written =
        store.claim_login(&claimed(&twin), &their_identity, &theirs.session(1, 1), &[]).await.unwrap();
    assert_eq!(written, ClaimWritten::Done);
    assert_eq!(store.login(&ours.tenant, login.id).await.unwrap(), Some(row));
    assert_eq!(store.identities_of(&ours.tenant, identity.subject).await.unwrap(), [identity]);
    let theirs_now = store.identities_of(&theirs.tenant, their_identity.subject).await.unwrap();
    assert_eq!(theirs_now, [their_identity]);
}

/// The same for sessions, the deliveries written with them, and secrets.
pub async fn tenants_do_not_meet_in_sessions(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("acme-2", fixture.now()));
    let (session, delivery) = (next_session(&ours.session(1, 1), "second"), ours.due_delivery(1, ours.now));
    begin(store.as_ref(), &ours, &ours.session(1, 1)).await;
    assert!(store.replace_session(&session, from_ref(&delivery)).await.unwrap());
    assert!(store.replace_secret(&ours.secret("signing-keys")).await.unwrap());
    assert_eq!(store.lease_deliveries(&ours.tenant, "a", LEASE, 9).await.unwrap(), from_ref(&delivery));

    for stranger in [&theirs.tenant, &Sample::of("a", ours.now).tenant] {
        assert_eq!(store.session(stranger, session.id).await.unwrap(), None);
        let after = Some(Cursor { created_at: ours.now + LEASE, id: u128::MAX });
        for after in [None, after] {
            for (subject, connection) in [(true, false), (false, true), (false, false)] {
                let filter = SessionFilter {
                    subject: subject.then_some(session.subject),
                    connection: connection.then(|| session.connection.clone()),
                    active_at: None,
                };
                let page = Page { after, limit: 9 };
                assert_eq!(store.list_sessions(stranger, &filter, page).await.unwrap().rows, []);
            }
        }
        let foreign = SessionRow { tenant: stranger.clone(), ..ended(&session) };
        assert!(!store.replace_session(&foreign, &[]).await.unwrap());
        let foreign = OutboxRow { tenant: stranger.clone(), version: 2, ..delivery.clone() };
        assert!(!store.replace_delivery(&foreign).await.unwrap());
        store.release_delivery("a", stranger, delivery.id, None).await.unwrap();
        for tenant in [stranger, &ours.tenant] {
            assert_eq!(store.lease_deliveries(tenant, "b", LEASE, 9).await.unwrap(), []);
        }
        assert_eq!(store.secret(stranger, "signing-keys").await.unwrap(), None);
        let foreign = SecretRow { tenant: stranger.clone(), version: 2, ..ours.secret("signing-keys") };
        assert!(!store.replace_secret(&foreign).await.unwrap());
    }

    // The same ids and names can be theirs as well.
    let (twin, their_delivery) = (theirs.session(1, 1), theirs.due_delivery(1, ours.now));
    begin(store.as_ref(), &theirs, &twin).await;
    assert!(store.replace_session(&ended(&twin), from_ref(&their_delivery)).await.unwrap());
    assert!(store.replace_secret(&theirs.secret("signing-keys")).await.unwrap());
    assert_eq!(store.lease_deliveries(&theirs.tenant, "b", LEASE, 9).await.unwrap(), [their_delivery]);
    store.release_delivery("a", &ours.tenant, delivery.id, None).await.unwrap();
    assert_eq!(store.lease_deliveries(&ours.tenant, "b", LEASE, 9).await.unwrap(), [delivery]);
    assert_eq!(store.session(&ours.tenant, session.id).await.unwrap(), Some(session));
    let secret = store.secret(&ours.tenant, "signing-keys").await.unwrap();
    assert_eq!(secret, Some(ours.secret("signing-keys")));
}
