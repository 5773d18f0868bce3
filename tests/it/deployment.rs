//! What stands in `deploy/`, as far as it can be checked without a container engine: files that are named exist, schemas are
//! kept to, configurations are good once their secrets are there, and what one file says of another is so.

mod alerts;
mod compose;
mod kubernetes;
mod nginx;
mod operations;
mod outside;
mod pods;
mod promql;
mod redis;
mod redis_user;
mod replicas;
mod schema;

use std::{collections::BTreeSet, fs, process::Command};

use serde::Deserialize as _;
use serde_json::Value;

use crate::{process, tree};

/// Every document of a YAML file, with its merges (`<<`) made.
fn documents(path: &str) -> Vec<Value> {
    let text = tree::read(path);
    let documents = serde_norway::Deserializer::from_str(&text).map(|document| {
        let mut value =
            serde_norway::Value::deserialize(document).unwrap_or_else(|error| panic!("{path}: {error}"));
        value.apply_merge().unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::to_value(value).unwrap_or_else(|error| panic!("{path}: {error}"))
    });
    documents.collect()
}

/// The strings of a list.
fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("not a list: {list}"));
    list.iter().map(|item| item.as_str().unwrap_or_else(|| panic!("not a string: {item}"))).collect()
}

/// The number that follows this in a text.
fn number_after(text: &str, before: &str) -> u64 {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("nothing says {before:?}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number follows {before:?}"))
}

/// How long Herald takes to stop at most, in seconds.
fn grace_of_herald() -> u64 {
    number_after(&tree::read("crates/herald-server/src/startup.rs"), "GRACE_SECONDS: u64 = ")
}

/// The names of the secrets that a configuration reads from files in this folder; it may read from nowhere else.
fn secrets_of(config: &str, folder: &str) -> BTreeSet<String> {
    let files = config.split("{ file = \"").skip(1).filter_map(|rest| rest.split('"').next());
    let name = |file: &str| {
        let name = file.strip_prefix(folder).and_then(|name| name.strip_prefix('/'));
        name.unwrap_or_else(|| panic!("{file} is not in {folder}")).to_owned()
    };
    assert!(!config.contains("{ env ="), "secrets come from files here");
    files.map(name).collect()
}

/// Has the built binary check an example whose secrets are in this folder, and which it finds as it does in the image. Other
/// secrets than tokens are named like here.
fn assert_is_good(path: &str, folder: &str) {
    let config = tree::read(path);
    let here = tempfile::tempdir().expect("a folder for the test");
    for secret in secrets_of(&config, folder) {
        let value = match secret.as_str() {
            "encryption_key" => herald(&["keys", "encryption"]),
            "redis_url" => "redis://herald:2f1c9e7a55d04b3c@redis:6379".to_owned(),
            _ => "a-token-of-30-characters-01234".to_owned(),
        };
        fs::write(here.path().join(&secret), value).expect("the secret is written");
    }
    let config = config.replace(folder, &here.path().to_string_lossy());
    let file = here.path().join("herald.toml");
    fs::write(&file, config).expect("the configuration is written");
    let said = said_by(Command::new(process::herald()).args(["config", "check"]).env("HERALD_CONFIG", &file));
    assert!(said.contains("good, 1 tenant(s)"), "{path}: {said}");
}

/// What the built binary prints when it is called like this, and ends well.
fn herald(arguments: &[&str]) -> String {
    said_by(Command::new(process::herald()).args(arguments))
}

/// What a command prints that ends well.
fn said_by(command: &mut Command) -> String {
    let output = command.output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
