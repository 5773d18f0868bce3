//! What stands in `deploy/`, as far as it can be checked without a container engine: files that are named exist, and the
//! configuration that the compose file mounts is good once its secrets are there.

use std::{fs, path::Path, process::Command};

use crate::{process, tree};

/// What the operator makes; `deploy/README.md` says how.
const SECRETS: [&str; 2] = ["encryption_key", "acme_antirius_token"];

#[test]
fn the_compose_file_names_only_what_is_there() {
    let compose = tree::read("deploy/compose.yaml");
    let missing = missing_files(&compose, &tree::root().join("deploy"));
    assert!(missing.is_empty(), "{missing:?}");
    assert!(compose.contains("dockerfile: deploy/Dockerfile") && compose.contains("context: .."));
    let readme = tree::read("deploy/README.md");
    for secret in SECRETS {
        assert!(compose.contains(&format!("file: ./secrets/{secret}")), "{secret}");
        assert!(readme.contains(&format!("deploy/secrets/{secret}")), "{secret}");
    }
}

#[test]
fn a_file_that_the_compose_file_misses_is_found() {
    let deploy = tree::root().join("deploy");
    assert_eq!(missing_files("      - ./nowhere.toml:/etc/x:ro\n", &deploy), ["nowhere.toml"]);
    assert!(missing_files("    file: ./secrets/encryption_key\n", &deploy).is_empty());
}

#[test]
fn the_configuration_of_the_compose_file_is_good() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let in_folder = |name: &str| folder.path().join(name);
    fs::write(in_folder("encryption_key"), herald(&["keys", "encryption"])).expect("the key is written");
    fs::write(in_folder("acme_antirius_token"), "a-token-of-30-characters-01234")
        .expect("the token is written");
    let config = tree::read("deploy/herald.compose.toml");
    for secret in SECRETS {
        assert!(config.contains(&format!("/run/secrets/{secret}\"")), "{secret}");
    }
    let config = config.replace("/run/secrets", &folder.path().to_string_lossy());
    let path = in_folder("herald.toml");
    fs::write(&path, config).expect("the configuration is written");
    let said = herald(&["config", "check", "--config", &path.to_string_lossy()]);
    assert!(said.contains("good, 1 tenant(s)"), "{said}");
}

/// The files beside the compose file that it names and that are not there, other than secrets.
fn missing_files(compose: &str, deploy: &Path) -> Vec<String> {
    let named = compose.lines().filter_map(|line| {
        let (_, rest) = line.split_once(" ./")?;
        rest.split([':', '"', ' ']).next()
    });
    let is_ours = |name: &&str| !name.starts_with("secrets/");
    named.filter(is_ours).filter(|name| !deploy.join(name).exists()).map(str::to_owned).collect()
}

/// What the built binary prints when it is called like this, and ends well.
fn herald(arguments: &[&str]) -> String {
    let output = Command::new(process::herald()).args(arguments).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
