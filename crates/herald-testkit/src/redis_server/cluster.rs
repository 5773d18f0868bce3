//! A cluster of three masters without replicas.

use std::sync::OnceLock;

use super::{RedisServer, Reply, process, single::SHARED_ARGUMENTS, wait_until};

/// How many hash slots there are.
const SLOTS: usize = 16_384;

/// Three masters that share the slots.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: [RedisServer; 3],
}

impl RedisCluster {
    /// Starts one on free ports; all slots are served when this returns.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further arguments for every node.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::of(std::array::from_fn(|_| node(arguments)))
    }

    /// The cluster that the tests of this process share; it ends with the process. Use tenants or a prefix of your own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::of(std::array::from_fn(|_| node(SHARED_ARGUMENTS))))
    }

    fn of(nodes: [RedisServer; 3]) -> Self {
        let cluster = Self { nodes };
        let [first, ..] = &cluster.nodes;
        for (i, node) in cluster.nodes.iter().enumerate() {
            let (begin, end) = (SLOTS * i / 3, SLOTS * (i + 1) / 3 - 1);
            done(node, &["CLUSTER", "ADDSLOTSRANGE", &begin.to_string(), &end.to_string()]);
            done(node, &["CLUSTER", "SET-CONFIG-EPOCH", &(i + 1).to_string()]);
            if i > 0 {
                done(node, &["CLUSTER", "MEET", "127.0.0.1", &first.port().to_string(), &bus(first)]);
            }
        }
        cluster.wait();
        cluster
    }

    /// Waits until every node knows the others and that all slots are served.
    pub fn wait(&self) {
        wait_until("every node of the cluster says that its state is ok", || {
            self.nodes.iter().all(|node| {
                let info = node.try_command(&["CLUSTER", "INFO"]);
                info.is_ok_and(|info| {
                    let has = |line: &str| info.text().lines().any(|found| found == line);
                    has("cluster_state:ok") && has("cluster_known_nodes:3")
                })
            })
        });
    }

    /// The nodes. Node `i` has the `i`-th third of the slots.
    pub fn nodes(&self) -> &[RedisServer; 3] {
        &self.nodes
    }

    /// The addresses of all nodes.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// The node that has this key.
    pub fn node_of(&self, key: &str) -> &RedisServer {
        let Reply::Integer(slot) = self.nodes[0].command(&["CLUSTER", "KEYSLOT", key]) else {
            panic!("CLUSTER KEYSLOT gives no number")
        };
        let slot = usize::try_from(slot).expect("slots are not negative");
        let has_it = |&i: &usize| slot < SLOTS * (i + 1) / 3;
        &self.nodes[(0..3).find(has_it).expect("all slots are served")]
    }
}

fn node(arguments: &[&str]) -> RedisServer {
    process::on_free_ports(|[port, bus]| {
        let bus = bus.to_string();
        let mut all =
            vec!["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"];
        all.extend(arguments);
        RedisServer::start_at(port, &all)
    })
}

/// The port that its peers speak to it at.
fn bus(node: &RedisServer) -> String {
    match node.command(&["CONFIG", "GET", "cluster-port"]) {
        Reply::Array(pair) => pair[1].text().to_owned(),
        other => panic!("CONFIG GET gives {other:?}"),
    }
}

fn done(node: &RedisServer, words: &[&str]) {
    assert_eq!(node.command(words), Reply::Text("OK".to_owned()), "{words:?}");
}
