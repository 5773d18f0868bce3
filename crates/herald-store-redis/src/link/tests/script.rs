//! Scripts on a single server.

use std::sync::LazyLock;

use futures_util::future;
use herald_core::store::StoreError;
use herald_testkit::redis_server::RedisServer;
use redis::{Script, Value};

use super::link_to_one;

static COUNT: LazyLock<Script> =
    LazyLock::new(|| Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])"));

#[tokio::test]
async fn a_script_is_loaded_when_the_server_does_not_have_it() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    let count = async || link.run(&COUNT, &[b"n".to_vec()], &[b"2".to_vec()]).await.unwrap();
    assert_eq!(count().await, Value::Int(2));
    for round in 0..10 {
        server.command(&["SCRIPT", "FLUSH"]);
        // Of several that meet an empty server each is carried out once.
        future::join_all((0..10).map(|_| count())).await;
        assert_eq!(count().await, Value::Int(2 + (round + 1) * 22));
    }
}

#[tokio::test]
async fn bytes_pass_unchanged() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    let echo = Script::new("return {KEYS[1], ARGV[1], false, 7}");
    let bytes: Vec<u8> = (0..=255).collect();
    let answer = link.run(&echo, std::slice::from_ref(&bytes), std::slice::from_ref(&bytes)).await.unwrap();
    let both = [Value::BulkString(bytes.clone()), Value::BulkString(bytes), Value::Nil, Value::Int(7)];
    assert_eq!(answer, Value::Array(both.to_vec()));
}

#[tokio::test]
async fn a_script_that_fails_says_where_and_not_on_what() {
    let server = RedisServer::start();
    let link = link_to_one(&server.url());
    let bad = Script::new("local x = ARGV[1]\nreturn redis.call('HGET', x .. {}, 'x')");
    let answer = link.run(&bad, &[], &[b"79991234567".to_vec()]).await;
    let Err(StoreError::Corrupt(text)) = answer else { panic!("{answer:?}") };
    assert_eq!(text, "a script failed at line 2");
}
