//! The file itself: where it is made, who may read it, which layout it has.

use std::{fs, path::Path, sync::Arc};

use herald_store_embedded::{EmbeddedStore, OpenError};
use herald_testkit::fake_clock::FakeClock;
use redb::{Database, ReadableDatabase as _, TableDefinition};

fn open(path: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(path, Arc::new(FakeClock::default()))
}

#[cfg(unix)]
#[test]
fn the_file_is_made_with_its_directory_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("var/lib/herald.redb");
    drop(open(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // Nothing else is left beside it.
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(open(&file.join("herald.redb")), Err(OpenError::Io { .. })));
}

#[test]
fn a_later_layout_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    drop(open(&path).unwrap());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let meta = TableDefinition::<&str, u64>::new("meta");
    transaction.open_table(meta).unwrap().insert("layout", 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&path).expect_err("a later layout is refused");
    assert!(matches!(error, OpenError::TooNew { found: 2, .. }), "{error:?}");
}

#[test]
fn a_database_of_something_else_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.redb");
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let table = TableDefinition::<&str, &str>::new("settings");
    transaction.open_table(table).unwrap().insert("a", "b").unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&path).expect_err("it is no store");
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_read().unwrap();
    assert_eq!(transaction.list_tables().unwrap().count(), 1);
    assert_eq!(transaction.open_table(table).unwrap().get("a").unwrap().unwrap().value(), "b");
}
