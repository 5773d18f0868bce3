//! Subjects and their identities.

use herald_core::store::{ClaimWritten, IdentityRow, SessionRow};

use super::{
    StoreFixture,
    sample::{SECOND, Sample, claimed},
};

async fn claim(fixture: &impl StoreFixture, sample: &Sample, login: u128, identity: &IdentityRow) {
    let (store, row) = (fixture.store(), sample.login(login));
    assert!(store.insert_login(&row, &[]).await.unwrap());
    let session = SessionRow { subject: identity.subject, ..sample.session(login, 0) };
    let written = store.claim_login(&claimed(&row), identity, &session, &[]).await.unwrap();
    assert_eq!(written, ClaimWritten::Done);
}

/// Each identity once, as the last claim wrote it.
pub async fn a_claim_replaces_the_identity(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    claim(&fixture, &sample, 1, &sample.identity(1, 1)).await;
    let newer = IdentityRow {
        verified_at: sample.now + SECOND,
        account: sample.hash("account", 2),
        body: sample.body("newer"),
        ..sample.identity(1, 1)
    };
    claim(&fixture, &sample, 2, &newer).await;
    assert_eq!(store.subject_of(&sample.tenant, newer.key).await.unwrap(), Some(newer.subject));
    assert_eq!(store.identities_of(&sample.tenant, newer.subject).await.unwrap(), [newer]);
}

/// Of one subject only, and none for a subject that does not exist.
pub async fn identities_come_the_last_verified_first(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let at = |number: u128, seconds: u32| IdentityRow {
        verified_at: sample.now + SECOND * seconds,
        ..sample.identity(number, 1)
    };
    let identities = [at(1, 2), at(2, 9), at(3, 5)];
    for (login, identity) in (1..).zip(&identities) {
        claim(&fixture, &sample, login, identity).await;
    }
    claim(&fixture, &sample, 9, &sample.identity(9, 2)).await;
    let found = store.identities_of(&sample.tenant, Sample::subject(1)).await.unwrap();
    assert_eq!(found, [at(2, 9), at(3, 5), at(1, 2)]);
    assert_eq!(store.identities_of(&sample.tenant, Sample::subject(3)).await.unwrap(), []);
}
