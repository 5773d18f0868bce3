//! The compose files: what they name is there, and every service is as locked up as it can be.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Map, Value};

use super::{assert_is_good, documents, grace_of_herald, secrets_of, strings};
use crate::tree;

/// Where secrets are in a container.
const SECRETS: &str = "/run/secrets";
/// Where the configuration is in a container.
const CONFIG: &str = "/etc/herald/herald.toml";
const FOLDERS: [&str; 2] = ["deploy", "deploy/replicas"];

/// The services of a compose file, by name.
pub(super) fn services(compose: &Value) -> &Map<String, Value> {
    compose["services"].as_object().expect("services")
}

/// The compose file of a folder.
pub(super) fn compose(folder: &str) -> Value {
    documents(&format!("{folder}/compose.yaml")).remove(0)
}

#[test]
fn the_compose_files_name_only_what_is_there() {
    let readme = tree::read("deploy/README.md");
    for folder in FOLDERS {
        let compose = compose(folder);
        let missing = missing_files(&compose, &tree::root().join(folder));
        assert!(missing.is_empty(), "{folder}: {missing:?}");
        let declared = compose["secrets"].as_object().expect("secrets");
        for (name, secret) in declared {
            assert_eq!(secret["file"], format!("./secrets/{name}"), "{folder}");
            assert!(
                readme.contains(&format!("secrets/{name}")),
                "README.md does not make {folder}/secrets/{name}"
            );
        }
        let used: BTreeSet<&str> = services(&compose)
            .values()
            .filter(|service| !service["secrets"].is_null())
            .flat_map(|service| strings(&service["secrets"]))
            .collect();
        assert_eq!(used, declared.keys().map(String::as_str).collect(), "{folder}");
    }
}

#[test]
fn a_file_that_a_compose_file_misses_is_found() {
    let with =
        |volume: &str| serde_json::json!({ "services": { "a": { "volumes": [volume, "data:/data"] } } });
    let deploy = tree::root().join("deploy");
    assert_eq!(missing_files(&with("./nowhere.toml:/etc/x:ro"), &deploy), ["./nowhere.toml"]);
    assert!(missing_files(&with("./demo.toml:/etc/x:ro"), &deploy).is_empty());
}

#[test]
fn every_service_is_locked_up() {
    for folder in FOLDERS {
        let compose = compose(folder);
        for (name, service) in services(&compose) {
            let user = service["user"].as_str().unwrap_or("0");
            assert!(!user.starts_with('0') && user != "root", "{folder}: {name} is root");
            assert_eq!(service["read_only"], true, "{folder}: {name}");
            assert_eq!(strings(&service["cap_drop"]), ["ALL"], "{folder}: {name}");
            assert_eq!(strings(&service["security_opt"]), ["no-new-privileges:true"], "{folder}: {name}");
        }
    }
}

#[test]
fn a_herald_has_its_secrets_and_longer_to_stop_than_it_takes() {
    for (folder, config) in [("deploy", "herald.compose.toml"), ("deploy/replicas", "herald.toml")] {
        let wanted = secrets_of(&tree::read(&format!("{folder}/{config}")), SECRETS);
        let compose = compose(folder);
        let mut heralds =
            services(&compose).iter().filter(|(_, service)| service["image"] == "herald").peekable();
        assert!(heralds.peek().is_some(), "{folder}");
        for (name, service) in heralds {
            let has: BTreeSet<String> = strings(&service["secrets"]).into_iter().map(str::to_owned).collect();
            assert_eq!(has, wanted, "{folder}: {name}");
            let mounted = format!("./{config}:{CONFIG}:ro");
            assert!(strings(&service["volumes"]).contains(&mounted.as_str()), "{folder}: {name}");
            assert!(seconds(&service["stop_grace_period"]) > grace_of_herald(), "{folder}: {name}");
        }
    }
}

#[test]
fn every_command_in_the_image_finds_the_configuration_by_itself() {
    let image = tree::read("deploy/Dockerfile");
    for line in [format!("ENV HERALD_CONFIG={CONFIG}"), r#"CMD ["serve"]"#.to_owned()] {
        assert!(image.lines().any(|one| one == line), "the Dockerfile does not say {line}");
    }
    // That the binary looks there is what `assert_is_good` relies on.
    for page in ["deploy/README.md", "docs/operations.md"] {
        let called = "exec herald /herald config check";
        assert!(tree::read(page).contains(called), "{page} does not say {called}");
    }
}

#[test]
fn the_configurations_of_the_compose_files_are_good() {
    assert_is_good("deploy/herald.compose.toml", SECRETS);
    assert_is_good("deploy/replicas/herald.toml", SECRETS);
}

/// A time as compose files here write it.
pub(super) fn seconds(time: &Value) -> u64 {
    let text = time.as_str().and_then(|text| text.strip_suffix('s'));
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("not a number of seconds: {time}"))
}

/// What is mounted or built from beside the compose file, and is not there.
fn missing_files(compose: &Value, folder: &Path) -> Vec<String> {
    let mut named = Vec::new();
    for service in services(compose).values() {
        if !service["volumes"].is_null() {
            let places =
                strings(&service["volumes"]).into_iter().filter_map(|volume| volume.split(':').next());
            named.extend(places.filter(|place| place.starts_with('.')).map(str::to_owned));
        }
        if let (Some(context), Some(file)) =
            (service["build"]["context"].as_str(), service["build"]["dockerfile"].as_str())
        {
            named.push(format!("{context}/{file}"));
        }
    }
    named.retain(|name| !folder.join(name).exists());
    named
}
