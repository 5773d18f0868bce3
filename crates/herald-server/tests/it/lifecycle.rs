//! From start to end: signals, readiness, one owner of a store.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::{fs, io::Read as _, net::TcpStream};

use tempfile::TempDir;

use crate::binary::{Served, command, development, get};

const SECOND_TENANT: &str = "
[tenants.globex]
detached_logins = true
sessions = { algorithm = \"EdDSA\" }
";

fn config(more: &str) -> (TempDir, std::path::PathBuf, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.toml");
    let store = directory.path().join("herald.redb");
    fs::write(&path, development(store.to_str().unwrap(), more)).unwrap();
    (directory, path, store.to_str().unwrap().to_owned())
}

#[test]
fn it_answers_and_ends_with_zero_on_sigterm() {
    let (_directory, path, _) = config("");
    let served = Served::start(&path);
    assert_eq!(get(served.management, "/livez", "").0, 200);
    let (status, _, body) = get(served.management, "/readyz", "");
    assert_eq!((status, body.as_str()), (200, r#"{"status":"ready"}"#));
    assert_eq!(get(served.address, "/nothing/here", "").0, 404);
    let (_, head, metrics) = get(served.management, "/metrics", "");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(metrics.contains("herald_http_requests_total{method=\"GET\""), "{metrics}");
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let (_directory, path, _) = config("");
    let served = Served::start(&path);
    let mut idle = TcpStream::connect(served.address).unwrap();
    served.signal("INT");
    served.wait_for("stopped");
    assert_eq!(served.wait().code(), Some(0));
    assert_eq!(idle.read(&mut [0; 16]).unwrap_or(0), 0, "the connection was closed");
}

#[test]
fn a_request_leaves_one_line_without_its_path_and_query() {
    let (_directory, path, _) = config("");
    let served = Served::start(&path);
    let headers =
        "X-Request-Id: cart-1\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let (_, head, _) = get(served.address, "/canary-path?code=canary-code", headers);
    assert!(head.to_ascii_lowercase().contains("x-request-id: cart-1"), "{head}");
    let line = served.wait_for("request");
    assert_eq!(line["request_id"], "cart-1");
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((&line["method"], &line["status"]), (&"GET".into(), &404.into()));
    assert!(line["duration_seconds"].is_number() && line["route"].is_string());
    assert!(!line.to_string().contains("canary"), "{line}");
}

#[test]
fn sighup_takes_the_tenants_of_a_good_file_and_refuses_a_faulty_one() {
    let (_directory, path, store) = config("");
    let served = Served::start(&path);
    let metadata = || get(served.address, "/.well-known/oauth-authorization-server/t/globex", "");
    assert_eq!(metadata().0, 404);
    fs::write(&path, development(&store, SECOND_TENANT)).unwrap();
    served.signal("HUP");
    assert_eq!(served.wait_for("tenants reloaded")["tenants"], 2);
    let (status, _, body) = metadata();
    assert!(status == 200 && body.contains("\"EdDSA\""), "with its sessions: {body}");
    fs::write(&path, "[server").unwrap();
    served.signal("HUP");
    served.wait_for("tenants not reloaded: the file has faults, the old tenants stay");
    assert_eq!(get(served.management, "/readyz", "").0, 200);
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
}

#[test]
fn a_second_process_cannot_have_the_same_store() {
    let (_directory, path, _) = config("");
    let _first = Served::start(&path);
    let second = command(&["serve", "--config", path.to_str().unwrap()]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("in use by another process"), "{said}");
}

#[test]
fn a_store_is_found_again_after_a_restart_and_refused_under_another_key() {
    let (_directory, path, store) = config("");
    let served = Served::start(&path);
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    let served = Served::start(&path);
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    fs::remove_file(format!("{store}.key")).unwrap();
    let third = command(&["serve", "--config", path.to_str().unwrap()]).output().unwrap();
    assert_eq!(third.status.code(), Some(1));
    let said = String::from_utf8_lossy(&third.stderr);
    assert!(said.contains("store.encryption_keys"), "{said}");
}
