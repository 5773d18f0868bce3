//! `herald keys rotate` at a running server.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::{fs, process::Output};

use herald_core::{clock::SystemEntropy, secret::AdminKey};
use serde_json::Value;

use crate::binary::{Served, command, development, get};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The command with this key.
fn rotate(key: &str, arguments: &[&str]) -> Output {
    command(&[&["keys", "rotate"], arguments].concat()).env("HERALD_ADMIN_KEY", key).output().unwrap()
}

fn kids(served: &Served) -> Vec<String> {
    let (status, _, body) = get(served.address, "/t/acme/.well-known/jwks.json", "");
    assert_eq!(status, 200, "{body}");
    let set: Value = serde_json::from_str(&body).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_operator_rotates_and_revokes_the_keys_of_a_running_server() {
    let key = AdminKey::generate(&SystemEntropy);
    let admin = format!("[[server.admin_keys]]\nname = \"ops\"\nsha256 = \"{}\"\n", key.digest().to_hex());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.toml");
    fs::write(&path, development(":memory:", &admin)).unwrap();
    let served = Served::start(&path);
    let url = format!("http://{}", served.address);
    let before = kids(&served);
    assert_eq!(before.len(), 2);

    let output = rotate(key.expose(), &["--tenant", "acme", "--url", &url]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let words: Vec<_> = printed.lines().map(|line| line.split("  ").collect::<Vec<_>>()).collect();
    assert_eq!(words[0], [&*before[1], "ES256", "current"], "the next key signs now: {printed}");
    assert_eq!(words[2][0], before[0], "{printed}");
    assert!(words[2][2].starts_with("retired, good until "), "{printed}");
    assert_eq!(served.wait_for("signing keys rotated")["operator"], "ops");
    let rotated = kids(&served);
    assert_eq!((rotated.len(), &rotated[0]), (3, &before[1]));

    let output = rotate(key.expose(), &["--tenant", "acme", "--revoke", "--url", &format!("{url}/")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(served.wait_for("signing keys revoked")["operator"], "ops");
    let revoked = kids(&served);
    assert!(revoked.len() == 2 && revoked.iter().all(|kid| !rotated.contains(kid)), "{revoked:?}");

    let other = AdminKey::generate(&SystemEntropy);
    for (key, tenant, said) in [
        (other.expose(), "acme", "401 unauthenticated"),
        (key.expose(), "nobody", "404 not_found: There is no such tenant."),
    ] {
        let output = rotate(key, &["--tenant", tenant, "--url", &url]);
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{printed}");
        assert!(printed.contains(said) && !printed.contains(key), "{printed}");
    }
    assert_eq!(kids(&served), revoked, "nothing was rotated");
}

#[test]
fn a_server_that_is_not_there_and_a_key_that_is_none_are_told_apart() {
    let key = AdminKey::generate(&SystemEntropy);
    let output = rotate(key.expose(), &["--tenant", "acme", "--url", "http://127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no connection"), "{}", text(&output.stderr));
    for (key, url) in [("", "http://127.0.0.1:1"), ("hk_x", "http://127.0.0.1:1"), (key.expose(), "ftp://x")]
    {
        let output = rotate(key, &["--tenant", "acme", "--url", url]);
        assert_eq!(output.status.code(), Some(2), "{url}: {}", text(&output.stderr));
    }
}
