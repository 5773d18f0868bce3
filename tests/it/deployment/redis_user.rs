//! The rights of Herald in `deploy/redis.acl`: what the store needs, all of it and nothing else.

use std::{collections::BTreeSet, fs};

use reqwest::Method;
use serde_json::json;

use super::redis::Redis;
use crate::{
    stack::{Stack, TENANTS, over_redis, store_section},
    tree,
};

#[tokio::test(flavor = "multi_thread")]
async fn herald_does_its_work_with_these_rights() {
    let redis = Redis::start();
    let section = store_section(&redis.url(), 1);
    let stack = Stack::start_with(|config| {
        let config = config.replace("\"logins:write\"", "\"webhooks:write\", \"logins:write\"");
        over_redis(&config, &section)
    })
    .await;
    for (tenant, _) in TENANTS {
        let caller = stack.caller(tenant);
        let endpoint = json!({ "url": "https://shop.acme.example/hook", "events": ["login.*"] });
        let made = caller.call(Method::POST, "/v1/webhook-endpoints", &[], Some(&endpoint)).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        let tokens = stack.sign_in(tenant).await.tokens();
        let tokens = caller.refresh(&tokens.refresh).await;
        assert_eq!(caller.verify(&tokens.access).await["active"], true);
        caller.end(&tokens.session).await;
        assert_eq!(caller.verify(&tokens.access).await["active"], false);
    }
    let subject = stack.sign_in("antirius").await.claim["subject"].clone();
    let body = json!({ "to": { "type": "subject", "subject": subject }, "message": { "type": "text", "text": "hi" } });
    let sent = stack.caller("antirius").notify("parcel-9", &body).await;
    assert_eq!(sent.body["status"], "sent", "{:?}", sent.body);
    let listed = stack.caller("antirius").call(Method::GET, "/v1/notifications", &[], None).await;
    assert_eq!(listed.body["items"][0]["id"], sent.body["id"]);

    assert_eq!(redis.refusals(), "");
}

/// What the library sends by itself, or under another name than the store asks for it by.
const BY_THE_LIBRARY: [&str; 3] = ["script", "subscribe", "unsubscribe"];

#[test]
fn herald_may_do_what_the_store_does_and_no_more() {
    let users = tree::read("deploy/redis.acl");
    let herald = users.lines().find(|line| line.starts_with("user herald ")).expect("the user");
    let allowed: BTreeSet<&str> = herald
        .split(' ')
        .filter_map(|word| word.strip_prefix('+'))
        .filter(|word| *word != "@connection")
        .map(|word| word.split('|').next().unwrap_or(word))
        .collect();
    let mut used = commands_of_the_store();
    assert!(used.len() > 15, "hardly any command was found: {used:?}");
    // A Sentinel has users of its own; ASKING is among the commands of `@connection`.
    assert!(used.remove("sentinel") && used.remove("asking"), "{used:?}");
    used.extend(BY_THE_LIBRARY.map(str::to_owned));
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    assert_eq!(allowed, used, "deploy/redis.acl and the store disagree");
    let names = tree::read("crates/herald-store-redis/src/names.rs");
    assert!(names.contains("\"{}:changes\"") && herald.contains(" &herald:changes "));
}

/// What is refused is said at the start, and not when a row is written for the first time.
#[test]
fn every_right_is_tried_at_the_start() {
    let tried = tree::read("crates/herald-store-redis/src/link/rights.lua");
    // Calls before any script runs, and what the feed says again and again if it may not.
    let others = ["evalsha", "info", "role", "cluster", "asking", "sentinel"];
    for command in commands_of_the_store() {
        let is_tried = tried.contains(&format!("'{}'", command.to_ascii_uppercase()));
        assert!(is_tried || others.contains(&&*command), "{command} is not tried");
    }
}

/// The commands that the store calls, in Rust and in scripts.
fn commands_of_the_store() -> BTreeSet<String> {
    let root = tree::root().join("crates/herald-store-redis/src");
    let (mut folders, mut found) = (vec![root], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the store can be read") {
            let path = entry.expect("an entry of a folder can be read").path();
            let is_test = path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests"));
            if path.is_dir() && !is_test {
                folders.push(path);
            } else if path.is_file() && !is_test {
                found.extend(commands(&fs::read_to_string(&path).expect("a source can be read")));
            }
        }
    }
    found
}

fn commands(source: &str) -> BTreeSet<String> {
    let after = |before: &'static str, end: char| {
        source.split(before).skip(1).filter_map(move |rest| rest.split(end).next())
    };
    let scripts = after("redis.call('", '\'').chain(after("redis.pcall('", '\''));
    scripts.chain(after("cmd(\"", '"')).map(str::to_ascii_lowercase).collect()
}

#[test]
fn commands_are_found_in_scripts_and_in_rust() {
    let found =
        commands("x(redis.call('ZADD', k)) redis.pcall('GET') let mut set = cmd(\"SET\"); redis.call(other)");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["get", "set", "zadd"]);
}
