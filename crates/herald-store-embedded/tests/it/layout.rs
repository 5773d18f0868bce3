//! The file itself: where it is made, who may read it, which layout it has.

use std::{fs, path::Path, slice::from_ref, sync::Arc};

use herald_core::{
    clock::Clock as _,
    notification::NotificationStatus,
    store::{
        LoginStore as _, NotificationFilter, NotificationRow, NotificationStore as _, OutboxStore as _, Page,
        Replaced, SecretStore as _, SessionStore as _,
    },
};
use herald_store_embedded::{EmbeddedStore, OpenError};
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::{
        begin::begin,
        sample::{LEASE, Sample, ended},
    },
};
use jiff::Timestamp;
use redb::{Database, ReadableDatabase as _, TableDefinition, TableHandle as _};

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const NOTIFICATIONS: TableDefinition<(&str, u128), &[u8]> = TableDefinition::new("notifications");
const EXPIRIES: TableDefinition<(i128, u8, &str, &[u8]), ()> = TableDefinition::new("expiries");
const EVENTS: TableDefinition<(&str, u128), &[u8]> = TableDefinition::new("events");
const EVENTS_DUE: TableDefinition<(i128, &str, u128), ()> = TableDefinition::new("events_due");

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

/// Makes the file one of layout 2, with an event of that layout that is not told yet, and its expiry.
fn take_back_to_layout_2(path: &Path, expires: Timestamp) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    let later = |name: &str| {
        let beginnings = ["outbox", "endpoints", "notice", "noted", "notifications_by", "notifications_dead"];
        beginnings.iter().any(|beginning| name.starts_with(beginning)) || name == "notification_messages"
    };
    let tables: Vec<_> = transaction.list_tables().unwrap().filter(|table| later(table.name())).collect();
    assert_eq!(tables.len(), 10);
    for table in tables {
        assert!(transaction.delete_table(table).unwrap());
    }
    transaction.open_table(META).unwrap().insert("layout", 2).unwrap();
    transaction.open_table(EVENTS).unwrap().insert(("acme", 7), b"an event".as_slice()).unwrap();
    transaction.open_table(EVENTS_DUE).unwrap().insert((0, "acme", 7), ()).unwrap();
    let (expiry, id) = (expires.as_nanosecond(), 7_u128.to_be_bytes());
    transaction.open_table(EXPIRIES).unwrap().insert((expiry, 4, "acme", id.as_slice()), ()).unwrap();
    transaction.commit().unwrap();
}

/// Makes a file of layout 2 one of layout 1, which had none of these tables.
fn take_back_to_layout_1(path: &Path) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    let later = |name: &str| ["session", "event", "tenant_secrets"].iter().any(|word| name.starts_with(word));
    let tables: Vec<_> = transaction.list_tables().unwrap().filter(|table| later(table.name())).collect();
    assert_eq!(tables.len(), 7);
    for table in tables {
        assert!(transaction.delete_table(table).unwrap());
    }
    transaction.open_table(EXPIRIES).unwrap().retain(|_, ()| false).unwrap();
    transaction.open_table(META).unwrap().insert("layout", 1).unwrap();
    transaction.commit().unwrap();
}

/// What a notification of the first format was: no subject, reference, connection or message.
fn first_format(row: &NotificationRow) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(row.version.to_be_bytes());
    bytes.push(u8::try_from(row.status.as_str().len()).unwrap());
    bytes.extend(row.status.as_str().as_bytes());
    bytes.extend(row.created_at.as_nanosecond().to_be_bytes());
    bytes.push(0);
    bytes.extend(row.purge_at.as_nanosecond().to_be_bytes());
    bytes.extend(row.body.as_bytes());
    bytes
}

#[tokio::test]
async fn layout_2_loses_its_events_and_its_dead_letters_are_listed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let sample = Sample::of("acme", FakeClock::default().now());
    let store = open(&path).unwrap();
    let rows = [NotificationStatus::Queued, NotificationStatus::Unknown, NotificationStatus::Sent];
    let rows =
        (1..).zip(rows).map(|(number, status)| NotificationRow { status, ..sample.notification(number) });
    let rows: Vec<NotificationRow> = rows.collect();
    drop(store);
    take_back_to_layout_2(&path, sample.now);
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    for row in &rows {
        let mut table = transaction.open_table(NOTIFICATIONS).unwrap();
        table.insert(("acme", row.id.as_u128()), first_format(row).as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);

    let store = open(&path).unwrap();
    assert!(store.table_sizes().unwrap().keys().all(|table| !table.starts_with("events")));
    assert_eq!(store.outbox_backlog().await.unwrap(), []);
    // The expiry of the event is gone too: nothing stops the sweeper, and nothing is left for it.
    assert_eq!(store.sweep(9).await.unwrap(), 0);
    let page = Page { after: None, limit: 9 };
    let all = NotificationFilter::default();
    let listed = store.list_notifications(&sample.tenant, &all, page).await.unwrap();
    assert!(listed.rows.iter().eq(rows.iter().rev()));
    let dead = NotificationFilter { statuses: vec![NotificationStatus::Unknown], ..all };
    let listed = store.list_notifications(&sample.tenant, &dead, page).await.unwrap();
    assert_eq!(listed.rows, rows[1..2]);
    let changed =
        NotificationRow { version: 2, reference: Some(sample.hash("reference", 1)), ..rows[1].clone() };
    assert_eq!(store.replace_notification(&changed, &[]).await.unwrap(), Replaced::Done);
    assert_eq!(store.notification(&sample.tenant, changed.id).await.unwrap(), Some(changed));
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
    take_back_to_layout_2(&path, sample.now + LEASE);
    take_back_to_layout_1(&path);

    let store = open(&path).unwrap();
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(login.clone()));
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), [login]);
    assert_eq!(store.outbox_backlog().await.unwrap(), []);
    assert_eq!(store.secret(&sample.tenant, "signing-keys").await.unwrap(), None);
    let (session, delivery) = (sample.session(1, 1), sample.due_delivery(1, sample.now));
    assert_eq!(store.session(&sample.tenant, session.id).await.unwrap(), None);
    begin(&store, &sample, &session).await;
    assert!(store.replace_session(&ended(&session), from_ref(&delivery)).await.unwrap());
    assert!(store.replace_secret(&sample.secret("signing-keys")).await.unwrap());
    drop(store);

    let database = Database::open(&path).unwrap();
    let transaction = database.begin_read().unwrap();
    assert_eq!(transaction.open_table(META).unwrap().get("layout").unwrap().unwrap().value(), 3);
}

#[test]
fn a_later_layout_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    drop(open(&path).unwrap());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("layout", 4).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&path).expect_err("a later layout is refused");
    assert!(matches!(error, OpenError::TooNew { found: 4, .. }), "{error:?}");
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
