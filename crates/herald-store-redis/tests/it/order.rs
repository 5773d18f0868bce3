//! Lists along orders: what is gone, and what is long.

use std::sync::Arc;

use herald_core::{
    clock::Clock as _,
    login::LoginStatus,
    store::{LoginFilter, LoginRow, LoginStore as _, Page, SessionFilter, SessionStore as _},
};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisServer, Reply},
    store_suite::{
        begin::begin,
        sample::{SECOND, Sample},
    },
};

use crate::store::open;

const ALL: LoginFilter = LoginFilter { reference: None, status: None };
const PAGE: Page = Page { after: None, limit: 9 };

#[tokio::test]
async fn a_list_passes_over_rows_that_are_gone_and_drops_their_entries() {
    let (server, clock) = (RedisServer::shared(), Arc::new(FakeClock::default()));
    let store = open(server, "order-gone", &clock).await;
    let sample = Sample::of("acme", clock.now());
    for number in 1..=3 {
        assert!(store.insert_login(&sample.login(number), &[]).await.unwrap());
    }
    let key = format!("order-gone:{{acme}}:log:{:032x}", 2);
    assert_eq!(server.command(&["DEL", &key]), Reply::Integer(1));
    assert_eq!(server.command(&["ZCARD", "order-gone:{acme}:logs"]), Reply::Integer(3));
    let listed = store.list_logins(&sample.tenant, ALL, PAGE).await.unwrap();
    assert_eq!(listed, [sample.login(3), sample.login(1)]);
    assert_eq!(server.command(&["ZCARD", "order-gone:{acme}:logs"]), Reply::Integer(2));
    // And one that comes back has its entry again.
    assert!(store.insert_login(&sample.login(2), &[]).await.unwrap());
    assert_eq!(store.list_logins(&sample.tenant, ALL, PAGE).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_rare_is_found_however_long_the_list_is() {
    let (server, clock) = (RedisServer::shared(), Arc::new(FakeClock::default()));
    let store = open(server, "order-long", &clock).await;
    let sample = Sample::of("acme", clock.now());
    // More than two looks read.
    for number in 0..600_u32 {
        let status = if [0, 300].contains(&number) { LoginStatus::Denied } else { LoginStatus::Pending };
        let created_at = sample.now + SECOND * number;
        let login = LoginRow { status, created_at, ..sample.login(u128::from(number)) };
        assert!(store.insert_login(&login, &[]).await.unwrap());
    }
    let denied = LoginFilter { status: Some(LoginStatus::Denied), ..ALL };
    let listed = store.list_logins(&sample.tenant, denied, PAGE).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>(), [300, 0]);
    let whole = store.list_logins(&sample.tenant, ALL, Page { after: None, limit: 1000 }).await.unwrap();
    assert_eq!(whole.len(), 600);
}

/// What a call may cost is bounded. Entries of which the rows are gone count as well, and are not met again.
#[tokio::test]
async fn a_list_looks_at_so_many_rows_and_no_more() {
    let (server, clock) = (RedisServer::shared(), Arc::new(FakeClock::default()));
    let store = open(server, "order-bound", &clock).await;
    let sample = Sample::of("acme", clock.now());
    assert!(store.insert_login(&sample.login(1), &[]).await.unwrap());
    // In December 2027, which is after everything here.
    let fill = "for i = 1, 80000 do \
                redis.call('ZADD', KEYS[1], 0, string.char(0, 6, 127, 0, 0, 0, 0, 0) .. string.format('%016d', i)) end";
    server.command(&["EVAL", fill, "1", "order-bound:{acme}:logs"]);
    assert_eq!(store.list_logins(&sample.tenant, ALL, PAGE).await.unwrap(), []);
    assert_eq!(store.list_logins(&sample.tenant, ALL, PAGE).await.unwrap(), [sample.login(1)]);
}

/// Whoever ends all sessions has to come to the last one.
#[tokio::test]
async fn a_list_of_sessions_that_looked_at_enough_says_where_it_goes_on() {
    let (server, clock) = (RedisServer::shared(), Arc::new(FakeClock::default()));
    let store = open(server, "order-sessions", &clock).await;
    let sample = Sample::of("acme", clock.now());
    let oldest = sample.session(1, 1);
    begin(&store, &sample, &oldest).await;
    // In December 2027, which is after everything here.
    let fill = "for i = 1, 2048 do \
                redis.call('ZADD', KEYS[1], 0, string.char(0, 6, 127, 0, 0, 0, 0, 0) .. string.format('%016d', i)) end";
    server.command(&["EVAL", fill, "1", "order-sessions:{acme}:sess"]);
    let active = SessionFilter { active_at: Some(sample.now), ..SessionFilter::default() };
    let first = store.list_sessions(&sample.tenant, &active, PAGE).await.unwrap();
    assert!(first.rows.is_empty() && first.next.is_some(), "{first:?}");
    let page = Page { after: first.next, ..PAGE };
    let second = store.list_sessions(&sample.tenant, &active, page).await.unwrap();
    assert_eq!((second.rows, second.next), (vec![oldest], None));
}
