//! One sandbox that lives, and Heralds that are killed and started again on the same store.

use std::{
    path::PathBuf,
    process::{Command, ExitStatus},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use herald_testkit::redis_server::{RedisServer, RedisTls};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    backing::Backing,
    config::{self, Ports},
    failpoints::herald,
    looker::Looker,
    mode::Mode,
    process::Process,
    relay::{Relay, address},
    stack::{client, free_ports},
};

/// The tenant's key.
pub(crate) const KEY: &str = "hk_ChaosChaosChaosChaosChaosChaosChaosChaos001";

/// Everything of one cell.
pub(crate) struct World {
    pub(crate) mode: Mode,
    /// The first replica, or the only one.
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) kills: usize,
    pub(crate) panics: usize,
    pub(crate) sandbox_url: String,
    /// Where the store is Redis.
    pub(crate) redis: Option<RedisServer>,
    /// What that one shows, where it is spoken to over TLS.
    pub(crate) tls: Option<RedisTls>,
    /// The way to Redis, where there are several replicas.
    pub(crate) relay: Option<Relay>,
    replicas: Vec<Replica>,
    turn: AtomicUsize,
    _sandbox: Process,
    dir: TempDir,
}

struct Replica {
    ports: Ports,
    herald: Option<Process>,
}

impl World {
    /// Starts the sandbox and writes the configuration of one Herald.
    pub(crate) async fn start(mode: Mode, backing: Backing) -> Self {
        let redis = (backing == Backing::Redis).then(RedisServer::start);
        Self::with(mode, (redis, None), None, 1).await
    }

    /// The same for several over one Redis, which they reach through a relay.
    pub(crate) async fn fleet(mode: Mode, replicas: usize) -> Self {
        let redis = RedisServer::start();
        let relay = Relay::start(0, &[&address_of(&redis)]).await;
        Self::with(mode, (Some(redis), None), Some(relay), replicas).await
    }

    /// The same over TLS.
    pub(crate) async fn fleet_over_tls(mode: Mode, replicas: usize) -> Self {
        let (redis, tls) = RedisTls::start();
        let relay = Relay::start(0, &[&format!("127.0.0.1:{}", tls.port())]).await;
        Self::with(mode, (Some(redis), Some(tls)), Some(relay), replicas).await
    }

    async fn with(
        mode: Mode,
        (redis, tls): (Option<RedisServer>, Option<RedisTls>),
        relay: Option<Relay>,
        count: usize,
    ) -> Self {
        let [sandbox] = free_ports();
        let dir = TempDir::new().expect("a directory");
        let sandbox_url = format!("http://127.0.0.1:{sandbox}");
        let sandbox = Process::run(
            Command::new(herald())
                .args(["sandbox", "--listen", &format!("127.0.0.1:{sandbox}")])
                .env("RUST_LOG", "info"),
        );
        sandbox.says(&["listens at"]);
        let replicas: Vec<Replica> = (0..count)
            .map(|_| {
                let [public, management] = free_ports();
                Replica { ports: Ports { public, management }, herald: None }
            })
            .collect();
        let world = Self {
            mode,
            url: format!("http://127.0.0.1:{}", replicas[0].ports.public),
            http: client(),
            kills: 0,
            panics: 0,
            sandbox_url,
            redis,
            tls,
            relay,
            replicas,
            turn: AtomicUsize::new(0),
            _sandbox: sandbox,
            dir,
        };
        let everyone = json!({ "everyone_reachable": true });
        world.control(Method::PATCH, &format!("{}/switches", mode.provider()), Some(everyone)).await;
        world.configure().await;
        world
    }

    async fn configure(&self) {
        let credentials = self.control(Method::GET, "credentials", None).await;
        let store = match (&self.relay, &self.redis) {
            (Some(relay), _) => config::redis_behind(relay.address(), self.tls.as_ref(), self.replicas.len()),
            (None, Some(redis)) => config::redis(&redis.url(), 1),
            (None, None) => config::embedded(&self.store_path()),
        };
        let public = self.replicas[0].ports.public;
        for (number, replica) in self.replicas.iter().enumerate() {
            let text =
                config::config(self.mode, replica.ports, public, &store, &self.sandbox_url, &credentials);
            std::fs::write(self.config_path(number), text).expect("the configuration is written");
        }
    }

    fn config_path(&self, replica: usize) -> PathBuf {
        self.dir.path().join(format!("herald-{replica}.toml"))
    }

    /// Where the embedded store is.
    pub(crate) fn store_path(&self) -> PathBuf {
        self.dir.path().join("herald.redb")
    }

    /// The command that serves as the first replica; armed to kill itself, if at all, at `K6#37`.
    pub(crate) fn command(&self, kill_at: Option<&str>) -> Command {
        self.command_of(0, kill_at)
    }

    fn command_of(&self, replica: usize, kill_at: Option<&str>) -> Command {
        let mut command = Command::new(herald());
        command.args(["serve".as_ref(), "--config".as_ref(), self.config_path(replica).as_os_str()]);
        // One line for each request would be most of what there is to do.
        command.env("RUST_LOG", "warn,herald_server::startup=info");
        if let Some(kill_at) = kill_at {
            command.env("HERALD_KILL_AT", kill_at);
        }
        command
    }

    /// Starts the first replica; false when it was dead before it listened.
    pub(crate) fn serve(&mut self, kill_at: Option<&str>) -> bool {
        let command = self.command(kill_at);
        self.serve_as(command)
    }

    /// The same by another command.
    pub(crate) fn serve_as(&mut self, command: Command) -> bool {
        self.run(0, command)
    }

    /// Starts all replicas, the first one armed or not; false when one was dead before it listened.
    pub(crate) fn serve_all(&mut self, kill_at: Option<&str>) -> bool {
        (0..self.replicas.len()).all(|replica| {
            let command = self.command_of(replica, kill_at.filter(|_| replica == 0));
            self.run(replica, command)
        })
    }

    fn run(&mut self, replica: usize, mut command: Command) -> bool {
        assert!(self.replicas[replica].herald.is_none(), "each runs once");
        let herald = Process::run(&mut command);
        let is_up = herald.has_said(&["listening"]);
        self.replicas[replica].herald = Some(herald);
        is_up
    }

    fn first(&self) -> &Process {
        self.replicas[0].herald.as_ref().expect("Herald was started")
    }

    /// Waits until the first replica has killed itself; false when it lives on.
    pub(crate) fn has_died(&self, within: Duration) -> bool {
        tokio::task::block_in_place(|| self.first().has_ended(within))
    }

    /// Kills the first replica as a power cut would, if it has not done so itself.
    pub(crate) fn kill(&mut self) {
        let herald = self.replicas[0].herald.take().expect("Herald was started");
        herald.signal("KILL");
        tokio::task::block_in_place(|| herald.has_ended(Duration::from_secs(10)));
        self.kills += 1;
        self.panics += panics(&herald);
    }

    /// Ends the first replica by SIGTERM.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let mut herald = self.replicas[0].herald.take().expect("Herald was started");
        herald.signal("TERM");
        let status = tokio::task::block_in_place(|| {
            herald.has_ended(Duration::from_secs(60));
            herald.ended()
        });
        self.panics += panics(&herald);
        status
    }

    /// Counts the panics of those that run.
    pub(crate) fn panics_so_far(&self) -> usize {
        self.panics + self.running().map(panics).sum::<usize>()
    }

    /// What the replicas last complained of, for whoever looks for the cause of a missed mark.
    pub(crate) fn troubles(&self) -> String {
        self.running().map(Process::troubles).collect::<Vec<_>>().join("\n--\n")
    }

    /// Has each replica said all of these words in one line so far?
    pub(crate) fn all_said(&self, words: &[&str]) -> bool {
        let said =
            |herald: &Process| herald.log().lines().any(|line| words.iter().all(|word| line.contains(word)));
        self.running().all(said)
    }

    fn running(&self) -> impl Iterator<Item = &Process> {
        self.replicas.iter().filter_map(|replica| replica.herald.as_ref())
    }

    /// The first replica's process id.
    pub(crate) fn id(&self) -> u32 {
        self.first().id()
    }

    /// How many replicas there are.
    pub(crate) fn replica_count(&self) -> usize {
        self.replicas.len()
    }

    /// The replicas' addresses.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.replicas.iter().map(|replica| format!("http://127.0.0.1:{}", replica.ports.public)).collect()
    }

    /// What looks at a replica's management port.
    pub(crate) fn looker(&self, replica: usize) -> Looker {
        let url = format!("http://127.0.0.1:{}", self.replicas[replica].ports.management);
        Looker { http: self.http.clone(), url }
    }

    /// Asks the next replica as the tenant; nothing when there is no whole answer.
    pub(crate) async fn ask(&self, path: &str) -> Option<(u16, Value)> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.replicas.len();
        let url = format!("http://127.0.0.1:{}{path}", self.replicas[turn].ports.public);
        let answer =
            self.http.get(url).bearer_auth(KEY).timeout(Duration::from_secs(60)).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }
}

/// Where a Redis listens.
pub(crate) fn address_of(redis: &RedisServer) -> String {
    address(&redis.url()).to_owned()
}

fn panics(herald: &Process) -> usize {
    herald.log().lines().filter(|line| line.contains("panicked")).count()
}
