//! `herald config check` and `show`, and the example files.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::fs;

use crate::binary::{command, development, herald, root};

const EXAMPLE_ENVIRONMENT: [(&str, &str); 3] = [
    ("HERALD_ENCRYPTION_KEY", "k0bBY4nGWvrrj1HrpGnyLX5kwvXkMUFuYpLrQWBpPpM="),
    ("ACME_ANTIRIUS_TOKEN", "canary-token-of-antirius"),
    ("ACME_ANTARA_KEY", "canary-key-of-antara"),
];

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_example_is_good_and_says_what_to_register() {
    let path = root().join("deploy/herald.example.toml");
    let output = command(&["config", "check", "--config", path.to_str().unwrap()])
        .envs(EXAMPLE_ENVIRONMENT)
        .output()
        .unwrap();
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(
        !printed.contains("fault") && !printed.contains("warning") && !printed.contains("canary"),
        "{printed}"
    );
    assert!(printed.contains("redirect URI: https://login.example/callback/acme/backup"), "{printed}");
}

#[test]
fn the_example_without_its_secrets_names_each_that_is_missing() {
    let path = root().join("deploy/herald.example.toml");
    let output = herald(&["config", "check", "--config", path.to_str().unwrap()]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    for key in [
        "store.encryption_keys[0]",
        "tenants.acme.connections.main.message_token",
        "tenants.acme.connections.backup.api_key",
    ] {
        assert!(printed.contains(&format!("fault: {key}: the environment variable")), "{key} in {printed}");
    }
}

#[test]
fn the_demo_is_good() {
    let path = root().join("deploy/demo.toml");
    let output = herald(&["config", "check", "--config", path.to_str().unwrap()]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(!printed.contains("warning"), "{printed}");
    for tenant in herald_server::demo::TENANTS {
        let digest = herald_core::secret::Digest::of(tenant.api_key).to_hex();
        assert!(fs::read_to_string(&path).unwrap().contains(&digest), "{}", tenant.tenant);
    }
}

#[test]
fn a_configuration_is_shown_with_its_defaults_and_without_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.toml");
    fs::write(&path, development(":memory:", "api_key = \"canary-canary\"")).unwrap();
    let output = herald(&["config", "show", "--config", path.to_str().unwrap()]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed.contains("api_key = \"***\"") && printed.contains("timeout_seconds = 10"), "{printed}");
    assert!(!printed.contains("canary"), "{printed}");
    let again = directory.path().join("again.toml");
    fs::write(&again, printed).unwrap();
    assert_eq!(herald(&["config", "check", "--config", again.to_str().unwrap()]).status.code(), Some(0));
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.toml");
    let check = || herald(&["config", "check", "--config", path.to_str().unwrap()]);
    assert_eq!(check().status.code(), Some(1));
    fs::write(&path, "[server]\npublic_url = \"canary\nx").unwrap();
    let output = check();
    let printed = text(&output.stdout);
    assert!(printed.contains("fault: line ") && !printed.contains("canary"), "{printed}");
    let serve = herald(&["serve", "--config", path.to_str().unwrap()]);
    assert_eq!(serve.status.code(), Some(1));
    assert!(!text(&serve.stderr).contains("canary"));
}
