//! The built binary as a child process, watched through its log instead of by waiting.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

/// Longer than anything takes that these tests wait for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A configuration for development, on free ports, with one tenant; and what `more` says.
pub(crate) fn development(store: &str, more: &str) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
management_listen = "127.0.0.1:0"
public_url = "http://127.0.0.1:8080"
development = true
[store]
path = "{store}"
[tenants.acme]
return_urls = ["http://127.0.0.1:9100/in"]
login = "main"
[tenants.acme.connections.main]
provider = "antara"
base_url = "http://127.0.0.1:1"
client_id = "3f0c8a52-6d1e-4b7a-9c35-5a2b7e9d1c40"
{more}"#
    )
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a command to its end.
pub(crate) fn herald(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The command, without what the environment says.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_herald"));
    command.args(arguments);
    for name in ["HERALD_CONFIG", "HERALD_URL", "HERALD_ADMIN_KEY", "HERALD_API_KEY", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

/// A running `herald serve`. Killed when dropped.
pub(crate) struct Served {
    child: Child,
    log: Receiver<Value>,
    /// The public listener.
    pub(crate) address: SocketAddr,
    /// The listener for operations.
    pub(crate) management: SocketAddr,
}

impl Served {
    /// Starts it and waits until it listens.
    pub(crate) fn start(config: &Path) -> Self {
        let mut child =
            command(&["serve", "--config", config.to_str().unwrap()]).stderr(Stdio::piped()).spawn().unwrap();
        let log = follow(child.stderr.take().unwrap());
        let listening = wait_for(&log, "listening");
        let address = |key: &str| listening[key].as_str().unwrap().parse().unwrap();
        let (address, management) = (address("address"), address("management_address"));
        Self { child, log, address, management }
    }

    /// Waits for the line of the log that says `message`.
    pub(crate) fn wait_for(&self, message: &str) -> Value {
        wait_for(&self.log, message)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end, by the end of its log.
    pub(crate) fn wait(mut self) -> ExitStatus {
        while self.log.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Fails for a child that has ended, which is just as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stderr: ChildStderr) -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
            if sender.send(value).is_err() {
                return;
            }
        }
    });
    receiver
}

fn wait_for(log: &Receiver<Value>, message: &str) -> Value {
    let mut seen = Vec::new();
    loop {
        match log.recv_timeout(PATIENCE) {
            Ok(line) if line["message"] == message => return line,
            Ok(line) => seen.push(line),
            Err(error) => panic!("no line says {message:?} ({error}); seen: {seen:#?}"),
        }
    }
}

/// One request on a connection of its own: the status and everything after the head.
pub(crate) fn get(address: SocketAddr, path: &str, headers: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: herald\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}
