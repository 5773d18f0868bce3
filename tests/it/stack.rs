//! Herald on disk and the sandbox beside it, as an operator would run them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{caller::Caller, process::Process};

pub(crate) use herald_testkit::ports::free as free_ports;

/// The API key of each tenant; a test's own, so a constant will do.
pub(crate) const TENANTS: [(&str, &str); 3] = [
    ("antara", "hk_AntaraAntaraAntaraAntaraAntaraAntaraAntara1"),
    ("antirius", "hk_AntiriusAntiriusAntiriusAntiriusAntirius001"),
    ("authara", "hk_AutharaAutharaAutharaAutharaAutharaAuthara1"),
];

/// The operator's key.
pub(crate) const ADMIN_KEY: &str = "ha_OperatorOperatorOperatorOperatorOperator001";

/// Both processes, and where they are.
pub(crate) struct Stack {
    pub(crate) herald: Process,
    _sandbox: Process,
    pub(crate) url: String,
    pub(crate) management_url: String,
    pub(crate) sandbox_url: String,
    pub(crate) dir: TempDir,
    http: reqwest::Client,
}

impl Stack {
    /// Starts both; ready when this returns.
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    /// The same, with a configuration that the test has changed.
    pub(crate) async fn start_with(change: impl FnOnce(String) -> String) -> Self {
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
        std::fs::write(dir.path().join("herald.toml"), config).expect("the configuration is written");
        let management_url = format!("http://127.0.0.1:{management}");
        let herald = serve(&dir.path().join("herald.toml"));
        Self { herald, _sandbox: sandbox, url, management_url, sandbox_url, dir, http }
    }

    /// The configuration's path.
    pub(crate) fn config_path(&self) -> PathBuf {
        self.dir.path().join("herald.toml")
    }

    /// Changes the configuration and has it read again.
    pub(crate) fn reconfigure(&self, change: impl Fn(String) -> String) {
        let text = std::fs::read_to_string(self.config_path()).expect("the configuration is there");
        std::fs::write(self.config_path(), change(text)).expect("the configuration is written");
        self.herald.signal("HUP");
    }

    /// Kills Herald as a power cut would, and starts it again on the same store.
    pub(crate) fn crash_and_restart(self) -> Self {
        let config = self.config_path();
        self.herald.kill();
        let herald = serve(&config);
        Self { herald, ..self }
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

pub(crate) fn client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "the tests are a client of their own")]
    let builder = reqwest::Client::builder();
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

fn config(public: u16, management: u16, sandbox: &str, credentials: &Value, dir: &TempDir) -> String {
    let credential = |provider: &str, name: &str| {
        credentials[provider][name]
            .as_str()
            .unwrap_or_else(|| panic!("{provider}.{name} in {credentials}"))
            .to_owned()
    };
    let return_url = format!("{sandbox}/shop/signed-in");
    let tenant = |name: &str, rest: &str| {
        let (_, key) = TENANTS.iter().find(|(tenant, _)| *tenant == name).expect("the tenant is configured");
        let sha256 = sha256_hex(key);
        format!(
            "[tenants.{name}]\nname = \"The {name} shop\"\nreturn_urls = [\"{return_url}\"]\nlogin = \"main\"\n{rest}\n\
             [[tenants.{name}.keys]]\nname = \"test\"\nsha256 = \"{sha256}\"\n\
             scopes = [\"logins:write\", \"logins:read\", \"notifications:write\", \"notifications:read\", \
             \"sessions:verify\", \"sessions:write\", \"sessions:read\"]\n"
        )
    };
    let antara = format!(
        "provider = \"antara\"\nbase_url = \"{sandbox}\"\nclient_id = \"{}\"\napi_key = \"{}\"\nscopes = [\"identity.read\", \"messages.send\"]\n",
        credential("antara", "client_id"),
        credential("antara", "api_key")
    );
    let antirius = format!(
        "provider = \"antirius\"\nbase_url = \"{sandbox}\"\napp_id = \"{}\"\nmessage_token = \"{}\"\n",
        credential("antirius", "app_id"),
        credential("antirius", "message_token")
    );
    let store = dir.path().join("herald.redb");
    format!(
        "[server]\nlisten = \"127.0.0.1:{public}\"\nmanagement_listen = \"127.0.0.1:{management}\"\n\
         public_url = \"http://127.0.0.1:{public}\"\ndevelopment = true\ntrusted_proxies = [\"127.0.0.1/32\"]\n\
         admin_keys = [{{ name = \"ops\", sha256 = \"{admin}\" }}]\n\n[store]\nkind = \"embedded\"\npath = \"{store}\"\n\n\
         {}[tenants.antara.connections.main]\n{antara}\n\
         {}[tenants.antirius.connections.main]\n{antirius}\n\
         {}[tenants.authara.connections.main]\nprovider = \"authara\"\nbase_url = \"{sandbox}\"\nbrowser_url = \"{sandbox}/herald\"\n",
        tenant("antara", "notify = [\"main\"]\n"),
        tenant("antirius", "notify = [\"main\"]\n"),
        tenant("authara", ""),
        admin = sha256_hex(ADMIN_KEY),
        store = store.display(),
    )
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

/// What replicas seal with; a test's own, so a constant will do.
const ENCRYPTION_KEY: &str = "ydQCTlHCEOBjNul8FrGNlVXBAIf4F5ved0TUXjzAR8c=";

/// `[store]` for so many replicas over this Redis.
pub(crate) fn store_section(redis: &str, replicas: usize) -> String {
    format!(
        "[store]\nkind = \"redis\"\nurls = [\"{redis}\"]\nreplicas = {replicas}\nencryption_keys = [\"{ENCRYPTION_KEY}\"]\n"
    )
}
