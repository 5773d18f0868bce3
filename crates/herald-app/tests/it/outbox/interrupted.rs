//! Replicas that die, stop and break down in the middle of telling.

use std::{sync::Arc, time::Duration};

use herald_app::{Herald, Parts, Tenants};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    seal::Keyring,
};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::jtis;
use crate::world::{PlainShapes, World};

impl World {
    /// Waits until the next look at the outbox is planned for then.
    pub(super) async fn until_event_due_at(&self, at: Timestamp) {
        let wait = async {
            while self.next_delivery_due().await != Some(at) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("it gets there");
    }

    /// A replica that does nothing in the background yet.
    pub(super) async fn idle_replica(&self, name: &str) -> Self {
        let parts = Parts {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy),
            keyring: Keyring::new(&[Zeroizing::new([7; 32])]).unwrap(),
            tenants: Tenants::new(vec![self.tenant_value()]),
            courier: self.courier.clone(),
            shapes: Arc::new(PlainShapes),
            public_url: "https://login.example".to_owned(),
            replica: name.to_owned(),
            replicas: 1,
            is_development: false,
        };
        Self { herald: Herald::open(parts).await.unwrap(), ..self.clone() }
    }
}

/// What a world on a runtime of its own comes to, which is then killed.
pub(super) fn killed<T>(work: impl AsyncFnOnce(World) -> T) -> T {
    let runtime = Runtime::new().unwrap();
    let outcome = runtime.block_on(async { work(World::new().await).await });
    runtime.shutdown_timeout(Duration::from_secs(10));
    outcome
}

#[test]
fn what_a_dead_replica_was_telling_is_told_again_under_the_same_id() {
    let world = killed(async |world| {
        world.courier.gets_stuck();
        world.ended().await;
        world.told(1).await;
        world
    });
    Runtime::new().unwrap().block_on(async {
        let second = world.replica("replica-2").await;
        // The dead one's lease is not over: nothing is due for a replica that has just looked.
        second.until_event_due_at(second.clock.now() + SignedDuration::from_secs(30)).await;
        assert_eq!(second.courier.so_far().len(), 1);
        second.pass(30);
        let told = second.told(2).await;
        assert_eq!(jtis(&told).len(), 1);
        assert_eq!(second.rests().await, None);
    });
}

#[test]
fn what_a_stopped_replica_left_is_told_by_the_next_one() {
    let world = killed(async |world| {
        let sessions = [world.signed_in().await, world.signed_in().await];
        (world, sessions)
    });
    Runtime::new().unwrap().block_on(async {
        let (world, sessions) = world;
        let idle = world.idle_replica("replica-2").await;
        for session in &sessions {
            idle.end(session).await;
        }
        assert!(idle.courier.so_far().is_empty());
        let third = world.replica("replica-3").await;
        assert_eq!(jtis(&third.told(2).await).len(), 2);
    });
}

#[test]
fn a_stop_finishes_what_runs_and_leaves_what_waits() {
    let (world, sessions) = killed(async |world| {
        let mut sessions = vec![];
        for _ in 0..6 {
            sessions.push(world.signed_in().await);
        }
        (world, sessions)
    });
    Runtime::new().unwrap().block_on(async {
        let world = world.idle_replica("replica-2").await;
        let stop = CancellationToken::new();
        let running = world.herald.run(stop.clone());
        world.courier.holds(true);
        for session in &sessions {
            world.end(session).await;
        }
        // Four go to one receiver at once; two wait.
        world.told(4).await;
        stop.cancel();
        world.courier.holds(false);
        tokio::time::timeout(Duration::from_secs(10), running).await.expect("it stops").unwrap();
        assert_eq!(world.courier.so_far().len(), 4);
        assert_eq!(world.next_delivery_due().await, Some(world.clock.now()));
        let next = world.replica("replica-3").await;
        assert_eq!(jtis(&next.told(6).await).len(), 6);
        assert_eq!((next.rests().await, next.courier.so_far().len()), (None, 6));
    });
}

#[tokio::test]
async fn a_break_down_hurts_one_event_only() {
    let world = World::new().await;
    world.courier.breaks_down();
    world.ended().await;
    world.told(1).await;
    let due = world.rests().await.expect("it is taken up again");
    world.ended().await;
    world.told(2).await;
    world.pass_to(due);
    let told = world.told(3).await;
    assert_eq!((jtis(&told).len(), &told[2]["jti"]), (2, &told[0]["jti"]));
    world.until_all_is_told().await;
    assert_eq!(world.courier.so_far().len(), 3);
}
