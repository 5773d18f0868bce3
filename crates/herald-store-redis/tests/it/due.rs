//! Leasing logins of all tenants together.

use std::{slice::from_ref, sync::Arc};

use herald_core::{
    clock::Clock as _,
    store::{LoginStore as _, StoreError},
};
use herald_testkit::{
    fake_clock::FakeClock,
    redis_server::{RedisServer, Reply},
    store_suite::sample::{LEASE, Sample},
};

use crate::store::open;

#[tokio::test]
async fn a_tenant_that_fails_holds_up_no_other() {
    let (server, clock) = (RedisServer::shared(), Arc::new(FakeClock::default()));
    let store = open(server, "due-fails", &clock).await;
    let (ours, theirs) = (Sample::of("acme", clock.now()), Sample::of("zenith", clock.now()));
    let login = ours.due_login(1, ours.now);
    assert!(store.insert_login(&login, &[]).await.unwrap());
    assert!(store.insert_login(&theirs.due_login(1, theirs.now), &[]).await.unwrap());
    let wakes = "due-fails:{zenith}:wakes:logins";
    assert_eq!(server.command(&["SET", wakes, "no agenda"]), Reply::Text("OK".to_owned()));

    assert_eq!(store.next_login_due().await.unwrap(), login.attend_at);
    assert_eq!(store.lease_logins("a", LEASE, 9).await.unwrap(), from_ref(&login));
    assert_eq!(store.lease_logins("a", LEASE, 9).await.unwrap(), []);
    // Where all fail it is said.
    let wakes = "due-fails:{acme}:wakes:logins";
    assert_eq!(server.command(&["SET", wakes, "no agenda"]), Reply::Text("OK".to_owned()));
    let failed = store.lease_logins("a", LEASE, 9).await;
    assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
}
