//! Logins whose browser came back in time, and whose answer came, or was verified, after it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_app::{Connection, Tenants};
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    login::{Ending, FailureCode, LoginStatus, Phase},
    provider::{Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, ProviderInfo, Started, Verified},
};
use herald_testkit::fake_provider::{Ends, FakeProvider};
use tokio::{runtime::Runtime, sync::watch};

use super::query;
use crate::world::World;

/// The fake provider, whose answers take time to verify.
#[derive(Debug)]
struct SlowToVerify {
    fake: Arc<FakeProvider>,
    begun: watch::Sender<usize>,
    may_go: watch::Sender<bool>,
}

impl SlowToVerify {
    /// Takes the place of the fake behind `web`.
    fn behind_web(world: &World) -> Arc<Self> {
        let slow = Arc::new(Self {
            fake: Arc::clone(&world.web),
            begun: watch::Sender::new(0),
            may_go: watch::Sender::new(false),
        });
        let mut tenant = world.tenant_value();
        let web = tenant.connections.values_mut().find(|connection| connection.id.as_str() == "web");
        let web = web.expect("the connection is there");
        *web = Arc::new(Connection { provider: slow.clone(), ..Connection::clone(web) });
        world.herald.replace_tenants(Tenants::new(vec![tenant]));
        slow
    }

    /// Waits until so many calls have begun.
    async fn calls_reach(&self, count: usize) {
        self.begun.subscribe().wait_for(|begun| *begun >= count).await.unwrap();
    }
}

#[async_trait]
impl IdentityProvider for SlowToVerify {
    fn info(&self) -> &ProviderInfo {
        self.fake.info()
    }

    async fn begin(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        self.fake.begin(request).await
    }

    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError> {
        self.fake.observe(memo, look).await
    }

    async fn redeem(&self, memo: &Memo) -> Result<Answer, ProviderError> {
        self.fake.redeem(memo).await
    }

    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError> {
        self.begun.send_modify(|begun| *begun += 1);
        // The sender lives in `self`.
        let _ = self.may_go.subscribe().wait_for(|may_go| *may_go).await;
        self.fake.identify(answer).await
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_the_end_of_the_wait_is_good() {
    let world = World::new().await;
    let go = world.web.redeem_waits();
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    world.pass(299);
    let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
    let time = async {
        world.web.redeems_reach(1).await;
        world.pass(2);
        world.breath(0).await;
        go.send(()).unwrap();
    };
    let (back, ()) = tokio::join!(callback, time);
    assert_eq!((back.unwrap().status(), world.web.redeem_count()), (LoginStatus::Confirmed, 1));
}

#[tokio::test]
async fn who_verifies_an_answer_is_waited_for_by_the_watcher_whatever_the_time() {
    let world = World::new().await;
    let slow = SlowToVerify::behind_web(&world);
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    world.pass(299);
    let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
    let time = async {
        slow.calls_reach(1).await;
        // Past the end of the wait, and past the time that nobody else looks after the answer.
        for second in 0..10 {
            world.pass(1);
            world.breath(second).await;
        }
        let is_free = world.store.lease_login("nobody", &world.tenant().id, id, Duration::from_secs(1)).await;
        assert!(!is_free.unwrap(), "the watcher is there");
        slow.may_go.send_replace(true);
    };
    let (back, ()) = tokio::join!(callback, time);
    assert_eq!(back.unwrap().status(), LoginStatus::Confirmed);
    assert_eq!((*slow.begun.borrow(), world.web.redeem_count()), (1, 1));
}

/// A replica dies while it verifies an answer, so long before another one looks; what that one makes of the login.
fn verified_after_a_death(seconds: i64, status: LoginStatus) {
    let first = Runtime::new().unwrap();
    let (world, id) = first.block_on(async {
        let world = World::new().await;
        let slow = SlowToVerify::behind_web(&world);
        let (id, _) = world.start("web").await;
        let login = world.login(id).await;
        world.pass(299);
        let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
        drop(tokio::time::timeout(Duration::ZERO, callback).await);
        slow.calls_reach(1).await;
        (world, id)
    });
    first.shutdown_timeout(Duration::from_secs(10));
    Runtime::new().unwrap().block_on(async {
        world.pass(seconds);
        let second = world.replica("replica-2").await;
        second.until_status(id, status).await;
        assert_eq!(second.web.redeem_count(), 1);
    });
}

#[test]
fn an_answer_that_a_dead_replica_took_in_time_is_verified_by_another_after_it() {
    verified_after_a_death(60, LoginStatus::Confirmed);
}

#[test]
fn an_answer_that_nobody_can_be_waiting_for_any_more_is_given_up() {
    verified_after_a_death(1 + 600, LoginStatus::Failed);
}

#[tokio::test]
async fn an_answer_that_cannot_be_verified_in_time_is_given_up() {
    let world = World::new().await;
    let later = Retry::After(Duration::from_secs(5));
    world.web.identify_ends([Ends::Fails(ErrorKind::Unavailable, later)]);
    let (id, _) = world.start("web").await;
    let login = world.login(id).await;
    world.pass(299);
    let callback = world.herald.logins().returned(&login, query("code", "c"), vec![]);
    drop(tokio::time::timeout(Duration::ZERO, callback).await);
    world.until(id, |login| matches!(login.phase, Phase::Answered { not_before: Some(_), .. })).await;
    world.pass(1);
    let login = world.until_status(id, LoginStatus::Failed).await;
    assert!(matches!(login.phase, Phase::Ended { ending: Ending::Failed(FailureCode::ProviderError), .. }));
}
