//! Only one process can have the file.

use std::{io::Read as _, sync::Arc};

use herald_store_embedded::{EmbeddedStore, OpenError};
use herald_testkit::fake_clock::FakeClock;

use crate::child::{self, Running};

#[test]
fn a_second_process_is_refused_until_the_first_has_ended() {
    let clock = Arc::new(FakeClock::default());
    if let Some((path, _)) = child::role() {
        let _store = EmbeddedStore::open(&path, clock).unwrap();
        child::tell("open");
        // Until the parent closes its end.
        let _ = std::io::stdin().read(&mut [0]);
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let test = "in_use::a_second_process_is_refused_until_the_first_has_ended";
    let mut first = Running::start(test, &path, "");
    assert_eq!(first.told().as_deref(), Some("open"));
    let error = EmbeddedStore::open(&path, clock.clone()).expect_err("the file is in use");
    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    assert!(error.to_string().contains("in use by another process"), "{error}");
    first.finish();
    drop(EmbeddedStore::open(&path, clock).unwrap());
}
