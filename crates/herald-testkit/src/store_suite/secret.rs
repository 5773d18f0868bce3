//! Secrets of the installation and of tenants, and being well.

use std::sync::Arc;

use herald_core::{seal::Sealed, store::SecretRow};

use super::{
    StoreFixture,
    race::race,
    sample::{ALMOST_LIFE, LIFE, SECOND, Sample},
};

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

/// Every member, set and not set; each under its name.
pub async fn a_secret_comes_back_as_it_was_stored(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows =
        [sample.secret("signing-keys"), sample.passing_secret(&format!("refresh|{}", "f".repeat(120)))];
    for row in &rows {
        assert!(store.replace_secret(row).await.unwrap());
    }
    for row in rows {
        assert_eq!(store.secret(&sample.tenant, &row.name).await.unwrap(), Some(row));
    }
    for name in ["signing-key", "signing-keys|", ""] {
        assert_eq!(store.secret(&sample.tenant, name).await.unwrap(), None, "{name:?}");
    }
    assert_eq!(
        store.shared_secret("signing-keys", sample.body("fresh")).await.unwrap(),
        sample.body("fresh")
    );
}

/// Of many writers that saw nothing, and then of many that saw the same, exactly one gets true, and its row is the one that
/// stays.
pub async fn of_racing_secret_writers_one_wins(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    for version in 1..=5 {
        let wrote = race(|writer| {
            let body = sample.body(&format!("writer {writer}"));
            let row = SecretRow { version, body, ..sample.secret("signing-keys") };
            let store = Arc::clone(&store);
            async move { store.replace_secret(&row).await.unwrap().then_some(row) }
        })
        .await;
        let winners: Vec<SecretRow> = wrote.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        let stored = store.secret(&sample.tenant, "signing-keys").await.unwrap();
        assert_eq!(stored.as_ref(), winners.first());
    }
}

/// A new secret is at version 1, a changed one at the version after the last; else nothing is stored.
pub async fn a_secret_write_needs_the_version_before(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let at = |version| SecretRow { version, ..sample.secret("signing-keys") };
    for version in [0, 2, u64::MAX] {
        assert!(!store.replace_secret(&at(version)).await.unwrap(), "{version}");
    }
    assert_eq!(store.secret(&sample.tenant, "signing-keys").await.unwrap(), None);
    for version in [1, 2] {
        assert!(store.replace_secret(&at(version)).await.unwrap());
    }
    for version in [0, 1, 2, 4, u64::MAX] {
        assert!(!store.replace_secret(&at(version)).await.unwrap(), "{version}");
    }
    assert_eq!(store.secret(&sample.tenant, "signing-keys").await.unwrap(), Some(at(2)));
}

/// A secret lives as long as its last version says: a passing one can be made to stay, and one that stays to pass. One that
/// is over can be written anew, at version 1 and no other.
pub async fn a_secret_that_is_over_is_written_anew(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let (passing, staying) = (sample.passing_secret("passing"), sample.secret("staying"));
    for row in [&passing, &staying] {
        assert!(store.replace_secret(row).await.unwrap());
    }
    let staying_now = SecretRow { version: 2, purge_at: None, ..passing };
    let passing_now = SecretRow { version: 2, purge_at: Some(sample.now + LIFE), ..staying };
    for row in [&staying_now, &passing_now] {
        assert!(store.replace_secret(row).await.unwrap());
    }
    fixture.fast_forward(ALMOST_LIFE).await;
    assert_eq!(store.secret(&sample.tenant, "staying").await.unwrap(), Some(passing_now.clone()));
    fixture.fast_forward(SECOND).await;
    assert_eq!(store.secret(&sample.tenant, "staying").await.unwrap(), None);
    assert_eq!(store.secret(&sample.tenant, "passing").await.unwrap(), Some(staying_now));

    let later = Sample::of("acme", fixture.now());
    for version in [2, 3] {
        let late = SecretRow { version, ..later.passing_secret("staying") };
        assert!(!store.replace_secret(&late).await.unwrap(), "{version}");
    }
    let anew = later.passing_secret("staying");
    assert!(store.replace_secret(&anew).await.unwrap());
    assert!(!store.replace_secret(&anew).await.unwrap());
    fixture.fast_forward(ALMOST_LIFE).await;
    assert_eq!(store.secret(&sample.tenant, "staying").await.unwrap(), Some(anew));
}
