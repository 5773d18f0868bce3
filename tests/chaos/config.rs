//! Herald's configuration in a cell: one tenant that sends, and signs people in through Antirius.

use std::{fmt::Write as _, path::Path};

use herald_testkit::redis_server::RedisTls;
use serde_json::Value;

use crate::{
    mode::Mode,
    stack::{sha256_hex, store_section},
    world::KEY,
};

/// Where one replica listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) public: u16,
    pub(crate) management: u16,
}

/// `[store]` with a file of one's own.
pub(crate) fn embedded(file: &Path) -> String {
    format!("[store]\nkind = \"embedded\"\npath = \"{}\"\n", file.display())
}

/// `[store]` over Redis.
pub(crate) fn redis(url: &str, replicas: usize) -> String {
    store_section(url, replicas)
}

/// `[store]` over Redis behind a relay, that speaks TLS or not.
pub(crate) fn redis_behind(relay: &str, tls: Option<&RedisTls>, replicas: usize) -> String {
    match tls {
        Some(tls) => {
            let section = store_section(&format!("rediss://{relay}"), replicas);
            format!("{section}ca_file = \"{}\"\n", tls.authority().display())
        }
        None => store_section(&format!("redis://{relay}"), replicas),
    }
}

/// The whole file. All replicas say that they are `public_port`.
pub(crate) fn config(
    mode: Mode,
    ports: Ports,
    public_port: u16,
    store: &str,
    sandbox: &str,
    credentials: &Value,
) -> String {
    let Ports { public, management } = ports;
    let antirius = connection(credentials, "antirius", &["app_id", "message_token"], sandbox);
    let (login, connections) = match mode {
        Mode::Antara => {
            let antara = connection(credentials, "antara", &["client_id", "api_key"], sandbox);
            let connections = format!(
                "[tenants.chaos.connections.main]\n{antara}scopes = [\"messages.send\"]\n\n\
                 [tenants.chaos.connections.people]\n{antirius}"
            );
            ("people", connections)
        }
        _ => ("main", format!("[tenants.chaos.connections.main]\n{antirius}")),
    };
    format!(
        "[server]\nlisten = \"127.0.0.1:{public}\"\nmanagement_listen = \"127.0.0.1:{management}\"\n\
         public_url = \"http://127.0.0.1:{public_port}\"\ndevelopment = true\n\n{store}\n\
         [tenants.chaos]\nlogin = \"{login}\"\nnotify = [\"main\"]\ndetached_logins = true\non_unknown = \"{on_unknown}\"\n\n\
         [[tenants.chaos.keys]]\nname = \"test\"\nsha256 = \"{sha256}\"\n\
         scopes = [\"notifications:write\", \"notifications:read\", \"webhooks:write\", \"logins:write\", \"logins:read\", \
         \"sessions:verify\", \"sessions:write\", \"sessions:read\"]\n\n{connections}",
        on_unknown = mode.on_unknown(),
        sha256 = sha256_hex(KEY),
    )
}

fn connection(credentials: &Value, provider: &str, names: &[&str], sandbox: &str) -> String {
    let mut text = format!("provider = \"{provider}\"\nbase_url = \"{sandbox}\"\ntimeout_seconds = 1\n");
    for name in names {
        let value = credentials[provider][name].as_str().unwrap_or_else(|| panic!("{name}: {credentials}"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} = \"{value}\"");
    }
    text
}
