//! What replicas say of themselves while something goes wrong, looked at all the time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::task::JoinHandle;

use crate::{judge::Line, outages::WELL_WITHIN, trouble::Trouble, world::World};

/// How often each is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// `/readyz` waits for Redis for a second, and may be late by half: a look that was begun after that may see the end of an outage.
const ANSWERED_WITHIN: Duration = Duration::from_millis(1_500);

/// One look at both addresses of a replica.
#[derive(Clone, Copy, Debug)]
struct Look {
    replica: usize,
    at: Instant,
    live: u16,
    ready: u16,
}

/// Who looks, and what was seen.
pub(crate) struct Health {
    tasks: Vec<JoinHandle<()>>,
    looks: Arc<Mutex<Vec<Look>>>,
}

impl Health {
    /// Looks at every replica until it is judged.
    pub(crate) fn watch(world: &World) -> Self {
        let looks: Arc<Mutex<Vec<Look>>> = Arc::default();
        let tasks = (0..world.replica_count()).map(|replica| {
            let (looker, looks) = (world.looker(replica), Arc::clone(&looks));
            tokio::spawn(async move {
                let mut ticks = tokio::time::interval(LOOK_EVERY);
                loop {
                    ticks.tick().await;
                    let at = Instant::now();
                    let (live, ready) = tokio::join!(looker.health("livez"), looker.health("readyz"));
                    let look = Look { replica, at, live, ready };
                    looks.lock().unwrap_or_else(PoisonError::into_inner).push(look);
                }
            })
        });
        Self { tasks: tasks.collect(), looks }
    }

    /// Compares what each replica said with a trouble that began and ended then.
    pub(crate) fn judge(self, trouble: Trouble, (began, ended): (Instant, Instant), line: &mut Line) {
        let replicas = self.tasks.len();
        self.tasks.iter().for_each(JoinHandle::abort);
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        line.expect(looks.iter().all(|look| look.live == 200), "`/livez` is 200 throughout");
        for replica in 0..replicas {
            let of = || looks.iter().filter(move |look| look.replica == replica);
            if trouble.is_outage() {
                // However short it was, somebody has to have seen it.
                let known_by = ended.min(began + WELL_WITHIN);
                let is_known = of().any(|look| (began..=known_by).contains(&look.at) && look.ready == 503);
                line.expect(is_known, format!("`/readyz` of replica {replica} is 503 within 5 s"));
                let is_denied = |look: &Look| {
                    look.at > began + WELL_WITHIN && look.at + ANSWERED_WITHIN < ended && look.ready != 503
                };
                line.expect(
                    !of().any(&is_denied),
                    format!("`/readyz` of replica {replica} stays 503 while it lasts"),
                );
            }
            let after: Vec<&Look> = of().filter(|look| look.at > ended + WELL_WITHIN).collect();
            let is_well = !after.is_empty() && after.iter().all(|look| look.ready == 200);
            line.expect(is_well, format!("`/readyz` of replica {replica} is 200 within 5 s again"));
        }
    }
}
