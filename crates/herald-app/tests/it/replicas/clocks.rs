//! A replica whose clock is not the store's, which leases go by: it looks neither without end nor too late.

use std::{sync::Arc, time::Duration};

use herald_core::{
    clock::Clock as _, id::NotificationId, login::LoginStatus, notification::NotificationStatus, store::Store,
};
use herald_testkit::{fake_clock::FakeClock, shared_store::SharedStore};
use jiff::{SignedDuration, Timestamp};

use crate::{
    accepting::wish,
    world::{self, World},
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// So often may a replica ask the store in a second for what it cannot have yet.
const MOST_CALLS: usize = 60;

/// A replica, and the store with a clock of its own.
struct Apart {
    of_store: Arc<FakeClock>,
    below: Arc<dyn Store>,
    replica: World,
}

impl Apart {
    /// The replica's clock is so far ahead of the store's.
    async fn by(ahead: SignedDuration) -> Self {
        let of_store = Arc::new(FakeClock::default());
        let own = Arc::new(FakeClock::at(of_store.now() + ahead));
        let below = world::store(&of_store);
        let handle = SharedStore::handles(&below, 1).remove(0);
        let replica = World::on(own, handle.clone(), handle).await;
        // What a breath asks for is not asked for by the replica.
        let replica = World { store: Arc::clone(&below), ..replica };
        let apart = Self { of_store, below, replica };
        apart.replica.breath(0).await;
        apart
    }

    /// Time passes, a hundredth of a second at a time, until it is then by this clock.
    async fn pass_until(&self, clock: &FakeClock, then: Timestamp) {
        let step = SignedDuration::from_millis(10);
        let mut breath = 0;
        while clock.now() < then {
            self.of_store.advance(step);
            self.replica.clock.advance(step);
            self.replica.breath(breath).await;
            breath += 1;
        }
    }

    /// How often the replica asks the store until then.
    async fn calls_until(&self, clock: &FakeClock, then: Timestamp) -> usize {
        let before = self.replica.handle.calls();
        self.pass_until(clock, then).await;
        self.replica.handle.calls() - before
    }

    async fn status(&self, id: NotificationId) -> NotificationStatus {
        self.replica.notification(id).await.status
    }

    async fn planned(&self, at: Timestamp) -> NotificationId {
        let mut planned = wish("main");
        planned.send_at = Some(at);
        self.replica.accept_wish("planned", planned).await.notification.id
    }
}

#[tokio::test]
async fn a_replica_that_is_ahead_sends_as_soon_as_the_store_leases() {
    let apart = Apart::by(SECOND).await;
    let (of_store, own) = (&apart.of_store, &apart.replica.clock);
    let due = own.now() + SignedDuration::from_secs(3);
    let id = apart.planned(due).await;
    apart.pass_until(own, due).await;
    let calls = apart.calls_until(of_store, due - SignedDuration::from_millis(10)).await;
    assert!(calls <= MOST_CALLS, "{calls}");
    assert_eq!(apart.status(id).await, NotificationStatus::Queued);
    apart.pass_until(of_store, due + SignedDuration::from_millis(100)).await;
    assert_eq!(apart.status(id).await, NotificationStatus::Sent);
}

#[tokio::test]
async fn a_replica_that_is_behind_keeps_what_was_leased_early_and_sends_it_when_it_is_due() {
    let apart = Apart::by(-SECOND).await;
    let own = &apart.replica.clock;
    let due = own.now() + SignedDuration::from_secs(3);
    let id = apart.planned(due).await;
    apart.pass_until(own, due - SECOND / 2).await;
    // Something that is due here too has it leased as well.
    let other = apart.replica.accept("main").await;
    apart.pass_until(own, own.now() + SignedDuration::from_millis(10)).await;
    assert_eq!(apart.status(other).await, NotificationStatus::Sent);
    let tenant = apart.replica.tenant().id.clone();
    let free = apart.below.lease_notifications(&tenant, "somebody else", Duration::from_secs(1), 10).await;
    assert!(free.unwrap().is_empty(), "it was given back");
    let calls = apart.calls_until(own, due - SignedDuration::from_millis(10)).await;
    assert!(calls <= MOST_CALLS, "{calls}");
    assert_eq!(apart.status(id).await, NotificationStatus::Queued);
    apart.pass_until(own, due + SignedDuration::from_millis(50)).await;
    assert_eq!(apart.status(id).await, NotificationStatus::Sent);
}

#[tokio::test]
async fn a_replica_that_is_ahead_attends_to_a_login_as_soon_as_the_store_leases_it() {
    let apart = Apart::by(SECOND).await;
    let (of_store, own) = (&apart.of_store, &apart.replica.clock);
    let (id, _) = apart.replica.start("web").await;
    let due = apart.replica.login(id).await.expires_at;
    own.advance(due.duration_since(own.now()) - SECOND);
    of_store.advance(due.duration_since(of_store.now()) - SECOND * 2);
    apart.pass_until(own, due).await;
    let calls = apart.calls_until(of_store, due - SignedDuration::from_millis(10)).await;
    assert!(calls <= MOST_CALLS, "{calls}");
    assert_ne!(apart.replica.login(id).await.status(), LoginStatus::Expired);
    apart.pass_until(of_store, due + SignedDuration::from_millis(100)).await;
    assert_eq!(apart.replica.login(id).await.status(), LoginStatus::Expired);
}

#[tokio::test]
async fn a_replica_that_is_behind_attends_to_a_login_that_was_leased_early_when_it_is_due() {
    let apart = Apart::by(-SECOND).await;
    let (of_store, own) = (&apart.of_store, &apart.replica.clock);
    let (id, _) = apart.replica.start("web").await;
    let due = apart.replica.login(id).await.expires_at;
    of_store.advance(due.duration_since(of_store.now()));
    own.advance(due.duration_since(own.now()) - SECOND);
    // It is looked for, because another one begins.
    apart.replica.start("web").await;
    let calls = apart.calls_until(own, due - SignedDuration::from_millis(10)).await;
    assert!(calls <= MOST_CALLS, "{calls}");
    assert_ne!(apart.replica.login(id).await.status(), LoginStatus::Expired);
    apart.pass_until(own, due + SignedDuration::from_millis(50)).await;
    assert_eq!(apart.replica.login(id).await.status(), LoginStatus::Expired);
}
