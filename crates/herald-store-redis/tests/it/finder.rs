//! Finders, which no step writes together with their login: what becomes of them when things go wrong in between.

use std::{slice::from_ref, sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _,
    store::{LoginRow, LoginStore as _},
};
use herald_store_redis::RedisStore;
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisServer, Reply},
    store_suite::sample::{LIFE, SECOND, Sample, next},
};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::store::open;

/// How long after it was reserved a finder may still get its login.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(10);

struct World {
    server: &'static RedisServer,
    prefix: &'static str,
    clock: Arc<FakeClock>,
    store: Arc<RedisStore>,
    sample: Sample,
}

impl World {
    /// A store that is alone with its prefix.
    async fn new(prefix: &'static str) -> Self {
        let (server, clock) = (RedisServer::shared(), Arc::new(FakeClock::default()));
        let store = Arc::new(open(server, prefix, &clock).await);
        let sample = Sample::of("acme", clock.now());
        Self { server, prefix, clock, store, sample }
    }

    fn finders(&self) -> Vec<String> {
        let pattern = format!("{}:finder:*", self.prefix);
        let Reply::Array(keys) = self.server.command(&["KEYS", &pattern]) else { panic!("KEYS gives keys") };
        keys.iter().map(|key| key.text().to_owned()).collect()
    }

    /// How long Redis keeps the only finder.
    fn kept_for(&self) -> Duration {
        let finders = self.finders();
        let Reply::Integer(kept) = self.server.command(&["PTTL", &finders[0]]) else {
            panic!("PTTL gives a number")
        };
        assert_eq!(finders.len(), 1);
        Duration::from_millis(kept.try_into().expect("it ends at some time"))
    }

    /// Takes a login away without its finders, as if its insert had been killed before it was written.
    fn lose(&self, login: &LoginRow) {
        let key = format!("{}:{{{}}}:log:{:032x}", self.prefix, login.tenant, login.id.as_u128());
        assert_eq!(self.server.command(&["DEL", &key]), Reply::Integer(1));
    }
}

#[tokio::test]
async fn a_finder_is_kept_for_as_long_as_its_login_may_live() {
    let world = World::new("finder-life").await;
    let (store, sample) = (&world.store, &world.sample);
    assert!(store.insert_login(&sample.login(1), &[sample.finder(1)]).await.unwrap());
    assert!((LIFE..10 * LIFE).contains(&world.kept_for()));

    let longer = LoginRow { purge_at: sample.now + 10 * LIFE, ..next(&sample.login(1), "longer") };
    assert!(store.replace_login(&longer, &[]).await.unwrap());
    assert!((10 * LIFE..20 * LIFE).contains(&world.kept_for()));

    // When it is over is for its row to say; this time is never shortened.
    let shorter = LoginRow { purge_at: sample.now + SECOND, ..next(&longer, "shorter") };
    assert!(store.replace_login(&shorter, &[]).await.unwrap());
    assert!(world.kept_for() > 9 * LIFE);
}

#[tokio::test]
async fn an_insert_that_is_refused_leaves_no_finder_behind() {
    let world = World::new("finder-refused").await;
    let (store, sample) = (&world.store, &world.sample);
    assert!(store.insert_login(&sample.login(1), &[sample.finder(1)]).await.unwrap());
    let there = world.finders();
    assert!(!store.insert_login(&sample.login(1), &[sample.finder(2), sample.finder(3)]).await.unwrap());
    assert!(!store.insert_login(&sample.login(2), &[sample.finder(2), sample.finder(1)]).await.unwrap());
    assert_eq!(world.finders(), there);
}

#[tokio::test]
async fn an_insert_that_is_repeated_takes_no_finder_away() {
    let world = World::new("finder-repeated").await;
    let (store, sample) = (&world.store, &world.sample);
    let (login, finders) = (sample.login(1), [sample.finder(1), sample.finder(2)]);
    assert!(store.insert_login(&login, &finders).await.unwrap());
    // As if the first attempt had been killed between the two finders.
    assert!(!store.insert_login(&login, &finders).await.unwrap());
    for finder in finders {
        assert_eq!(store.find_login(finder).await.unwrap().as_ref(), Some(&login));
    }
}

#[tokio::test]
async fn a_finder_whose_login_never_came_is_free_after_a_while_and_for_its_own_login_at_once() {
    let world = World::new("finder-killed").await;
    let (store, sample) = (&world.store, &world.sample);
    let (login, other, finder) = (sample.login(1), sample.login(2), sample.finder(1));
    assert!(store.insert_login(&login, from_ref(&finder)).await.unwrap());
    world.lose(&login);
    assert_eq!(store.find_login(finder).await.unwrap(), None);

    // Its insert may be on its way.
    assert!(!store.insert_login(&other, from_ref(&finder)).await.unwrap());
    assert!(store.insert_login(&login, from_ref(&finder)).await.unwrap());
    assert_eq!(store.find_login(finder).await.unwrap().as_ref(), Some(&login));

    world.lose(&login);
    world.clock.advance(UNDER_WAY);
    assert!(store.insert_login(&other, from_ref(&finder)).await.unwrap());
    assert_eq!(store.find_login(finder).await.unwrap(), Some(other));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_logins_one_gets_the_finder() {
    let world = World::new("finder-race").await;
    let mut racers = JoinSet::new();
    for number in 0..50 {
        let (store, sample) = (Arc::clone(&world.store), world.sample.clone());
        racers.spawn(async move {
            let login = sample.login(number);
            store.insert_login(&login, &[sample.finder(1)]).await.unwrap().then_some(login)
        });
    }
    let inserted: Vec<LoginRow> = racers.join_all().await.into_iter().flatten().collect();
    assert_eq!(inserted.len(), 1);
    let found = world.store.find_login(world.sample.finder(1)).await.unwrap();
    assert_eq!(found.as_ref(), inserted.first());
}
