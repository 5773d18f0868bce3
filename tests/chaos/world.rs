//! One sandbox that lives, and one Herald that is killed and started again on the same store.

use std::{
    path::PathBuf,
    process::{Command, ExitStatus},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    binary::herald,
    mode::Mode,
    process::Process,
    stack::{client, free_ports, sha256_hex},
};

/// The tenant's key.
pub(crate) const KEY: &str = "hk_ChaosChaosChaosChaosChaosChaosChaosChaos001";

/// Everything of one cell.
pub(crate) struct World {
    pub(crate) mode: Mode,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) kills: usize,
    pub(crate) panics: usize,
    herald: Option<Process>,
    _sandbox: Process,
    sandbox_url: String,
    dir: TempDir,
}

impl World {
    /// Starts the sandbox and writes Herald's configuration.
    pub(crate) async fn start(mode: Mode) -> Self {
        let [public, management, sandbox] = free_ports();
        let dir = TempDir::new().expect("a directory");
        let sandbox_url = format!("http://127.0.0.1:{sandbox}");
        let sandbox = Process::run(
            Command::new(herald())
                .args(["sandbox", "--listen", &format!("127.0.0.1:{sandbox}")])
                .env("RUST_LOG", "info"),
        );
        sandbox.says(&["listens at"]);
        let world = Self {
            mode,
            url: format!("http://127.0.0.1:{public}"),
            http: client(),
            kills: 0,
            panics: 0,
            herald: None,
            _sandbox: sandbox,
            sandbox_url,
            dir,
        };
        let provider = mode.provider();
        world
            .control(
                Method::PATCH,
                &format!("{provider}/switches"),
                Some(json!({ "everyone_reachable": true })),
            )
            .await;
        let credentials = world.control(Method::GET, "credentials", None).await;
        std::fs::write(world.config_path(), world.config(public, management, &credentials[provider]))
            .expect("the configuration is written");
        world
    }

    fn config(&self, public: u16, management: u16, credentials: &Value) -> String {
        let of = |name: &str| credentials[name].as_str().unwrap_or_else(|| panic!("{name}: {credentials}"));
        let account = match self.mode {
            Mode::Antara => format!(
                "client_id = \"{}\"\napi_key = \"{}\"\nscopes = [\"messages.send\"]",
                of("client_id"),
                of("api_key")
            ),
            _ => format!("app_id = \"{}\"\nmessage_token = \"{}\"", of("app_id"), of("message_token")),
        };
        format!(
            "[server]\nlisten = \"127.0.0.1:{public}\"\nmanagement_listen = \"127.0.0.1:{management}\"\n\
             public_url = \"http://127.0.0.1:{public}\"\ndevelopment = true\n\n\
             [store]\nkind = \"embedded\"\npath = \"{store}\"\n\n\
             [tenants.chaos]\nnotify = [\"main\"]\non_unknown = \"{on_unknown}\"\n\n\
             [[tenants.chaos.keys]]\nname = \"test\"\nsha256 = \"{sha256}\"\n\
             scopes = [\"notifications:write\", \"notifications:read\", \"webhooks:write\"]\n\n\
             [tenants.chaos.connections.main]\nprovider = \"{provider}\"\nbase_url = \"{sandbox}\"\n\
             timeout_seconds = 1\n{account}\n",
            store = self.store_path().display(),
            on_unknown = self.mode.on_unknown(),
            sha256 = sha256_hex(KEY),
            provider = self.mode.provider(),
            sandbox = self.sandbox_url,
        )
    }

    /// Where Herald's configuration is.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.dir.path().join("herald.toml")
    }

    /// Where Herald's store is.
    pub(crate) fn store_path(&self) -> PathBuf {
        self.dir.path().join("herald.redb")
    }

    /// The command that serves; armed to kill itself, if at all, at `K6#37`.
    pub(crate) fn command(&self, kill_at: Option<&str>) -> Command {
        let mut command = Command::new(herald());
        command.args(["serve".as_ref(), "--config".as_ref(), self.config_path().as_os_str()]);
        // One line for each request would be most of what there is to do.
        command.env("RUST_LOG", "warn,herald_server::startup=info");
        if let Some(kill_at) = kill_at {
            command.env("HERALD_KILL_AT", kill_at);
        }
        command
    }

    /// Starts Herald; false when it was dead before it listened.
    pub(crate) fn serve(&mut self, kill_at: Option<&str>) -> bool {
        let command = self.command(kill_at);
        self.serve_as(command)
    }

    /// The same by another command.
    pub(crate) fn serve_as(&mut self, mut command: Command) -> bool {
        assert!(self.herald.is_none(), "one Herald at a time");
        let herald = Process::run(&mut command);
        let is_up = herald.has_said(&["listening"]);
        self.herald = Some(herald);
        is_up
    }

    /// Waits until Herald has killed itself; false when it lives on.
    pub(crate) fn has_died(&self, within: Duration) -> bool {
        let herald = self.herald.as_ref().expect("Herald was started");
        tokio::task::block_in_place(|| herald.has_ended(within))
    }

    /// Kills Herald as a power cut would, if it has not done so itself.
    pub(crate) fn kill(&mut self) {
        let herald = self.herald.take().expect("Herald was started");
        herald.signal("KILL");
        tokio::task::block_in_place(|| herald.has_ended(Duration::from_secs(10)));
        self.kills += 1;
        self.panics += panics(&herald);
    }

    /// Ends Herald by SIGTERM.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let mut herald = self.herald.take().expect("Herald was started");
        herald.signal("TERM");
        let status = tokio::task::block_in_place(|| {
            herald.has_ended(Duration::from_secs(60));
            herald.ended()
        });
        self.panics += panics(&herald);
        status
    }

    /// Herald's process id.
    pub(crate) fn id(&self) -> u32 {
        self.herald.as_ref().expect("Herald was started").id()
    }

    /// Asks Herald as the tenant; nothing when there is no whole answer.
    pub(crate) async fn ask(&self, path: &str) -> Option<(u16, Value)> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(KEY);
        let answer = request.timeout(Duration::from_secs(60)).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }

    /// Asks or tells the sandbox.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}/control/{path}", self.sandbox_url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("the sandbox answers");
        let status = answer.status();
        let text = answer.text().await.expect("the answer ends");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Lets a fault, or a delay, happen to sends.
    pub(crate) async fn inject(&self, mut fault: Value) {
        fault["provider"] = self.mode.provider().into();
        fault["operation"] = "send".into();
        self.control(Method::POST, "faults", Some(fault)).await;
    }

    /// How often the words of each message took effect.
    pub(crate) async fn effects(&self) -> std::collections::HashMap<String, usize> {
        let path = format!("ledger?provider={}&operation=send", self.mode.provider());
        let ledger = self.control(Method::GET, &path, None).await;
        let mut effects = std::collections::HashMap::new();
        for item in ledger["items"].as_array().expect("the ledger is a list") {
            *effects.entry(item["body"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        effects
    }
}

fn panics(herald: &Process) -> usize {
    herald.log().lines().filter(|line| line.contains("panicked")).count()
}
