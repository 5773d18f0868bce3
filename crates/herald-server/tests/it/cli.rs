//! The commands that touch no running server.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::fs;

use herald_core::secret::{AdminKey, ApiKey, Digest};

use crate::binary::{development, herald, root};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_new_key_is_printed_once_with_what_the_configuration_needs() {
    let output =
        herald(&["keys", "new", "--tenant", "acme", "--name", "shop \"x\"", "--scopes", "logins:write"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    let key = printed.lines().find(|line| line.starts_with("hk_")).unwrap();
    assert!(ApiKey::is_shaped(key), "{key}");
    assert_eq!(printed.matches(key).count(), 1);
    let section = &printed[printed.find("[[tenants").unwrap()..];
    let parsed: toml::Table = toml::from_str(section).unwrap();
    let entry = &parsed["tenants"]["acme"]["keys"][0];
    assert_eq!(entry["sha256"].as_str().unwrap(), Digest::of(key).to_hex());
    assert_eq!(entry["name"].as_str().unwrap(), "shop \"x\"");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.toml");
    fs::write(&path, format!("{}\n{section}", development(":memory:", ""))).unwrap();
    assert_eq!(herald(&["config", "check", "--config", path.to_str().unwrap()]).status.code(), Some(0));
}

#[test]
fn an_operators_key_is_printed_once_with_what_the_configuration_needs() {
    let output = herald(&["keys", "new", "--admin", "--name", "ops"]);
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    let key = printed.lines().find(|line| line.starts_with("ha_")).unwrap();
    assert!(AdminKey::is_shaped(key), "{key}");
    assert_eq!(printed.matches(key).count(), 1);
    let section = &printed[printed.find("[[server").unwrap()..];
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.toml");
    let file = format!("{}\n{section}", development(":memory:", ""));
    let parsed: toml::Table = toml::from_str(&file).unwrap();
    assert_eq!(parsed["server"]["admin_keys"][0]["sha256"].as_str().unwrap(), Digest::of(key).to_hex());
    fs::write(&path, file).unwrap();
    let checked = herald(&["config", "check", "--config", path.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0));
    assert!(!text(&checked.stdout).contains("admin_keys"), "{}", text(&checked.stdout));
}

#[test]
fn an_encryption_key_is_good_for_the_store() {
    let output = herald(&["keys", "encryption"]);
    let key = text(&output.stdout);
    assert!(herald_server::config::decode_encryption_key(key.trim()).is_some());
    assert_ne!(key, text(&herald(&["keys", "encryption"]).stdout));
}

#[test]
fn wrong_use_is_two() {
    for arguments in [
        &["keys", "new", "--scopes", "everything"][..],
        &["keys", "new", "--admin", "--tenant", "acme"],
        &["keys", "rotate"],
        &["keys", "rotate", "--tenant", "Acme"],
        &["keys", "rotate", "--tenant", "acme"],
        &["notifications"],
        &["notifications", "status"],
        &["notifications", "dead"],
        &["notifications", "dead", "--limit", "0"],
        &["notifications", "dead", "--status", "sent"],
        &["notifications", "requeue"],
        &["notifications", "requeue", "x"],
        &["notifications", "requeue", "--all", "ntf_00000000000000000000000001"],
        &["notifications", "requeue", "--status", "failed", "ntf_00000000000000000000000001"],
        &["sevre"],
        &["config"],
        &[],
    ] {
        let output = herald(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn the_documents_are_printed() {
    let schema: serde_json::Value = serde_json::from_slice(&herald(&["config", "schema"]).stdout).unwrap();
    assert_eq!(schema["title"], "herald.toml");
    assert!(
        text(&herald(&["config", "schema", "--format", "markdown"]).stdout).starts_with("# Configuration")
    );
}

#[test]
fn the_reference_of_the_configuration_is_up_to_date() {
    let written = fs::read_to_string(root().join("docs/configuration.md")).unwrap_or_default();
    assert!(
        written == herald_server::config::reference_markdown(),
        "run `herald config schema --format markdown > docs/configuration.md`"
    );
}
