//! The configuration of a stack, and how that of its replicas differs.

use serde_json::Value;
use tempfile::TempDir;

use super::{ADMIN_KEY, TENANTS, sha256_hex};

/// One process over a file in `dir`, with the sandbox as all its providers.
pub(super) fn config(
    public: u16,
    management: u16,
    sandbox: &str,
    credentials: &Value,
    dir: &TempDir,
) -> String {
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

/// What replicas seal with; a test's own, so a constant will do.
const ENCRYPTION_KEY: &str = "ydQCTlHCEOBjNul8FrGNlVXBAIf4F5ved0TUXjzAR8c=";

/// `[store]` for so many replicas over this Redis.
pub(crate) fn store_section(redis: &str, replicas: usize) -> String {
    format!(
        "[store]\nkind = \"redis\"\nurls = [\"{redis}\"]\nreplicas = {replicas}\nencryption_keys = [\"{ENCRYPTION_KEY}\"]\n"
    )
}

/// The configuration with another `[store]`.
pub(crate) fn over_redis(config: &str, section: &str) -> String {
    let (before, rest) = config.split_once("[store]\n").expect("a store is configured");
    let (_, after) = rest.split_once("\n\n").expect("the store's section ends");
    format!("{before}{section}\n{after}")
}

/// The configuration of a replica with these ports, public and management.
pub(super) fn listening_at(config: &str, [public, management]: [u16; 2]) -> String {
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
