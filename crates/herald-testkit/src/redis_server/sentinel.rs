//! A master, its replica, and one sentinel that decides alone.

use std::fs;

use tempfile::TempDir;

use super::{
    RedisServer, Reply,
    process::{self, Process},
    resp, wait_until,
};

/// A master with a replica that takes its place half a second after it is gone.
#[derive(Debug)]
pub struct RedisSentinel {
    servers: [RedisServer; 2],
    port: u16,
    _sentinel: Process,
    _directory: TempDir,
}

impl RedisSentinel {
    /// What the sentinel calls the master.
    pub const MASTER_NAME: &'static str = "herald";

    /// Starts them on free ports; the replica has all of the master and the sentinel knows both when this returns.
    pub fn start() -> Self {
        let master = RedisServer::start();
        let master_port = master.port().to_string();
        let replica = RedisServer::start_with(&["--replicaof", "127.0.0.1", &master_port]);
        wait_until("the replica has caught up", || {
            master.command(&["INFO", "replication"]).text().contains("state=online")
        });
        let directory = TempDir::with_prefix("herald-sentinel-").expect("a temporary directory");
        let file = directory.path().join("sentinel.conf");
        let name = Self::MASTER_NAME;
        let (port, sentinel) = process::on_free_ports(|[port]| {
            let config = format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor {name} 127.0.0.1 {master_port} 1\n\
                 sentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 2000\n"
            );
            fs::write(&file, config).map_err(|error| error.to_string())?;
            let arguments = [file.to_string_lossy().into_owned(), "--sentinel".to_owned()];
            Ok((port, Process::start(&arguments, "+monitor master", directory.path())?))
        });
        let started = Self { servers: [master, replica], port, _sentinel: sentinel, _directory: directory };
        wait_until("the sentinel knows the replica", || {
            let known = started.ask(&["SENTINEL", "REPLICAS", name]);
            matches!(known, Reply::Array(replicas) if replicas.len() == 1)
        });
        started
    }

    /// The sentinel's address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The server that is master by what the sentinel says now.
    pub fn master(&self) -> &RedisServer {
        let Reply::Array(address) = self.ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER_NAME])
        else {
            panic!("the sentinel knows no master")
        };
        let port = address[1].text();
        let is_it = |server: &&RedisServer| server.port().to_string() == port;
        self.servers.iter().find(is_it).expect("the master is one of the two")
    }

    /// The other one.
    pub fn replica(&self) -> &RedisServer {
        let master = self.master().port();
        let is_it = |server: &&RedisServer| server.port() != master;
        self.servers.iter().find(is_it).expect("there are two")
    }

    fn ask(&self, words: &[&str]) -> Reply {
        resp::command(self.port, words).expect("the sentinel answers")
    }
}
