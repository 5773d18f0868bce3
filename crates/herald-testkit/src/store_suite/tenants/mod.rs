//! Tenants do not meet: they use the same ids, hashes and times, and never see each other's rows (T46).

mod random;

use herald_core::store::{Accepted, ClaimWritten, Cursor, IdentityRow, LoginFilter, LoginRow, Page};

use super::{
    StoreFixture,
    sample::{LEASE, Sample, claimed},
};

pub use random::random_calls_of_many_tenants_never_cross;

/// Every way to a row of one tenant, tried with another's name.
pub async fn tenants_do_not_meet(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("acme-2", fixture.now()));
    let login = LoginRow { reference: Some(ours.hash("reference", 1)), ..ours.due_login(1, ours.now) };
    let (identity, notification) = (ours.identity(1, 1), ours.notification(1));
    assert!(store.insert_login(&login, &[ours.finder(1)]).await.unwrap());
    assert_eq!(store.accept_notification(&notification, &ours.key(1, 1)).await.unwrap(), Accepted::New);
    let row = claimed(&login);
    assert_eq!(store.claim_login(&row, &identity).await.unwrap(), ClaimWritten::Done);

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
        assert!(!store.replace_login(&foreign).await.unwrap());
    }

    // The same id, identity and subject can be theirs as well.
    let twin = theirs.login(1);
    assert!(store.insert_login(&twin, &[theirs.finder(1)]).await.unwrap());
    let their_identity = IdentityRow { key: identity.key, ..theirs.identity(1, 1) };
    let written = store.claim_login(&claimed(&twin), &their_identity).await.unwrap();
    assert_eq!(written, ClaimWritten::Done);
    assert_eq!(store.login(&ours.tenant, login.id).await.unwrap(), Some(row));
    assert_eq!(store.identities_of(&ours.tenant, identity.subject).await.unwrap(), [identity]);
    let theirs_now = store.identities_of(&theirs.tenant, their_identity.subject).await.unwrap();
    assert_eq!(theirs_now, [their_identity]);
}
