//! The sweeper: what is over goes, with every index; what is not stays.

use std::{slice::from_ref, sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    notification::NotificationStatus,
    store::{
        Accepted, LoginRow, LoginStore as _, NoticeStore as _, NotificationRow, NotificationStore as _,
        OutboxStore as _, Replaced, SecretRow, SecretStore as _, SessionRow, SessionStore as _,
    },
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::{
        begin::begin,
        sample::{LIFE, Sample, ended, next_session, sent},
    },
};
use jiff::SignedDuration;

const ROWS: u128 = 40;
/// What never expires: the layout of the file, and who somebody is.
const KEPT: [&str; 3] = ["meta", "identities", "identities_by_subject"];

async fn fill(store: &EmbeddedStore, sample: &Sample) {
    for number in 0..ROWS {
        let login = LoginRow {
            reference: Some(sample.hash("reference", number % 3)),
            ..sample.due_login(number, sample.now)
        };
        let finders = [sample.finder(number), sample.finder(1_000 + number)];
        assert!(store.insert_login(&login, &finders).await.unwrap());
        let moved = LoginRow { version: 2, attend_at: Some(sample.now + LIFE), ..login };
        assert!(store.replace_login(&moved, &[]).await.unwrap());
        fill_notifications(store, sample, number).await;
        let session = sample.session(number, number % 3);
        begin(store, sample, &session).await;
        let delivery = sample.due_delivery(number, sample.now);
        assert!(store.replace_session(&ended(&session), from_ref(&delivery)).await.unwrap());
        assert!(store.replace_secret(&sample.passing_secret(&name(number))).await.unwrap());
    }
}

/// A dead letter with all that a notification is found by, a notice, and a delivery of a message that nobody has.
async fn fill_notifications(store: &EmbeddedStore, sample: &Sample, number: u128) {
    let row = NotificationRow {
        reference: Some(sample.hash("reference", number % 3)),
        subject: Some(Sample::subject(number % 3)),
        ..sample.due_notification(number, sample.now)
    };
    let accepted = store.accept_notification(&row, &sample.key(number, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let (message, other) = (sample.hash("message", number), sample.hash("message", 1_000 + number));
    let unknown =
        NotificationRow { status: NotificationStatus::Unknown, due_at: row.due_at, ..sent(&row, message) };
    assert_eq!(store.replace_notification(&unknown, &[]).await.unwrap(), Replaced::Done);
    let (tenant, until) = (&sample.tenant, sample.now + LIFE);
    store.remember_notice(tenant, sample.hash("notice", number), until).await.unwrap();
    assert_eq!(store.note_delivered(tenant, other, sample.now, until).await.unwrap(), None);
}

fn name(number: u128) -> String {
    format!("secret-{number}")
}

fn store() -> (Arc<FakeClock>, EmbeddedStore, Sample) {
    let clock = Arc::new(FakeClock::default());
    let sample = Sample::of("acme", clock.now());
    (clock.clone(), EmbeddedStore::in_memory(clock).unwrap(), sample)
}

/// The tables that are not empty, but for what never expires.
fn tables_in_use(store: &EmbeddedStore) -> Vec<String> {
    let sizes = store.table_sizes().unwrap();
    let in_use = sizes.into_iter().filter(|(name, rows)| !KEPT.contains(&name.as_str()) && *rows > 0);
    in_use.map(|(name, _)| name).collect()
}

#[tokio::test]
async fn what_is_over_goes_with_every_index() {
    let (clock, store, sample) = store();
    fill(&store, &sample).await;
    assert_eq!(store.sweep(1_000).await.unwrap(), 0);
    assert_eq!(store.table_sizes().unwrap()["login_finders"], 2 * u64::try_from(ROWS).unwrap());
    let every = [
        "expiries",
        "login_finders",
        "logins",
        "logins_by_reference",
        "logins_by_time",
        "logins_due",
        "noted_deliveries",
        "notices",
        "notification_keys",
        "notification_messages",
        "notifications",
        "notifications_by_reference",
        "notifications_by_subject",
        "notifications_dead",
        "notifications_due",
        "outbox",
        "outbox_by_endpoint",
        "outbox_due",
        "sessions",
        "sessions_by_connection",
        "sessions_by_subject",
        "sessions_by_time",
        "tenant_secrets",
    ];
    assert_eq!(tables_in_use(&store), every);

    clock.advance(SignedDuration::try_from(LIFE).unwrap());
    let mut swept = Vec::new();
    while let batch @ 1.. = store.sweep(50).await.unwrap() {
        swept.push(batch);
    }
    // Forty logins, notifications, keys, notices, noted deliveries, claimed logins, sessions, deliveries and secrets each.
    assert_eq!(swept, [50, 50, 50, 50, 50, 50, 50, 10]);
    assert_eq!(tables_in_use(&store), Vec::<String>::new());
    assert_eq!(store.next_login_due().await.unwrap(), None);
    assert_eq!(store.lease_notifications(&sample.tenant, "a", LIFE, 10).await.unwrap(), []);
    assert_eq!(store.outbox_backlog().await.unwrap(), []);
}

#[tokio::test]
async fn what_is_not_over_stays_whole() {
    let (clock, store, sample) = store();
    fill(&store, &sample).await;
    let longer = NotificationRow { version: 3, purge_at: sample.now + 2 * LIFE, ..sample.notification(1) };
    assert_eq!(store.replace_notification(&longer, &[]).await.unwrap(), Replaced::Done);
    let purge_at = sample.now + 2 * LIFE;
    let lasting = SessionRow { purge_at, ..next_session(&ended(&sample.session(1, 1)), "lasting") };
    assert!(store.replace_session(&lasting, &[]).await.unwrap());
    let staying = SecretRow { version: 2, purge_at: None, ..sample.secret(&name(1)) };
    assert!(store.replace_secret(&staying).await.unwrap());
    clock.advance(SignedDuration::try_from(LIFE).unwrap());
    let later = Sample { now: clock.now(), ..sample.clone() };
    // The id and finder of an expired login, and the key of an expired notification, used anew before the sweep.
    assert!(store.insert_login(&later.login(1), &[sample.finder(2)]).await.unwrap());
    let accepted = store.accept_notification(&later.notification(99), &later.key(1, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    // The same for a session, a delivery and a secret.
    let (anew, delivery) = (later.session(2, 9), later.due_delivery(2, later.now));
    begin(&store, &later, &anew).await;
    assert!(store.replace_session(&ended(&anew), from_ref(&delivery)).await.unwrap());
    assert!(store.replace_secret(&later.passing_secret(&name(2))).await.unwrap());
    while store.sweep(7).await.unwrap() > 0 {}

    assert_eq!(store.find_login(sample.finder(2)).await.unwrap(), Some(later.login(1)));
    assert_eq!(store.notification(&sample.tenant, longer.id).await.unwrap(), Some(longer));
    let replay = store.notification_under(&sample.tenant, &later.key(1, 1)).await.unwrap();
    assert_eq!(replay, Some(Accepted::Replay(Box::new(later.notification(99)))));
    assert_eq!(store.session(&sample.tenant, lasting.id).await.unwrap(), Some(lasting));
    assert_eq!(store.session(&sample.tenant, anew.id).await.unwrap(), Some(ended(&anew)));
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LIFE, 10).await.unwrap(), [delivery]);
    assert_eq!(store.secret(&sample.tenant, &name(1)).await.unwrap(), Some(staying));
    assert_eq!(store.secret(&sample.tenant, &name(2)).await.unwrap(), Some(later.passing_secret(&name(2))));

    let sizes = store.table_sizes().unwrap();
    let left =
        ["logins", "login_finders", "notifications", "notification_keys", "expiries"].map(|t| sizes[t]);
    // Those, the login that gave the new session, both sessions, the delivery and the secret that passes.
    assert_eq!(left, [2, 1, 2, 1, 9]);
    let sessions = ["sessions", "sessions_by_time", "sessions_by_subject", "sessions_by_connection"];
    assert_eq!(sessions.map(|t| sizes[t]), [2, 2, 2, 2]);
    assert_eq!(["outbox", "outbox_due", "tenant_secrets"].map(|t| sizes[t]), [1, 1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeper_goes_by_the_clock() {
    let (clock, store, sample) = store();
    let store = Arc::new(store);
    fill(&store, &sample).await;
    let sweeper = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.keep_swept().await }
    });
    for _ in 0..3 {
        clock.advance(SignedDuration::try_from(LIFE).unwrap());
        let swept = async {
            while !tables_in_use(&store).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), swept).await.expect("the sweeper wakes by the clock");
        fill(&store, &Sample { now: clock.now(), ..sample.clone() }).await;
    }
    sweeper.abort();
}
