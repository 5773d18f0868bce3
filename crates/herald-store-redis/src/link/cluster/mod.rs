//! A cluster: each call goes to the master that has the slot of its key.
//!
//! Not the library's `ClusterConnection`: that one sends a call again whose answer was lost, so that a conditional write that was
//! carried out would be told to have failed; and lets all nodes wait while it looks for one. Here a call is sent again only
//! to where it was redirected to, which says that it was not carried out.

mod slots;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future;
use redis::{ConnectionInfo, Value};

use self::slots::SlotMap;
use super::{
    address::{Address, Manner},
    call::Call,
    fault::Fault,
    kept::{Kept, Lent},
    node::{Node, Place},
};

/// How often a call may be redirected.
const MOST_HOPS: usize = 8;
/// How long a call waits whose keys are on their way from one node to the other.
const MOVING_TIME: Duration = Duration::from_millis(20);
/// How much later than the others a node is asked for the map whose last one was not true.
const DOUBT_TIME: Duration = Duration::from_millis(200);
/// How many keys are tried to find one for each master. One that has a single slot is found with this chance: 1 − e⁻⁴.
const MOST_TRIES: u32 = 65_536;
/// A map that is younger is not asked for anew.
const LEAST_MAP_AGE: Duration = Duration::from_millis(250);

/// A cluster.
pub(super) struct Cluster {
    manner: Manner,
    /// The nodes that the operator named; others are found by them.
    seeds: Vec<Address>,
    nodes: Mutex<HashMap<Address, Arc<Node>>>,
    map: Kept<Arc<SlotMap>>,
    /// Who gave the last map, if that turned out not to be true: perhaps he is cut off from the others, and says the same again.
    doubted: Mutex<Option<Address>>,
    /// Which master is next for a call that any of them can have.
    turn: AtomicUsize,
}

impl Cluster {
    pub(super) fn new(manner: Manner, seeds: Vec<Address>) -> Self {
        Self {
            manner,
            seeds,
            nodes: Mutex::default(),
            map: Kept::default(),
            doubted: Mutex::default(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Sends a call to the master that has its key, or to some master if it has none.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Value, Fault> {
        let mut redirect = None;
        for _ in 0..MOST_HOPS {
            let map = self.map().await?;
            let (address, is_asking) = match redirect.take() {
                Some(redirect) => redirect,
                None => (self.master_for(call, &map.value)?, false),
            };
            match self.node(&address).send(call, is_asking).await {
                Err(Fault::Elsewhere { address: mut other, is_ask }) => {
                    if other.host.is_empty() {
                        other.host = address.host;
                    }
                    if !is_ask {
                        self.outdate(&map);
                    }
                    redirect = Some((other, is_ask));
                }
                Err(fault) if fault.is_refused("TRYAGAIN") => tokio::time::sleep(MOVING_TIME).await,
                result => {
                    self.learn(&map, &result);
                    return result;
                }
            }
        }
        Err(Fault::NoNode)
    }

    /// Sends a call to every master.
    pub(super) async fn send_to_each(&self, call: &Call<'_>) -> Result<Vec<Value>, Fault> {
        let map = self.map().await?;
        let masters = map.value.masters();
        if masters.is_empty() {
            self.outdate(&map);
            return Err(Fault::NoNode);
        }
        let nodes: Vec<Arc<Node>> = masters.iter().map(|master| self.node(master)).collect();
        let results = future::join_all(nodes.iter().map(|node| node.send(call, false))).await;
        for result in &results {
            self.learn(&map, result);
        }
        results.into_iter().collect()
    }

    /// Keys by their numbers so that every master has one of them.
    pub(super) async fn one_for_each(&self, key: impl Fn(u32) -> Vec<u8>) -> Result<Vec<Vec<u8>>, Fault> {
        let map = self.map().await?;
        let mut missing = map.value.masters();
        let mut keys = Vec::new();
        for key in (0..MOST_TRIES).map(key) {
            let master = map.value.master_of(slots::slot(&key));
            let Some(place) = missing.iter().position(|missing| Some(missing) == master) else { continue };
            missing.swap_remove(place);
            keys.push(key);
            if missing.is_empty() {
                break;
            }
        }
        Ok(keys)
    }

    /// How one of the nodes is spoken to, for a connection apart; another one at each turn.
    pub(super) fn any(&self, turn: usize) -> ConnectionInfo {
        let mut known = self.map.peek().map(|map| map.masters()).unwrap_or_default();
        known.extend(self.seeds.iter().cloned());
        self.manner.at(&known[turn % known.len()])
    }

    fn master_for(&self, call: &Call<'_>, map: &SlotMap) -> Result<Address, Fault> {
        if let Some(key) = call.key() {
            return map.master_of(slots::slot(key)).cloned().ok_or(Fault::NoNode);
        }
        let masters = map.masters();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        masters.get(turn % masters.len().max(1)).cloned().ok_or(Fault::NoNode)
    }

    async fn map(&self) -> Result<Lent<Arc<SlotMap>>, Fault> {
        self.map.get(|| Box::pin(self.ask_for_map())).await
    }

    /// The map by the first node that has one. Who is doubted has to give the others time to answer first.
    async fn ask_for_map(&self) -> Result<Arc<SlotMap>, Fault> {
        let mut question = redis::cmd("CLUSTER");
        question.arg("SLOTS");
        let question = &Call::command(question);
        let mut known = self.seeds.clone();
        known.extend(self.nodes().keys().filter(|address| !self.seeds.contains(address)).cloned());
        let doubted = &self.doubted().clone();
        let answers = known.into_iter().map(|address| {
            Box::pin(async move {
                if doubted.as_ref() == Some(&address) {
                    tokio::time::sleep(DOUBT_TIME).await;
                }
                let answer = self.node(&address).send(question, false).await?;
                SlotMap::read(answer, &address)
            })
        });
        let (map, _) = future::select_ok(answers).await?;
        let masters = map.masters();
        self.nodes().retain(|address, _| masters.contains(address) || self.seeds.contains(address));
        Ok(Arc::new(map))
    }

    /// After a failure another node may have taken over.
    fn learn(&self, map: &Lent<Arc<SlotMap>>, result: &Result<Value, Fault>) {
        let is_sign = |fault: &Fault| {
            fault.is_of_connection() || fault.is_of_server() || fault.is_refused("CLUSTERDOWN")
        };
        if result.as_ref().is_err_and(is_sign) {
            *self.doubted() = Some(map.value.by().clone());
            self.outdate(map);
        }
    }

    fn outdate(&self, map: &Lent<Arc<SlotMap>>) {
        if map.age >= LEAST_MAP_AGE {
            self.map.discard(map);
        }
    }

    fn node(&self, address: &Address) -> Arc<Node> {
        let mut nodes = self.nodes();
        if let Some(node) = nodes.get(address) {
            return Arc::clone(node);
        }
        let node = Arc::new(Node::new(Place::At(Box::new(self.manner.at(address)))));
        nodes.insert(address.clone(), Arc::clone(&node));
        node
    }

    fn doubted(&self) -> MutexGuard<'_, Option<Address>> {
        self.doubted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<Address, Arc<Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use herald_testkit::redis_server::RedisCluster;

    use super::*;

    fn address(url: &str) -> Address {
        Manner::of(url).unwrap().address().unwrap()
    }

    #[tokio::test]
    async fn who_gave_a_map_that_is_not_true_is_asked_again_only_if_nobody_else_answers() {
        let servers = RedisCluster::start();
        let [first, second, third] = servers.nodes();
        let seeds = servers.urls().iter().map(|url| address(url)).collect();
        let cluster = Cluster::new(Manner::of(&first.url()).unwrap(), seeds);
        let doubted = address(&first.url());
        let map = Lent::of(Arc::new(SlotMap::read(Value::Array(Vec::new()), &doubted).unwrap()));
        cluster.learn(&map, &Err(Fault::Refused("CLUSTERDOWN".to_owned())));
        for _ in 0..20 {
            assert_ne!(cluster.ask_for_map().await.unwrap().by(), &doubted);
        }
        second.kill();
        third.kill();
        assert_eq!(cluster.ask_for_map().await.unwrap().by(), &doubted);
    }
}
