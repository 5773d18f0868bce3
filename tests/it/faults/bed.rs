//! Herald with one connection to each of many broken providers, and what may become of a message sent through one.

use std::{fmt::Write as _, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::peer::Peer;
use crate::{
    caller::Caller,
    process::Process,
    stack::{free_ports, sha256_hex},
};

const KEY: &str = "hk_FaultsFaultsFaultsFaultsFaultsFaultsFaul001";
/// Sent to providers in a header. Nobody else may ever see it.
pub(crate) const TOKEN: &str = "canary-token-of-the-messages-0001";
/// Everything that can be waited for is done by then.
const PATIENCE: Duration = Duration::from_secs(40);

/// What has to become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It was taken.
    Sent,
    /// Nobody can know: `unknown`, and asked once.
    Ambiguous,
    /// It surely was not taken, and never will be: `failed`, and asked once at most.
    Refused,
}

/// Herald, and where each connection leads.
pub(crate) struct Bed {
    pub(crate) herald: Process,
    caller: Caller,
    dir: TempDir,
    ports: [u16; 2],
}

impl Bed {
    /// Starts Herald with connections to Antirius by name and address, each an account of its own, with a total time of 1 s.
    pub(crate) fn start<'a>(connections: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let dir = TempDir::new().unwrap();
        let ports: [u16; 2] = free_ports();
        let path = dir.path().join("herald.toml");
        std::fs::write(&path, config(ports, &dir, connections)).unwrap();
        let herald = Process::start(&["serve", "--config", path.to_str().unwrap()]);
        herald.says(&["listening"]);
        Self { herald, caller: Caller::new(&format!("http://127.0.0.1:{}", ports[0]), KEY), dir, ports }
    }

    /// Herald with one connection to each peer.
    pub(crate) fn of<'a>(peers: impl IntoIterator<Item = (&'a str, &'a Peer)>) -> Self {
        Self::start(peers.into_iter().map(|(name, peer)| (name, peer.origin())))
    }

    /// Leads the connections elsewhere.
    pub(crate) fn lead<'a>(&self, connections: impl IntoIterator<Item = (&'a str, String)>) {
        let path = self.dir.path().join("herald.toml");
        std::fs::write(path, config(self.ports, &self.dir, connections)).unwrap();
        self.herald.signal("HUP");
        self.herald.says(&["tenants reloaded"]);
    }

    /// Has a message accepted, and gives its id.
    pub(crate) async fn accept(&self, connection: &str, key: &str, more: &Value) -> String {
        let mut body = json!({
            "to": { "type": "phone", "phone_number": "+16502530000" },
            "message": { "type": "text", "text": format!("about {key}") },
            "route": [connection],
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let key = key.replace([' ', '.'], "-");
        let headers = [("Idempotency-Key", key.as_str())];
        let answer = self.caller.call(Method::POST, "/v1/notifications", &headers, Some(&body)).await;
        assert_eq!(answer.status, 202, "{key}: {:?}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn look(&self, id: &str) -> Value {
        self.caller.call(Method::GET, &format!("/v1/notifications/{id}"), &[], None).await.body
    }

    /// Waits until it is at rest.
    pub(crate) async fn rest(&self, id: &str) -> Value {
        let path = format!("/v1/notifications/{id}");
        let wait = [("Prefer", "wait=40")];
        let answer = self.caller.call(Method::GET, &path, &wait, None).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    /// Waits until so many attempts have ended, and gives the notification.
    pub(crate) async fn tried(&self, id: &str, attempts: usize) -> Value {
        let look = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(50));
            loop {
                ticks.tick().await;
                let now = self.look(id).await;
                let all = now["attempts"].as_array().unwrap();
                if all.iter().filter(|attempt| attempt["status"] != "sending").count() >= attempts {
                    return now;
                }
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{id} is never tried"))
    }

    /// Sends one message through the connection and looks at what became of it.
    pub(crate) async fn expect(&self, connection: &str, peer: &Peer, class: Class) -> Value {
        let id = self.accept(connection, connection, &json!({})).await;
        let now = self.rest(&id).await;
        let expected = match class {
            Class::Sent => "sent",
            Class::Ambiguous => "unknown",
            Class::Refused => "failed",
        };
        assert_eq!(now["status"], expected, "{connection}: {now}");
        let attempts = now["attempts"].as_array().unwrap();
        assert_eq!((attempts.len(), &attempts[0]["status"]), (1, &json!(expected)), "{connection}: {now}");
        assert!(peer.requests().len() <= 1, "{connection} was asked again");
        // The total time is 1 s; the rest is a busy machine.
        let took = attempts[0]["duration_seconds"].as_f64().unwrap();
        assert!(took < 3.0, "{connection} took {took} s");
        now
    }

    /// What has to hold after whatever went wrong: nothing panicked, and no secret is in the log.
    pub(crate) fn is_well(&self) {
        let log = self.herald.log();
        assert!(!log.contains("panicked"), "{log}");
        assert!(!log.contains(TOKEN) && !log.contains("+16502530000"), "{log}");
    }

    /// Memory in use, in MiB.
    pub(crate) fn memory(&self, member: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.herald.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(member)?.strip_prefix(':'));
        let kib: u64 = line.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
        kib / 1024
    }
}

fn config<'a>(
    [public, management]: [u16; 2],
    dir: &TempDir,
    connections: impl IntoIterator<Item = (&'a str, String)>,
) -> String {
    let mut text = format!(
        "[server]\nlisten = \"127.0.0.1:{public}\"\nmanagement_listen = \"127.0.0.1:{management}\"\n\
         public_url = \"http://127.0.0.1:{public}\"\ndevelopment = true\n\n\
         [store]\nkind = \"embedded\"\npath = \"{}\"\n\n[tenants.faults]\n\n\
         [[tenants.faults.keys]]\nname = \"test\"\nsha256 = \"{}\"\n\
         scopes = [\"notifications:write\", \"notifications:read\"]\n\n",
        dir.path().join("herald.redb").display(),
        sha256_hex(KEY),
    );
    for (number, (name, url)) in connections.into_iter().enumerate() {
        write!(
            text,
            "[tenants.faults.connections.{name}]\nprovider = \"antirius\"\nbase_url = \"{url}\"\n\
             app_id = \"{number:024x}\"\nmessage_token = \"{TOKEN}\"\ntimeout_seconds = 1\n\n"
        )
        .unwrap();
    }
    text
}
