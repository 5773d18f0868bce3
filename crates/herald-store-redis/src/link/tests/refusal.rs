//! A server that is there and refuses.

use std::time::Instant;

use herald_core::store::StoreError;
use herald_testkit::redis_server::{RedisServer, RedisTls, Reply};

use super::{RECOVERY, command, link_to_one, options, recovers, refused, set};
use crate::{
    OpenError,
    link::{RedisMode, RedisOptions},
};

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
    let (_server, tls) = RedisTls::start();
    let link = link_to_one(&tls.url());
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

#[tokio::test]
async fn a_certificate_of_ones_own_authority_is_believed_and_another_is_not() {
    let (server, tls) = RedisTls::start();
    let authority = std::fs::read(tls.authority()).unwrap();
    let believing = |authority: &[u8]| RedisOptions {
        authorities: Some(authority.to_vec()),
        ..options(vec![tls.url().into()], RedisMode::Single)
    };
    let link = believing(&authority).link().unwrap();
    recovers(RECOVERY, || set(&link, "a")).await;
    tls.show_another(&server);
    let new = believing(&authority).link().unwrap();
    refused(set(&new, "a")).await;
    tls.show_the_right_one(&server);
    recovers(RECOVERY, || set(&new, "a")).await;
    assert!(matches!(believing(b"no certificate").link(), Err(OpenError::Authorities)));
}
