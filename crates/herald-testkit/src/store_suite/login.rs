//! Inserting, replacing and claiming logins.

use std::sync::Arc;

use herald_core::{
    login::LoginStatus,
    store::{ClaimWritten, IdentityRow, LoginRow, Page, SessionFilter, StoreError},
};

use super::{
    StoreFixture,
    race::{RACERS, race},
    sample::{SECOND, Sample, claimed, next},
};

/// A second insert of the id, or of one of the finders, is refused and stores nothing.
pub async fn a_login_is_inserted_once(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.login(1);
    assert!(store.insert_login(&first, &[sample.finder(1)]).await.unwrap());

    let same_id = LoginRow { body: sample.body("other"), ..sample.login(1) };
    assert!(!store.insert_login(&same_id, &[sample.finder(2)]).await.unwrap());
    assert_eq!(store.find_login(sample.finder(2)).await.unwrap(), None);

    let same_finder = sample.login(2);
    assert!(!store.insert_login(&same_finder, &[sample.finder(3), sample.finder(1)]).await.unwrap());
    assert_eq!(store.login(&sample.tenant, same_finder.id).await.unwrap(), None);
    assert_eq!(store.find_login(sample.finder(3)).await.unwrap(), None);

    assert_eq!(store.login(&sample.tenant, first.id).await.unwrap(), Some(first));
}

/// Every member, set and not set.
pub async fn a_login_comes_back_as_it_was_stored(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for (number, status) in (1..).zip(LoginStatus::ALL) {
        let row = LoginRow {
            status,
            reference: (number % 2 == 0).then(|| sample.hash("reference", number)),
            attend_at: (number % 3 == 0).then(|| sample.now + SECOND),
            ..sample.login(u128::MAX - number)
        };
        assert!(store.insert_login(&row, &[]).await.unwrap());
        assert_eq!(store.login(&sample.tenant, row.id).await.unwrap(), Some(row));
    }
    assert_eq!(store.login(&sample.tenant, sample.login(1).id).await.unwrap(), None);
}

/// Of many writers that saw the same version exactly one gets true, and its row is the one that stays.
pub async fn of_racing_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let mut row = sample.login(1);
    assert!(store.insert_login(&row, &[]).await.unwrap());
    for _ in 0..5 {
        let wrote = race(|writer| {
            let (store, row) = (Arc::clone(&store), next(&row, &format!("writer {writer}")));
            async move { store.replace_login(&row, &[]).await.unwrap().then_some(row) }
        })
        .await;
        let winners: Vec<LoginRow> = wrote.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        let stored = store.login(&sample.tenant, row.id).await.unwrap();
        assert_eq!(stored.as_ref(), winners.first());
        row = winners[0].clone();
    }
}

/// Neither an old nor a future version, nor a login that is not there.
pub async fn a_write_needs_the_version_before(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.login(1);
    assert!(!store.replace_login(&next(&first, "absent"), &[]).await.unwrap());
    assert!(store.insert_login(&first, &[]).await.unwrap());
    let second = next(&first, "second");
    assert!(store.replace_login(&second, &[]).await.unwrap());
    for version in [0, 1, 2, 4, u64::MAX] {
        assert!(
            !store.replace_login(&LoginRow { version, ..first.clone() }, &[]).await.unwrap(),
            "{version}"
        );
    }
    assert_eq!(store.login(&sample.tenant, first.id).await.unwrap(), Some(second));
}

/// A claim of a changed login stores neither identity nor session, one of a taken identity changes no login and gives no
/// session; and a good one stores all three.
pub async fn a_claim_is_all_or_nothing(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let tenant = &sample.tenant;
    let login = sample.login(1);
    assert!(store.insert_login(&login, &[sample.finder(1)]).await.unwrap());

    let stale = LoginRow { version: 3, ..claimed(&login) };
    let session = sample.session(1, 1);
    let written = store.claim_login(&stale, &sample.identity(1, 1), &session, &[]).await.unwrap();
    assert_eq!(written, ClaimWritten::LoginChanged);
    assert_eq!(store.session(tenant, session.id).await.unwrap(), None);
    assert_eq!(store.subject_of(tenant, sample.identity(1, 1).key).await.unwrap(), None);
    assert_eq!(store.identities_of(tenant, Sample::subject(1)).await.unwrap(), []);
    assert_eq!(store.login(tenant, login.id).await.unwrap(), Some(login.clone()));

    let row = claimed(&login);
    let identity = sample.identity(1, 1);
    assert_eq!(store.claim_login(&row, &identity, &session, &[]).await.unwrap(), ClaimWritten::Done);
    assert_eq!(store.session(tenant, session.id).await.unwrap(), Some(session.clone()));
    assert_eq!(store.login(tenant, login.id).await.unwrap(), Some(row.clone()));
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(row));
    assert_eq!(store.subject_of(tenant, identity.key).await.unwrap(), Some(identity.subject));
    assert_eq!(store.identities_of(tenant, identity.subject).await.unwrap(), [identity]);

    let other = sample.login(2);
    assert!(store.insert_login(&other, &[]).await.unwrap());
    let (identity, second) = (sample.identity(1, 2), sample.session(2, 2));
    let written = store.claim_login(&claimed(&other), &identity, &second, &[]).await.unwrap();
    assert_eq!(written, ClaimWritten::SubjectChanged);
    assert_eq!(store.login(tenant, other.id).await.unwrap(), Some(other));
    assert_eq!(store.identities_of(tenant, Sample::subject(2)).await.unwrap(), []);
    assert_eq!(store.session(tenant, second.id).await.unwrap(), None);
    let page = Page { after: None, limit: 9 };
    assert_eq!(store.list_sessions(tenant, &SessionFilter::default(), page).await.unwrap().rows, [session]);
}

/// A claim that would give a session which is there already fails and stores nothing; repeated after it was done, it finds
/// its login changed.
pub async fn a_claim_never_gives_a_session_twice(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (first, second) = (sample.login(1), sample.login(2));
    for login in [&first, &second] {
        assert!(store.insert_login(login, &[]).await.unwrap());
    }
    let (identity, session) = (sample.identity(1, 1), sample.session(1, 1));
    let claim = |login: &LoginRow, identity: &IdentityRow| {
        let (store, row, identity) = (Arc::clone(&store), claimed(login), identity.clone());
        let session = session.clone();
        async move { store.claim_login(&row, &identity, &session, &[]).await }
    };
    assert_eq!(claim(&first, &identity).await.unwrap(), ClaimWritten::Done);
    assert_eq!(claim(&first, &identity).await.unwrap(), ClaimWritten::LoginChanged);
    let other = sample.identity(2, 2);
    let failed = claim(&second, &other).await;
    assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
    assert_eq!(store.login(&sample.tenant, second.id).await.unwrap(), Some(second));
    assert_eq!(store.subject_of(&sample.tenant, other.key).await.unwrap(), None);
    assert_eq!(store.session(&sample.tenant, session.id).await.unwrap(), Some(session));
}

/// Of many claims of one login exactly one is done, and only its identity and its session are stored.
pub async fn of_racing_claims_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let login = sample.login(1);
    assert!(store.insert_login(&login, &[]).await.unwrap());
    let written = race(|number| {
        let (store, row) = (Arc::clone(&store), claimed(&login));
        let identity = sample.identity(number as u128, number as u128);
        let session = sample.session(number as u128, number as u128);
        async move { (store.claim_login(&row, &identity, &session, &[]).await.unwrap(), identity, session) }
    })
    .await;
    let done = written.iter().filter(|(written, ..)| *written == ClaimWritten::Done).count();
    let changed = written.iter().filter(|(written, ..)| *written == ClaimWritten::LoginChanged).count();
    assert_eq!((done, changed), (1, RACERS - 1));
    for (written, identity, session) in written {
        let is_done = written == ClaimWritten::Done;
        let subject = store.subject_of(&sample.tenant, identity.key).await.unwrap();
        assert_eq!(subject, is_done.then_some(identity.subject));
        let stored = store.session(&sample.tenant, session.id).await.unwrap();
        assert_eq!(stored, is_done.then_some(session));
    }
}

/// Of many claims that would give one identity different subjects exactly one is done.
pub async fn an_identity_has_one_subject(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for number in 0..RACERS {
        assert!(store.insert_login(&sample.login(number as u128), &[]).await.unwrap());
    }
    let written =
        race(|number| {
            let (store, row) = (Arc::clone(&store), claimed(&sample.login(number as u128)));
            let identity = sample.identity(7, number as u128);
            let session = sample.session(number as u128, number as u128);
            async move {
                (store.claim_login(&row, &identity, &session, &[]).await.unwrap(), row, identity, session)
            }
        })
        .await;
    let done = written.iter().filter(|(written, ..)| *written == ClaimWritten::Done).count();
    assert_eq!(done, 1);
    for (written, row, identity, session) in written {
        let given = store.session(&sample.tenant, session.id).await.unwrap();
        assert_eq!(given, (written == ClaimWritten::Done).then_some(session));
        let stored = store.login(&sample.tenant, row.id).await.unwrap().unwrap();
        let identities = store.identities_of(&sample.tenant, identity.subject).await.unwrap();
        if written == ClaimWritten::Done {
            assert_eq!((stored, identities.as_slice()), (row, [identity.clone()].as_slice()));
            assert_eq!(store.subject_of(&sample.tenant, identity.key).await.unwrap(), Some(identity.subject));
        } else {
            assert_eq!(written, ClaimWritten::SubjectChanged);
            assert_eq!((stored.version, identities), (1, vec![]));
        }
    }
}
