//! Shared secrets, and being well.

use std::sync::Arc;

use herald_core::seal::Sealed;

use super::{StoreFixture, race::race};

/// Of many callers with fresh secrets all get the same one, and it is one of theirs; another name is another secret.
pub async fn a_shared_secret_is_made_once(fixture: impl StoreFixture) {
    let store = fixture.store();
    let fresh = |number: usize| Sealed::from_bytes(format!("fresh {number}").into_bytes());
    let secrets = race(|number| {
        let store = Arc::clone(&store);
        async move { store.shared_secret("pepper", fresh(number)).await.unwrap() }
    })
    .await;
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    assert!((0..secrets.len()).any(|number| fresh(number) == secrets[0]));
    assert_eq!(store.shared_secret("pepper", fresh(99)).await.unwrap(), secrets[0]);
    assert_eq!(store.shared_secret("other", fresh(99)).await.unwrap(), fresh(99));
}

/// A store that works says so.
pub async fn a_well_store_answers(fixture: impl StoreFixture) {
    fixture.store().ping().await.unwrap();
}
