//! Beginning sessions, the only way there is: by the claim of a login.

use herald_core::store::{ClaimWritten, IdentityRow, SessionRow, Store};

use super::sample::{Sample, claimed};

/// Claims a login that is made for it, so that the session and an identity of its subject are stored.
pub async fn begin(store: &dyn Store, sample: &Sample, session: &SessionRow) {
    // Far from the numbers that tests give their own logins and identities.
    let number = !session.id.as_u128();
    let login = sample.login(number);
    assert!(store.insert_login(&login, &[]).await.unwrap());
    let key = sample.hash("identity", !session.subject.as_u128());
    let identity = IdentityRow { subject: session.subject, key, ..sample.identity(0, 0) };
    let written = store.claim_login(&claimed(&login), &identity, session, &[]).await.unwrap();
    assert_eq!(written, ClaimWritten::Done);
}
