//! `deploy/replicas`: what its compose file, nginx and Herald's configuration say of each other.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;

use super::{
    compose::{compose, seconds, services},
    documents, number_after,
};
use crate::tree;

const FOLDER: &str = "deploy/replicas";

/// A port at which Herald listens, as its configuration has it.
pub(super) fn port(config: &str, listener: &str) -> u64 {
    number_after(config, &format!("\n{listener} = \"0.0.0.0:"))
}

fn heralds(compose: &Value) -> Vec<&Value> {
    services(compose).values().filter(|service| service["image"] == "herald").collect()
}

fn address(service: &Value) -> IpAddr {
    let address = &service["networks"]["front"]["ipv4_address"];
    address.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no address: {address}"))
}

/// The servers of nginx' upstream.
fn upstream(nginx: &str) -> BTreeSet<String> {
    let servers = nginx.lines().filter_map(|line| line.trim().strip_prefix("server "));
    servers
        .filter_map(|rest| rest.split([' ', ';']).next())
        .filter(|word| *word != "{")
        .map(str::to_owned)
        .collect()
}

#[test]
fn nginx_asks_every_replica_where_it_listens_and_is_believed() {
    let (compose, nginx) = (compose(FOLDER), tree::read("deploy/replicas/nginx.conf"));
    let config = tree::read("deploy/replicas/herald.toml");
    let listen = port(&config, "listen");
    let replicas = heralds(&compose);
    let addresses: BTreeSet<String> =
        replicas.iter().map(|service| format!("{}:{listen}", address(service))).collect();
    assert_eq!(upstream(&nginx), addresses);
    assert_eq!(number_after(&config, "\nreplicas = "), addresses.len() as u64);
    let believed = format!("\ntrusted_proxies = [\"{}/32\"]", address(&services(&compose)["nginx"]));
    assert!(config.contains(&believed), "herald.toml does not say {believed}");
    let public = format!("\npublic_url = \"https://{}\"", name_of(&nginx));
    assert!(config.contains(&public), "herald.toml does not say {public}");
}

/// The name that nginx serves.
pub(super) fn name_of(nginx: &str) -> &str {
    let name = nginx.split("server_name ").nth(1).and_then(|rest| rest.split(';').next());
    name.expect("nginx has a server name")
}

#[test]
fn only_nginx_can_be_reached_from_outside_and_redis_only_by_herald() {
    let compose = compose(FOLDER);
    for (name, service) in services(&compose) {
        assert_eq!(service["ports"].is_null(), name != "nginx", "{name}");
        if service["image"] == "herald" {
            let networks: Vec<_> = service["networks"].as_object().unwrap().keys().collect();
            assert_eq!(networks, ["back", "front"], "{name}");
        }
    }
    let published = services(&compose)["nginx"]["ports"][0].as_str().unwrap();
    let nginx = tree::read("deploy/replicas/nginx.conf");
    let listens = format!("listen {} ssl;", published.split(':').nth(1).unwrap());
    assert!(nginx.contains(&listens), "nginx.conf does not say {listens}");
    assert_eq!(super::strings(&services(&compose)["redis"]["networks"]), ["back"]);
    assert_eq!(compose["networks"]["back"]["internal"], true);
}

#[test]
fn redis_is_there_before_herald_and_nginx_waits_for_the_longest_answer() {
    let compose = compose(FOLDER);
    for herald in heralds(&compose) {
        assert_eq!(herald["depends_on"]["redis"]["condition"], "service_healthy");
    }
    let nginx = tree::read("deploy/replicas/nginx.conf");
    let answer = number_after(&nginx, "\n        proxy_read_timeout    ");
    assert!(answer > longest_wait(), "{answer} s");
    assert!(seconds(&services(&compose)["nginx"]["stop_grace_period"]) > longest_wait());
    let startup = tree::read("crates/herald-server/src/startup.rs");
    let kept = number_after(&startup, "KEEP_ALIVE: Duration = Duration::from_secs(");
    let idle = number_after(&nginx, "\n        keepalive_timeout ");
    assert!(idle < kept, "Herald closes idle connections after {kept} s, nginx only after {idle} s");
}

/// How long a caller may ask to wait, in seconds.
fn longest_wait() -> u64 {
    number_after(&tree::read("crates/herald-server/src/extract/prefer.rs"), "const LONGEST: u32 = ")
}

#[test]
fn the_example_for_kubernetes_runs_the_same_redis() {
    let stateful = documents("deploy/kubernetes/redis.yaml")
        .into_iter()
        .find(|document| document["kind"] == "StatefulSet")
        .expect("a StatefulSet");
    let theirs = &stateful["spec"]["template"]["spec"]["containers"][0];
    let compose = compose(FOLDER);
    let ours = &services(&compose)["redis"];
    assert_eq!(theirs["image"], ours["image"]);
    let without_place = |list: &Value| {
        let words = super::strings(list).into_iter().map(str::to_owned);
        words.filter(|word| !word.ends_with("/redis_acl")).collect::<Vec<_>>()
    };
    assert_eq!(without_place(&theirs["args"]), without_place(&ours["command"]));
}
