//! A real Redis with what the examples start it with: it keeps what it is told, and lets nobody do more than they need.

use std::{fmt::Write as _, fs, process::Command};

use aws_lc_rs::digest::{SHA256, digest};
use tempfile::TempDir;

use super::{
    compose::{compose, services},
    strings,
};
use crate::{process::Process, stack::free_ports, tree};

const PASSWORD: &str = "a-password-of-this-test";

/// A Redis as the examples run it.
pub(super) struct Redis {
    _process: Process,
    _dir: TempDir,
    port: String,
}

impl Redis {
    /// Starts one as the compose file does, with the users of `deploy/redis.acl`.
    pub(super) fn start() -> Self {
        let dir = TempDir::new().expect("a directory for the test");
        let hash = digest(&SHA256, PASSWORD.as_bytes());
        let mut hex = String::new();
        for byte in hash.as_ref() {
            write!(hex, "{byte:02x}").expect("a string takes everything");
        }
        let users = tree::read("deploy/redis.acl");
        assert_eq!(users.matches("PASSWORD_SHA256").count(), 1);
        let file = dir.path().join("redis_acl");
        // And one for the test itself.
        let users = users.replace("PASSWORD_SHA256", &hex) + "user test on nopass ~* &* +@all\n";
        fs::write(&file, users).expect("the users are written");

        let compose = compose("deploy/replicas");
        let words = strings(&services(&compose)["redis"]["command"]);
        let (program, arguments) = words.split_first().expect("a command");
        let file = file.to_string_lossy();
        let arguments = arguments.iter().map(|word| if word.ends_with("/redis_acl") { &*file } else { word });
        let [port] = free_ports();
        let port = port.to_string();
        let mut command = Command::new(program);
        command.args(arguments).args(["--port", &port, "--bind", "127.0.0.1", "--dir"]).arg(dir.path());
        let process = Process::run(&mut command);
        process.says(&["Ready to accept connections"]);
        Self { _process: process, _dir: dir, port }
    }

    /// What it answers to this user, or to nobody.
    fn asked(&self, user: Option<(&str, &str)>, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["--no-auth-warning", "-p", &self.port]);
        if let Some((name, password)) = user {
            command.args(["--user", name, "--pass", password]);
        }
        let output = command.args(words).output().expect("redis-cli runs (scripts/install.sh installs it)");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What it has refused to users, in the words of `ACL LOG`.
    pub(super) fn refusals(&self) -> String {
        self.asked(Some(("test", "none")), &["ACL", "LOG"])
    }

    /// Where Herald finds it, as `store.urls` has it.
    pub(super) fn url(&self) -> String {
        format!("redis://herald:{PASSWORD}@127.0.0.1:{}/0", self.port)
    }

    fn herald(&self, words: &[&str]) -> String {
        self.asked(Some(("herald", PASSWORD)), words)
    }
}

#[test]
fn it_writes_everything_down_and_throws_nothing_away() {
    let redis = Redis::start();
    assert!(redis.herald(&["INFO", "persistence"]).contains("aof_enabled:1"));
    let memory = redis.herald(&["INFO", "memory"]);
    assert!(memory.contains("maxmemory_policy:noeviction"), "{memory}");
    assert!(memory.contains("maxmemory:1073741824"), "{memory}");
}

#[test]
fn nobody_is_let_in_without_a_password_and_the_health_check_may_ask_for_nothing_else() {
    let redis = Redis::start();
    assert!(redis.asked(None, &["PING"]).contains("NOAUTH"));
    assert!(redis.asked(Some(("herald", "a-guess")), &["PING"]).contains("NOAUTH"));
    let health = Some(("health", "none"));
    assert_eq!(redis.asked(health, &["PING"]), "PONG");
    for words in [&["GET", "herald:{acme}:login"][..], &["INFO"], &["ACL", "LIST"]] {
        assert!(redis.asked(health, words).contains("NOPERM"), "{words:?}");
    }
    let compose = compose("deploy/replicas");
    let check = services(&compose)["redis"]["healthcheck"]["test"].to_string();
    assert!(
        check.contains("redis-cli --no-auth-warning --user health --pass none ping | grep -q PONG"),
        "{check}"
    );
}

#[test]
fn herald_reaches_its_own_keys_and_channel_and_no_command_that_could_harm_others() {
    let redis = Redis::start();
    assert_eq!(redis.herald(&["SET", "herald:{acme}:log", "1", "PX", "60000"]), "OK");
    let run = |script: &str, key: &str| {
        let hash = redis.herald(&["SCRIPT", "LOAD", script]);
        redis.herald(&["EVALSHA", &hash, "1", key])
    };
    let script =
        "redis.call('TIME') redis.call('PUBLISH', 'herald:changes', 'x') return redis.call('GET', KEYS[1])";
    assert_eq!(run(script, "herald:{acme}:log"), "1");
    for (script, key) in [
        ("return redis.call('GET', KEYS[1])", "others"),
        ("return redis.call('GET', 'others')", "herald:{acme}:log"),
        ("return redis.call('FLUSHALL')", "herald:{acme}:log"),
    ] {
        let said = run(script, key);
        assert!(
            said.contains("NOPERM") || said.contains("The user executing the script can't"),
            "{script}: {said}"
        );
    }
    for words in [
        &["GET", "others"][..],
        &["PUBLISH", "others", "x"],
        &["FLUSHALL"],
        &["KEYS", "*"],
        &["CONFIG", "GET", "*"],
        &["CONFIG", "SET", "appendonly", "no"],
        &["SCRIPT", "FLUSH"],
        &["CLIENT", "KILL", "TYPE", "normal"],
        &["ACL", "LIST"],
        &["SHUTDOWN"],
        &["MONITOR"],
        &["REPLICAOF", "NO", "ONE"],
        &["CLUSTER", "RESET"],
    ] {
        let said = redis.herald(words);
        assert!(said.contains("NOPERM"), "{words:?}: {said}");
    }
}
