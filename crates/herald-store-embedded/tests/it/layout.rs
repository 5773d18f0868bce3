//! The file itself: where it is made, who may read it, which layout it has.

use std::{fs, path::Path, slice::from_ref, sync::Arc};

use herald_core::{
    clock::Clock as _,
    store::{LoginStore as _, OutboxStore as _, SecretStore as _, SessionStore as _},
};
use herald_store_embedded::{EmbeddedStore, OpenError};
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::{
        begin::begin,
        sample::{LEASE, Sample, ended},
    },
};
use redb::{Database, ReadableDatabase as _, TableDefinition, TableHandle as _};

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

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

/// Makes the file one of layout 1, which had none of these tables.
fn take_back_to_layout_1(path: &Path) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    let later = |name: &str| ["session", "event", "tenant_secrets"].iter().any(|word| name.starts_with(word));
    let tables: Vec<_> = transaction.list_tables().unwrap().filter(|table| later(table.name())).collect();
    assert_eq!(tables.len(), 7);
    for table in tables {
        assert!(transaction.delete_table(table).unwrap());
    }
    transaction.open_table(META).unwrap().insert("layout", 1).unwrap();
    transaction.commit().unwrap();
}

#[tokio::test]
async fn an_earlier_layout_gets_what_it_lacks_and_keeps_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let sample = Sample::of("acme", FakeClock::default().now());
    let login = sample.due_login(1, sample.now);
    let store = open(&path).unwrap();
    assert!(store.insert_login(&login, &[sample.finder(1)]).await.unwrap());
    drop(store);
    take_back_to_layout_1(&path);

    let store = open(&path).unwrap();
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(login.clone()));
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), [login]);
    assert_eq!(store.next_event_due().await.unwrap(), None);
    assert_eq!(store.secret(&sample.tenant, "signing-keys").await.unwrap(), None);
    let (session, event) = (sample.session(1, 1), sample.due_event(1, sample.now));
    assert_eq!(store.session(&sample.tenant, session.id).await.unwrap(), None);
    begin(&store, &sample, &session).await;
    assert!(store.replace_session(&ended(&session), from_ref(&event)).await.unwrap());
    assert!(store.replace_secret(&sample.secret("signing-keys")).await.unwrap());
    drop(store);

    let database = Database::open(&path).unwrap();
    let transaction = database.begin_read().unwrap();
    assert_eq!(transaction.open_table(META).unwrap().get("layout").unwrap().unwrap().value(), 2);
}

#[test]
fn a_later_layout_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    drop(open(&path).unwrap());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("layout", 3).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&path).expect_err("a later layout is refused");
    assert!(matches!(error, OpenError::TooNew { found: 3, .. }), "{error:?}");
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
