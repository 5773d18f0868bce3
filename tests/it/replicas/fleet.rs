//! Several real Heralds over one real Redis, with one address for everybody outside.

use std::{
    ops::Deref,
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use herald_testkit::redis_server::RedisServer;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    caller::Caller,
    process::Process,
    relay::{Relay, address},
    stack::{Stack, TENANTS, client, free_ports, serve, store_section},
};

/// Whoever has a fleet.
static ALONE: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// Replicas that differ in their ports only. What a [`Stack`] does it does through the public address.
pub(crate) struct Fleet {
    stack: Stack,
    replicas: Vec<Replica>,
    /// Stands for the load balancer: leads to all replicas in turn until a test says otherwise.
    pub(crate) relay: Relay,
    pub(crate) redis: RedisServer,
    _alone: OwnedMutexGuard<()>,
}

/// One of them; the process of the first is the stack's.
struct Replica {
    url: String,
    management_url: String,
    config: PathBuf,
    process: Option<Process>,
}

impl Fleet {
    /// Starts so many, with the sandbox as all their providers; ready when this returns.
    pub(crate) async fn start(count: usize) -> Self {
        Self::start_with(count, |config| config).await
    }

    /// The same, with a configuration that the test has changed.
    pub(crate) async fn start_with(count: usize, change: impl FnOnce(String) -> String) -> Self {
        // Tests of fleets say within what time an answer has to come: no two of them share the machine.
        let alone = Arc::clone(&ALONE).lock_owned().await;
        let redis = RedisServer::start();
        let ports: Vec<[u16; 2]> = (0..count).map(|_| free_ports()).collect();
        let urls: Vec<String> =
            ports.iter().map(|[public, _]| format!("http://127.0.0.1:{public}")).collect();
        let section = store_section(&redis.url(), count);
        let (mut public, mut common) = (String::new(), String::new());
        let stack = Stack::start_with(|config| {
            line_of(&config, "listen = ").trim_matches('"').clone_into(&mut public);
            common = change(over_redis(&config, &section));
            listening_at(&common, ports[0])
        })
        .await;
        let port = public.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let targets: Vec<&str> = urls.iter().map(|url| address(url)).collect();
        let relay = Relay::start(port, &targets).await;
        let replicas = urls.into_iter().zip(ports).enumerate().map(|(number, (url, ports))| {
            let config = stack.dir.path().join(if number == 0 {
                "herald.toml".to_owned()
            } else {
                format!("herald-{number}.toml")
            });
            std::fs::write(&config, listening_at(&common, ports)).expect("the configuration is written");
            let process = (number > 0).then(|| serve(&config));
            Replica { url, management_url: format!("http://127.0.0.1:{}", ports[1]), config, process }
        });
        let replicas = replicas.collect();
        Self { stack, replicas, relay, redis, _alone: alone }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.replicas.len()
    }

    /// A replica's own address.
    pub(crate) fn url_of(&self, replica: usize) -> &str {
        &self.replicas[replica].url
    }

    /// A service that calls this replica as this tenant.
    pub(crate) fn caller_at(&self, replica: usize, tenant: &str) -> Caller {
        let (_, key) = TENANTS.iter().find(|(name, _)| *name == tenant).expect("the tenant is configured");
        Caller::new(self.url_of(replica), key)
    }

    /// One caller for each replica.
    pub(crate) fn callers(&self, tenant: &str) -> Vec<Caller> {
        (0..self.count()).map(|replica| self.caller_at(replica, tenant)).collect()
    }

    /// The process of a replica.
    pub(crate) fn process(&self, replica: usize) -> &Process {
        self.replicas[replica].process.as_ref().unwrap_or(&self.stack.herald)
    }

    /// Whatever comes from outside goes to this replica.
    pub(crate) fn lead_to(&self, replica: usize) {
        self.relay.lead_to(&[address(self.url_of(replica))]);
    }

    /// Kills a replica as a power cut would; it is dead when this returns.
    pub(crate) fn kill(&self, replica: usize) {
        self.process(replica).signal("KILL");
        assert!(self.process(replica).has_ended(Duration::from_secs(10)), "it lives on");
    }

    /// Ends a replica by SIGTERM, and sees that it ends well.
    pub(crate) fn terminate(&mut self, replica: usize) {
        let process = self.process_mut(replica);
        process.signal("TERM");
        assert!(process.has_ended(Duration::from_secs(60)), "it never ended, but:\n{}", process.log());
        let status = process.ended();
        assert!(status.success(), "{status}:\n{}", process.log());
    }

    /// Starts a replica again that was killed or terminated; it listens when this returns.
    pub(crate) fn start_again(&mut self, replica: usize) {
        let process = serve(&self.replicas[replica].config);
        *self.process_mut(replica) = process;
    }

    fn process_mut(&mut self, replica: usize) -> &mut Process {
        self.replicas[replica].process.as_mut().unwrap_or(&mut self.stack.herald)
    }

    /// What a replica's listener for operators answers: `livez`, `readyz` or `metrics`.
    pub(crate) async fn asks_about(&self, replica: usize, what: &str) -> (u16, String) {
        let url = format!("{}/{what}", self.replicas[replica].management_url);
        let answer = client().get(url).send().await.expect("the replica answers");
        (answer.status().as_u16(), answer.text().await.expect("the answer ends"))
    }

    /// The value of a metric, added up over these replicas.
    pub(crate) async fn metric_of(&self, replicas: &[usize], name_and_labels: &str) -> u64 {
        let mut sum = 0;
        for replica in replicas {
            let (_, text) = self.asks_about(*replica, "metrics").await;
            let line = text.lines().find_map(|line| line.strip_prefix(name_and_labels)?.strip_prefix(' '));
            sum += line.map_or(0, |value| value.parse::<u64>().expect("a whole number"));
        }
        sum
    }
}

impl Deref for Fleet {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

/// Waits until it is so; a test that waits for longer than a minute waits for ever.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let found = async {
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(90), found).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// The configuration with another `[store]`.
pub(crate) fn over_redis(config: &str, section: &str) -> String {
    let (before, rest) = config.split_once("[store]\n").expect("a store is configured");
    let (_, after) = rest.split_once("\n\n").expect("the store's section ends");
    format!("{before}{section}\n{after}")
}

/// The configuration of a replica with these ports, public and management.
fn listening_at(config: &str, [public, management]: [u16; 2]) -> String {
    let mut text = config.to_owned();
    for (key, port) in [("listen = ", public), ("management_listen = ", management)] {
        let line = format!("\n{key}{}\n", line_of(config, key));
        assert!(text.contains(&line), "{line:?}");
        text = text.replacen(&line, &format!("\n{key}\"127.0.0.1:{port}\"\n"), 1);
    }
    text
}

/// What stands behind this at the beginning of a line.
fn line_of<'a>(config: &'a str, key: &str) -> &'a str {
    config.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("no {key:?}: {config}"))
}
