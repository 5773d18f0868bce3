//! Finding logins.

use super::{
    StoreFixture,
    sample::{LIFE, Sample, next},
};

/// Any of a login's finders, and always the login as it is now.
pub async fn a_finder_finds_its_login(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.login(1);
    let finders = [sample.finder(1), sample.finder(2), sample.finder(3)];
    assert!(store.insert_login(&first, &finders).await.unwrap());
    assert!(store.insert_login(&sample.login(2), &[sample.finder(4)]).await.unwrap());
    let second = next(&first, "second");
    assert!(store.replace_login(&second, &[]).await.unwrap());
    for finder in finders {
        assert_eq!(store.find_login(finder).await.unwrap(), Some(second.clone()));
    }
    assert_eq!(store.find_login(sample.finder(4)).await.unwrap(), Some(sample.login(2)));
    assert_eq!(store.find_login(sample.finder(5)).await.unwrap(), None);
}

/// After its login has expired a finder finds nothing, and may belong to another login.
pub async fn a_finder_dies_with_its_login(mut fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let finders = [sample.finder(1), sample.finder(2)];
    assert!(store.insert_login(&sample.login(1), &finders).await.unwrap());
    fixture.fast_forward(LIFE).await;
    assert_eq!(store.find_login(finders[0]).await.unwrap(), None);

    let later = Sample::of("acme", fixture.now());
    assert!(store.insert_login(&later.login(2), &[sample.finder(1)]).await.unwrap());
    assert!(store.insert_login(&later.login(1), &[]).await.unwrap());
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(later.login(2)));
    assert_eq!(store.find_login(sample.finder(2)).await.unwrap(), None);
}
