//! The replicas behind a stack's address.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Stack, client, config::listening_at};
use crate::{
    caller::Caller,
    process::Process,
    relay::address,
    stack::{TENANTS, serve},
};

/// How many replicas a stack has whose test does not say it: `HERALD_TEST_REPLICAS`, and one without it.
pub(super) fn wanted() -> usize {
    match std::env::var("HERALD_TEST_REPLICAS").as_deref() {
        Err(_) | Ok("1") => 1,
        Ok("2") => 2,
        Ok("3") => 3,
        Ok(other) => panic!("HERALD_TEST_REPLICAS is {other}; expected 1, 2 or 3"),
    }
}

/// Where a replica listens, and what it is started with.
pub(super) struct Place {
    pub(super) url: String,
    pub(super) management_url: String,
    pub(super) config: PathBuf,
}

impl Place {
    /// Writes down the configuration with these ports, public and management.
    pub(super) fn write(dir: &TempDir, number: usize, config: &str, ports: [u16; 2]) -> Self {
        let name = if number == 0 { "herald.toml".to_owned() } else { format!("herald-{number}.toml") };
        let path = dir.path().join(name);
        std::fs::write(&path, listening_at(config, ports)).expect("the configuration is written");
        let [url, management_url] = ports.map(|port| format!("http://127.0.0.1:{port}"));
        Self { url, management_url, config: path }
    }
}

impl Stack {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.places.len()
    }

    /// A replica's own address.
    pub(crate) fn url_of(&self, replica: usize) -> &str {
        &self.places[replica].url
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
        replica.checked_sub(1).map_or(&self.herald, |other| &self.others[other])
    }

    pub(crate) fn process_mut(&mut self, replica: usize) -> &mut Process {
        replica.checked_sub(1).map_or(&mut self.herald, |other| &mut self.others[other])
    }

    /// Starts a replica again that has ended; it listens when this returns.
    pub(crate) fn start_again(&mut self, replica: usize) {
        let process = serve(&self.places[replica].config);
        *self.process_mut(replica) = process;
    }

    /// Whatever comes from outside goes to this replica.
    pub(crate) fn lead_to(&self, replica: usize) {
        let relay = self.relay.as_ref().expect("several replicas are behind a relay");
        relay.lead_to(&[address(self.url_of(replica))]);
    }

    /// What a replica's listener for operators answers: `livez`, `readyz` or `metrics`.
    pub(crate) async fn asks_about(&self, replica: usize, what: &str) -> (u16, String) {
        let url = format!("{}/{what}", self.places[replica].management_url);
        let answer = client().get(url).send().await.expect("the replica answers");
        (answer.status().as_u16(), answer.text().await.expect("the answer ends"))
    }

    /// The value of a metric, added up over these replicas; 0 where it was never counted.
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
