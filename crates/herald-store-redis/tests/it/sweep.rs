//! The sweeper: what is over goes, with all that leads to it; what is not stays. And what nobody sweeps, Redis drops.

use std::{collections::BTreeSet, ops::Range, slice::from_ref, sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    notification::NotificationStatus,
    store::{
        Accepted, CounterStore as _, LoginRow, LoginStore as _, NoticeStore as _, NotificationRow,
        NotificationStore as _, OutboxRow, OutboxStore as _, Quota, Replaced, SecretStore as _,
        SessionStore as _, StoreError,
    },
};
use herald_store_redis::RedisStore;
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisServer, Reply},
    store_suite::{
        begin::begin,
        sample::{ALMOST_LIFE, LEASE, LIFE, SECOND, Sample, ended, sent},
    },
};
use jiff::SignedDuration;

use crate::store::open;

/// More than one step of the sweeper takes, of each kind.
const ROWS: u128 = 70;
/// How long a sweeper that works takes at most.
const PATIENCE: Duration = Duration::from_secs(20);
/// Every kind of row that something leads to.
const SWEPT: [&str; 4] = ["log", "ses", "ntf", "out"];

struct World {
    server: RedisServer,
    clock: Arc<FakeClock>,
    sample: Sample,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::default());
        let sample = Sample::of("acme", clock.now());
        Self { server: RedisServer::start(), clock, sample }
    }

    async fn store(&self) -> RedisStore {
        open(&self.server, "herald", &self.clock).await
    }

    fn pass(&self, by: Duration) {
        self.clock.advance(SignedDuration::try_from(by).unwrap());
    }

    fn keys(&self) -> Vec<String> {
        let Reply::Array(keys) = self.server.command(&["KEYS", "*"]) else { panic!("KEYS gives keys") };
        keys.iter().map(|key| key.text().to_owned()).collect()
    }

    /// What the keys name, without what they are of.
    fn kinds(&self) -> BTreeSet<String> {
        let kind = |key: &String| {
            let own = key.strip_prefix("herald:{acme}:").unwrap_or(key);
            own.split(':').next().unwrap_or_default().to_owned()
        };
        self.keys().iter().map(kind).collect()
    }

    /// The keys that stay though nobody attends to them.
    fn lasting(&self) -> BTreeSet<String> {
        let lasts = |key: &String| self.server.command(&["TTL", key]) == Reply::Integer(-1);
        self.keys().into_iter().filter(lasts).collect()
    }

    async fn fill(&self, store: &RedisStore, numbers: Range<u128>) {
        let sample = &self.sample;
        for number in numbers {
            let login = LoginRow {
                reference: Some(sample.hash("reference", number % 3)),
                ..sample.due_login(number, sample.now)
            };
            assert!(store.insert_login(&login, &[sample.finder(number)]).await.unwrap());
            self.fill_notifications(store, number).await;
            let session = sample.session(number, number % 3);
            begin(store, sample, &session).await;
            let delivery = sample.due_delivery(number, sample.now);
            assert!(store.replace_session(&ended(&session), from_ref(&delivery)).await.unwrap());
        }
    }

    /// A dead letter with all that a notification is found by, a notice, and a delivery of a message that nobody has.
    async fn fill_notifications(&self, store: &RedisStore, number: u128) {
        let sample = &self.sample;
        let row = NotificationRow {
            reference: Some(sample.hash("reference", number % 3)),
            subject: Some(Sample::subject(number % 3)),
            ..sample.due_notification(number, sample.now)
        };
        let accepted = store.accept_notification(&row, &sample.key(number, 1), &[]).await.unwrap();
        assert_eq!(accepted, Accepted::New);
        let (message, other) = (sample.hash("message", number), sample.hash("message", 1_000 + number));
        let unknown = NotificationRow {
            status: NotificationStatus::Unknown,
            due_at: row.due_at,
            ..sent(&row, message)
        };
        assert_eq!(store.replace_notification(&unknown, &[]).await.unwrap(), Replaced::Done);
        let (tenant, until) = (&sample.tenant, sample.now + LIFE);
        store.remember_notice(tenant, sample.hash("notice", number), until).await.unwrap();
        assert_eq!(store.note_delivered(tenant, other, sample.now, until).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_is_over_goes_with_all_that_leads_to_it() {
    let world = World::new();
    let store = world.store().await;
    world.fill(&store, 0..ROWS).await;
    // Held by somebody who never gives it back.
    let tenant = &world.sample.tenant;
    assert_eq!(store.lease_notifications(tenant, "dead", LEASE, 9).await.unwrap().len(), 9);
    assert_eq!(store.sweep().await.unwrap(), 0);
    let before = world.kinds();
    for kind in ["ntf", "ntfs", "out", "outs", "dues", "wakes", "leases", "expiries", "log", "ses"] {
        assert!(before.contains(kind), "{kind} is not in {before:?}");
    }
    world.pass(ALMOST_LIFE);
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(world.kinds(), before);

    world.pass(SECOND);
    while store.sweep().await.unwrap() > 0 {}
    let after = world.kinds();
    for kind in SWEPT {
        assert!(!after.contains(kind), "{kind} is in {after:?}");
    }
    for kind in ["ntfs", "outs", "dues", "wakes", "leases", "expiries"] {
        assert!(!after.contains(kind), "{kind} is in {after:?}");
    }
}

#[tokio::test]
async fn what_is_not_over_stays() {
    let world = World::new();
    let store = world.store().await;
    let (sample, tenant) = (&world.sample, &world.sample.tenant);
    let row = sample.due_notification(1, sample.now);
    let accepted = store.accept_notification(&row, &sample.key(1, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let longer = NotificationRow { version: 2, purge_at: sample.now + 2 * LIFE, ..row };
    assert_eq!(store.replace_notification(&longer, &[]).await.unwrap(), Replaced::Done);
    world.pass(LIFE);
    // What was noted first is looked at, and found to live on.
    assert_eq!(store.sweep().await.unwrap(), 1);
    assert_eq!(store.sweep().await.unwrap(), 0);
    assert_eq!(store.notification(tenant, longer.id).await.unwrap().as_ref(), Some(&longer));
    assert_eq!(store.lease_notifications(tenant, "a", LEASE, 9).await.unwrap(), [longer]);
    world.pass(LIFE);
    assert_eq!(store.sweep().await.unwrap(), 1);
    assert!(
        world.kinds().is_disjoint(&BTreeSet::from(["ntf", "ntfs", "dues", "expiries"].map(String::from)))
    );
}

#[tokio::test]
async fn what_two_replicas_sweep_at_once_is_counted_once() {
    let world = World::new();
    let (one, two) = (world.store().await, world.store().await);
    let rows = 3 * ROWS;
    for number in 0..rows {
        one.append_outbox(&[world.sample.delivery(number)]).await.unwrap();
    }
    world.pass(LIFE);
    let sweep = async |store: &RedisStore| {
        let mut done = 0;
        while world.kinds().contains("expiries") {
            done += store.sweep().await.unwrap();
        }
        done
    };
    let (by_one, by_two) = tokio::join!(sweep(&one), sweep(&two));
    assert_eq!(by_one + by_two, usize::try_from(rows).unwrap());
    assert!(!world.kinds().contains("out"));
}

#[tokio::test]
async fn the_sweeper_sweeps_for_ever_and_registers_its_tenants_again() {
    let world = World::new();
    let store = Arc::new(world.store().await);
    world.fill(&store, 0..2).await;
    let sweeper = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.keep_swept().await }
    });
    let tenants = "herald:tenants".to_owned();
    for _ in 0..2 {
        let row = Sample::of("acme", world.clock.now()).delivery(99);
        store.append_outbox(&[row]).await.unwrap();
        // As a fail-over might lose it.
        world.server.command(&["DEL", &tenants]);
        world.pass(LIFE);
        let swept = async {
            while world.kinds().contains("expiries") || !world.keys().contains(&tenants) {
                world.pass(SECOND);
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, swept).await.unwrap();
    }
    assert!(!sweeper.is_finished());
    sweeper.abort();
}

/// Deleting is what makes room: it goes on when nothing else does.
#[tokio::test]
async fn a_redis_that_is_full_has_room_again_when_what_is_over_was_swept() {
    let world = World::new();
    let store = Arc::new(world.store().await);
    let full = Sample::of("acme", world.clock.now());
    let text = "x".repeat(10_000);
    for number in 0..ROWS {
        let row = OutboxRow { body: full.body(&text), ..full.delivery(number) };
        store.append_outbox(&[row]).await.unwrap();
    }
    let Reply::Text(memory) = world.server.command(&["INFO", "memory"]) else { panic!("INFO gives a text") };
    let used = memory.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
    // What is swept frees much more than that.
    let most = used.parse::<u64>().unwrap() - 200_000;
    world.server.command(&["CONFIG", "SET", "maxmemory", &most.to_string()]);
    world.pass(LIFE);
    let sample = Sample::of("acme", world.clock.now());
    let (row, key) = (sample.notification(1), sample.key(1, 1));
    let refused = store.accept_notification(&row, &key, &[]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");

    let sweeper = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.keep_swept().await }
    });
    let accepted = async {
        loop {
            match store.accept_notification(&row, &key, &[]).await {
                Ok(accepted) => return accepted,
                Err(StoreError::Unavailable(_)) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, accepted).await.unwrap(), Accepted::New);
    let swept = async {
        while world.kinds().contains("out") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, swept).await.unwrap();
    sweeper.abort();
}

/// As a later release may write them, whose turn comes before all others'.
#[tokio::test]
async fn notes_that_cannot_be_read_hold_nobody_up() {
    let world = World::new();
    let store = world.store().await;
    let unreadable = "for i = 1, 200 do \
                      redis.call('ZADD', KEYS[1], 0, struct.pack('>I8', 1) .. '~' .. string.format('%04d', i)) end";
    let notes = "herald:{acme}:expiries";
    world.server.command(&["EVAL", unreadable, "1", notes]);
    for number in 0..ROWS {
        store.append_outbox(&[world.sample.delivery(number)]).await.unwrap();
    }
    world.pass(LIFE);
    let mut done = 0;
    loop {
        match store.sweep().await.unwrap() {
            0 => break,
            more => done += more,
        }
    }
    assert_eq!(done, usize::try_from(ROWS).unwrap());
    assert!(!world.kinds().contains("out"));
    assert_eq!(world.server.command(&["ZCARD", notes]), Reply::Integer(200));
}

#[tokio::test]
async fn redis_drops_what_nobody_sweeps() {
    let world = World::new();
    let store = world.store().await;
    world.fill(&store, 0..3).await;
    let tenant = &world.sample.tenant;
    let quota = Quota { limit: 3.try_into().unwrap(), period: 6 * SECOND };
    store.take(tenant, &[(world.sample.hash("counter", 1), quota)]).await.unwrap();
    assert!(store.replace_secret(&world.sample.passing_secret("passing")).await.unwrap());
    let lasting = world.lasting();
    let may_last = |key: &String| {
        // Who somebody is; the tenants; and the agendas, in which nobody is any more when everything was attended to.
        ["herald:tenants", "herald:{acme}:identit", "herald:{acme}:dues:", "herald:{acme}:wakes:"]
            .iter()
            .any(|beginning| key.starts_with(beginning))
    };
    let others: Vec<_> = lasting.iter().filter(|key| !may_last(key)).collect();
    assert!(others.is_empty(), "{others:?}");
}
