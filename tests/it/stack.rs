//! Herald and the sandbox beside it, as an operator would run them: one process over its file, or with `HERALD_TEST_REPLICAS=2`
//! several over one Redis, behind one address.

#[path = "stack/config.rs"]
mod config;
#[path = "stack/replicas.rs"]
mod replicas;

use std::path::Path;

use herald_testkit::redis_server::RedisServer;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use self::config::{over_redis, store_section};
use self::{
    config::config,
    replicas::{Place, wanted},
};
use crate::{
    caller::Caller,
    process::Process,
    relay::{Relay, address},
};

pub(crate) use herald_testkit::ports::free as free_ports;

/// The API key of each tenant; a test's own, so a constant will do.
pub(crate) const TENANTS: [(&str, &str); 3] = [
    ("antara", "hk_AntaraAntaraAntaraAntaraAntaraAntaraAntara1"),
    ("antirius", "hk_AntiriusAntiriusAntiriusAntiriusAntirius001"),
    ("authara", "hk_AutharaAutharaAutharaAutharaAutharaAuthara1"),
];

/// The operator's key.
pub(crate) const ADMIN_KEY: &str = "ha_OperatorOperatorOperatorOperatorOperator001";

/// All processes, and where they are.
pub(crate) struct Stack {
    /// The first replica, and mostly the only one.
    pub(crate) herald: Process,
    others: Vec<Process>,
    places: Vec<Place>,
    /// Stands for the load balancer: leads each connection to another replica than the one before.
    relay: Option<Relay>,
    /// The store of several replicas, if it is this stack's own.
    _redis: Option<RedisServer>,
    _sandbox: Process,
    pub(crate) url: String,
    pub(crate) management_url: String,
    pub(crate) sandbox_url: String,
    pub(crate) dir: TempDir,
    http: reqwest::Client,
}

impl Stack {
    /// Starts all; ready when this returns.
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    /// The same, with a configuration that the test has changed.
    pub(crate) async fn start_with(change: impl FnOnce(String) -> String) -> Self {
        let count = wanted();
        if count == 1 {
            return Self::launch(1, change).await;
        }
        let redis = RedisServer::start();
        let section = store_section(&redis.url(), count);
        let stack = Self::launch(count, |config| change(over_redis(&config, &section))).await;
        Self { _redis: Some(redis), ..stack }
    }

    /// So many replicas over the store that the changed configuration names; one is there without a relay.
    pub(crate) async fn launch(count: usize, change: impl FnOnce(String) -> String) -> Self {
        let [public, management, sandbox] = free_ports();
        let dir = TempDir::new().expect("a directory for the test");
        let url = format!("http://127.0.0.1:{public}");
        let sandbox_url = format!("http://127.0.0.1:{sandbox}");
        let http = client();
        let sandbox =
            Process::start(&["sandbox", "--listen", &format!("127.0.0.1:{sandbox}"), "--herald", &url]);
        sandbox.says(&["listens at"]);
        let credentials: Value = get_json(&http, &format!("{sandbox_url}/control/credentials")).await;
        let config = change(config(public, management, &sandbox_url, &credentials, &dir));
        let ports = || if count == 1 { [public, management] } else { free_ports() };
        let places: Vec<Place> =
            (0..count).map(|number| Place::write(&dir, number, &config, ports())).collect();
        let targets: Vec<&str> = places.iter().map(|place| address(&place.url)).collect();
        let relay = if count > 1 { Some(Relay::start(public, &targets).await) } else { None };
        let mut processes = places.iter().map(|place| serve(&place.config));
        let herald = processes.next().expect("there is one");
        let others = processes.collect();
        Self {
            herald,
            others,
            management_url: places[0].management_url.clone(),
            places,
            relay,
            _redis: None,
            _sandbox: sandbox,
            url,
            sandbox_url,
            dir,
            http,
        }
    }

    /// Changes the configuration and has it read again, by every replica; the first one's log is the test's to read.
    pub(crate) fn reconfigure(&self, change: impl Fn(String) -> String) {
        for place in &self.places {
            let text = std::fs::read_to_string(&place.config).expect("the configuration is there");
            std::fs::write(&place.config, change(text)).expect("the configuration is written");
        }
        self.herald.signal("HUP");
        for other in &self.others {
            other.signal("HUP");
            other.says(&["reload"]);
        }
    }

    /// Kills all of Herald as a power cut would, and starts it again on the same store.
    pub(crate) fn crash_and_restart(self) -> Self {
        self.herald.kill();
        self.others.into_iter().for_each(Process::kill);
        let mut processes = self.places.iter().map(|place| serve(&place.config));
        let herald = processes.next().expect("there is one");
        let others = processes.collect();
        Self { herald, others, ..self }
    }

    /// A service that calls Herald as this tenant.
    pub(crate) fn caller(&self, tenant: &str) -> Caller {
        let (_, key) = TENANTS.iter().find(|(name, _)| *name == tenant).expect("the tenant is configured");
        Caller::new(&self.url, key)
    }

    /// Asks the sandbox for something.
    pub(crate) async fn control(&self, path: &str) -> Value {
        get_json(&self.http, &format!("{}/control/{path}", self.sandbox_url)).await
    }

    /// Changes how a provider behaves.
    pub(crate) async fn switch(&self, provider: &str, members: Value) {
        let url = format!("{}/control/{provider}/switches", self.sandbox_url);
        let answer = self.http.patch(url).json(&members).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{members}: {}", answer.status());
    }

    /// Tells the sandbox to do something.
    pub(crate) async fn tell(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/control/{path}", self.sandbox_url);
        let answer = self.http.post(url).json(&body).send().await.expect("the sandbox answers");
        let status = answer.status();
        let text = answer.text().await.expect("the answer has a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        if text.is_empty() {
            json!({})
        } else {
            serde_json::from_str(&text).expect("the sandbox speaks JSON")
        }
    }

    /// What took effect at the providers, of one operation.
    pub(crate) async fn effects(&self, operation: &str) -> Vec<Value> {
        let ledger = self.control(&format!("ledger?operation={operation}")).await;
        ledger["items"].as_array().expect("the ledger is a list").clone()
    }
}

/// A client that keeps no connection where there are several replicas: each request may come to another one.
pub(crate) fn client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "the tests are a client of their own")]
    let mut builder = reqwest::Client::builder();
    if wanted() > 1 {
        builder = builder.pool_max_idle_per_host(0);
    }
    builder.redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client can be built")
}

async fn get_json(http: &reqwest::Client, url: &str) -> Value {
    let answer = http.get(url).send().await.expect("it answers");
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    answer.json().await.expect("it speaks JSON")
}

/// Starts a Herald with this configuration; it listens when this returns.
pub(crate) fn serve(path: &Path) -> Process {
    let herald = Process::start(&["serve", "--config", path.to_str().expect("a plain path")]);
    herald.says(&["listening"]);
    herald
}

/// The SHA-256 of a key, by the tool that every operator has.
pub(crate) fn sha256_hex(text: &str) -> String {
    use std::io::Write as _;
    let mut child = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("sha256sum runs");
    child.stdin.take().expect("stdin is piped").write_all(text.as_bytes()).expect("it reads");
    let out = child.wait_with_output().expect("it ends").stdout;
    String::from_utf8_lossy(&out[..64]).into_owned()
}

/// The real time some while from now, as callers write it.
pub(crate) fn after(wait: std::time::Duration) -> String {
    #[expect(clippy::disallowed_methods, reason = "a black box has no other clock than the real one")]
    let now = jiff::Timestamp::now();
    (now + jiff::SignedDuration::try_from(wait).expect("a short while")).to_string()
}
