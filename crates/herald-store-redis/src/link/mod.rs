//! The way to Redis: a single server, a master watched by Sentinels, or a cluster.
//!
//! Every call ends within [`CALL_TIME`], connecting included. One that fails may have taken effect or not; none that may change
//! something is sent a second time unless Redis said that it did not carry it out.

mod address;
mod call;
pub(crate) mod check;
mod cluster;
mod fault;
mod kept;
mod node;
mod options;
mod rights;
mod sentinel;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod watch;

use std::{
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use herald_core::store::StoreError;
use redis::{Cmd, ConnectionInfo, Script, Value};
use tokio::sync::Semaphore;

use self::{call::Call, cluster::Cluster, node::Node};

pub(crate) use fault::Fault;
pub use options::{RedisMode, RedisOptions};
pub(crate) use rights::NO_MESSAGE;

/// How long a call takes at most, whatever happens. A request that ends in 1.5 s can make one that fails.
const CALL_TIME: Duration = Duration::from_millis(1100);
/// How many calls may wait for Redis at a time. More are refused at once.
const MOST_CALLS: usize = 4096;

/// Redis carries out such a script, which declares nothing to be read-only, only where and while it takes writes: not on a replica,
/// not when its memory is full, not when its disk fails (Redis documentation, "Eval scripts flags").
static CAN_WRITE: LazyLock<Script> = LazyLock::new(|| Script::new("#!lua\nreturn 1"));

/// The way to Redis; connects when it is first used, and again whenever that is needed.
#[derive(Clone)]
pub(crate) struct Link(Arc<Shared>);

struct Shared {
    servers: Servers,
    calls: Semaphore,
}

enum Servers {
    One(Box<Node>),
    Cluster(Box<Cluster>),
}

impl Link {
    fn to_one(node: Node) -> Self {
        Self::to(Servers::One(Box::new(node)))
    }

    fn to_cluster(cluster: Cluster) -> Self {
        Self::to(Servers::Cluster(Box::new(cluster)))
    }

    fn to(servers: Servers) -> Self {
        Self(Arc::new(Shared { servers, calls: Semaphore::new(MOST_CALLS) }))
    }

    /// Runs a script. All keys are in one slot; it goes to the master that has it.
    pub(crate) async fn run(
        &self,
        script: &Script,
        keys: &[Vec<u8>],
        arguments: &[Vec<u8>],
    ) -> Result<Value, StoreError> {
        Ok(self.send(&Call::script(script, keys, arguments)).await?)
    }

    /// Runs a command. All keys are in one slot; it goes to the master that has it.
    pub(crate) async fn query(&self, command: Cmd) -> Result<Value, StoreError> {
        Ok(self.send(&Call::command(command)).await?)
    }

    /// Does every master take writes?
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.send_to_each(&Call::script(&CAN_WRITE, &[], &[])).await?;
        Ok(())
    }

    /// How a server is spoken to that hears all messages that are published; another one at each turn, where there are several.
    pub(crate) async fn listening_post(&self, turn: usize) -> Result<ConnectionInfo, Fault> {
        match &self.0.servers {
            Servers::One(node) => node.server().await,
            Servers::Cluster(cluster) => Ok(cluster.any(turn)),
        }
    }

    /// Keys by their numbers so that every master has one of them.
    async fn one_for_each(&self, key: impl Fn(u32) -> Vec<u8> + Send) -> Result<Vec<Vec<u8>>, Fault> {
        match &self.0.servers {
            Servers::One(_) => Ok(vec![key(0)]),
            Servers::Cluster(cluster) => self.within_bounds(cluster.one_for_each(key)).await,
        }
    }

    async fn send(&self, call: &Call<'_>) -> Result<Value, Fault> {
        let answer = async {
            match &self.0.servers {
                Servers::One(node) => node.send(call, false).await,
                Servers::Cluster(cluster) => cluster.send(call).await,
            }
        };
        self.within_bounds(answer).await
    }

    async fn send_to_each(&self, call: &Call<'_>) -> Result<Vec<Value>, Fault> {
        let answers = async {
            match &self.0.servers {
                Servers::One(node) => node.send(call, false).await.map(|answer| vec![answer]),
                Servers::Cluster(cluster) => cluster.send_to_each(call).await,
            }
        };
        self.within_bounds(answers).await
    }

    async fn within_bounds<T>(&self, answer: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let _place = self.0.calls.try_acquire().map_err(|_| Fault::Crowded)?;
        tokio::time::timeout(CALL_TIME, answer).await.unwrap_or(Err(Fault::Late))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses may have passwords in them.
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
