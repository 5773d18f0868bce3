//! A server that is there and refuses.

use std::{process::Command, time::Instant};

use herald_core::store::StoreError;
use herald_testkit::{
    ports,
    redis_server::{RedisServer, Reply},
};

use super::{RECOVERY, command, link_to_one, recovers, refused, set};

fn with_password(server: &RedisServer, password: &str) -> String {
    server.url().replace("redis://", &format!("redis://:{password}@"))
}

#[tokio::test]
async fn a_replica_is_refused_until_it_is_the_master() {
    let master = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", "127.0.0.1", &master.port().to_string()]);
    let link = link_to_one(&replica.url());
    refused(set(&link, "a")).await;
    // It would read.
    refused(link.ping()).await;
    assert_eq!(replica.command(&["REPLICAOF", "NO", "ONE"]), Reply::Text("OK".to_owned()));
    recovers(RECOVERY, || set(&link, "a")).await;
    link.ping().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_refused_until_it_is_right_and_never_shown() {
    let server = RedisServer::start_with(&["--requirepass", "right"]);
    let link = link_to_one(&with_password(&server, "s3cr3t"));
    refused(set(&link, "a")).await;
    let error = set(&link, "a").await.unwrap_err();
    let text = format!("{error} {error:?} {link:?}");
    assert!(text.contains("password") && !text.contains("s3cr3t") && !text.contains("127.0.0.1"), "{text}");
    // None at all.
    refused(set(&link_to_one(&server.url()), "a")).await;
    // As an operator does who mistyped it: with the right one it can be set.
    let right = link_to_one(&with_password(&server, "right"));
    right.query(command(&["CONFIG", "SET", "requirepass", "s3cr3t"])).await.unwrap();
    recovers(RECOVERY, || set(&link, "a")).await;
}

#[tokio::test]
async fn a_server_without_room_reads_and_takes_no_writes() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    refused(set(&link, "b")).await;
    refused(link.ping()).await;
    link.query(command(&["GET", "a"])).await.unwrap();
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    set(&link, "b").await.unwrap();
    link.ping().await.unwrap();
}

#[tokio::test]
async fn a_value_of_another_type_is_corrupt() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    set(&link, "a").await.unwrap();
    let answer = link.query(command(&["HGET", "a", "b"])).await;
    assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_refused_where_tls_is_wanted() {
    let server = RedisServer::start();
    refused(set(&link_to_one(&server.url().replace("redis://", "rediss://")), "a")).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_refused_and_said_to_be_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("certificate"), file("key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    assert!(made.expect("openssl runs").status.success());
    let [port] = ports::free();
    let _server = RedisServer::start_with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ]);
    let link = link_to_one(&format!("rediss://127.0.0.1:{port}/"));
    let begun = Instant::now();
    loop {
        let text = set(&link, "a").await.unwrap_err().to_string();
        assert!(!text.contains("127.0.0.1"), "{text}");
        if text.contains("the certificate is not trusted") {
            break;
        }
        // A machine that is busy may take longer for a handshake than it is given.
        assert!(begun.elapsed() < RECOVERY, "{text}");
    }
}
