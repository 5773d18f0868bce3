//! Several replicas over one store: what one does, the others know, and what one leaves, another takes up.

mod clocks;
mod hearing;
mod logins;
mod sending;
mod sessions;

use std::sync::Arc;

use herald_core::store::Store;
use herald_testkit::{fake_clock::FakeClock, shared_store::SharedStore};
use jiff::SignedDuration;

use crate::world::{self, World};

/// Replicas with the same providers, each with its own handle of one store, on the present runtime.
pub(crate) struct Cluster {
    /// The store's own clock, and that of all replicas but, in [`Cluster::with_a_sleeper`], the first.
    clock: Arc<FakeClock>,
    /// What is underneath all handles.
    store: Arc<dyn Store>,
    handles: Vec<Arc<SharedStore>>,
    /// Each, with its handle.
    pub(crate) replicas: Vec<World>,
}

impl Cluster {
    /// So many replicas.
    pub(crate) async fn new(count: usize) -> Self {
        let clock = Arc::new(FakeClock::default());
        Self::with_clock_of_the_first(count, &clock, Arc::clone(&clock)).await
    }

    /// Two replicas, of which the first has a clock of its own. While that stands still, the first one is stopped (SIGSTOP):
    /// nothing that it does by time is done. When its clock has caught up, it goes on.
    pub(crate) async fn with_a_sleeper() -> Self {
        Self::with_clock_of_the_first(2, &Arc::new(FakeClock::default()), Arc::new(FakeClock::default()))
            .await
    }

    async fn with_clock_of_the_first(
        count: usize,
        clock: &Arc<FakeClock>,
        of_the_first: Arc<FakeClock>,
    ) -> Self {
        let store = world::store(clock);
        let handles = SharedStore::handles(&store, count);
        let first = World::on(of_the_first, handles[0].clone(), handles[0].clone()).await;
        let mut replicas = vec![first];
        for (number, handle) in handles.iter().enumerate().skip(1) {
            let name = format!("replica-{}", number + 1);
            replicas.push(replicas[0].replica_on(&name, Arc::clone(clock), handle.clone()).await);
        }
        let cluster = Self { clock: Arc::clone(clock), store, handles, replicas };
        // All of them have looked for what is due, and found nothing.
        cluster.breath(0).await;
        cluster
    }

    /// So many seconds pass, one by one, for all who go by the store's clock.
    pub(crate) async fn pass(&self, seconds: usize) {
        for second in 0..seconds {
            self.clock.advance(SignedDuration::from_secs(1));
            self.breath(second).await;
        }
    }

    /// Lets all replicas do what they can do now.
    pub(crate) async fn breath(&self, name: usize) {
        // The last one is never cut off.
        self.replicas[self.replicas.len() - 1].breath(name).await;
    }

    /// The sleeper wakes up: its clock goes like the others'.
    pub(crate) async fn wakes_up(&self) {
        let sleeper = &self.replicas[0];
        sleeper.clock.advance(self.replicas[1].now().duration_since(sleeper.now()));
        self.breath(0).await;
    }
}
