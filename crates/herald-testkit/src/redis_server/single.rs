//! One server.

use std::{
    io,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use tempfile::TempDir;

use super::{
    Reply,
    process::{self, Process},
    resp,
};

/// What the log says when the server has read its files and listens.
const READY: &str = "Ready to accept connections";
/// Nobody cuts the power of a shared server, and a disk that is busy with something else is not to hold it up.
pub(super) const SHARED_ARGUMENTS: &[&str] = &["--appendfsync", "no"];

/// A real Redis that keeps what it is given as one in production should: append-only file, synced every second; nothing
/// evicted.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    process: Mutex<Option<Process>>,
    /// Removed when the process has ended.
    directory: TempDir,
}

impl RedisServer {
    /// Starts one on a free port; ready when this returns.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further arguments, such as `["--appendonly", "no"]`; they win.
    pub fn start_with(arguments: &[&str]) -> Self {
        process::on_free_ports(|[port]| Self::start_at(port, arguments))
    }

    /// The server that the tests of this process share; it ends with the process. Use tenants or a prefix of your own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisServer> = OnceLock::new();
        SHARED.get_or_init(|| process::on_free_ports(|[port]| Self::start_at(port, SHARED_ARGUMENTS)))
    }

    pub(super) fn start_at(port: u16, arguments: &[&str]) -> Result<Self, String> {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let directory = TempDir::with_prefix("herald-redis-").map_err(|error| error.to_string())?;
        let server = Self { port, arguments, process: Mutex::default(), directory };
        let process = server.run()?;
        *server.process() = Some(process);
        Ok(server)
    }

    fn run(&self) -> Result<Process, String> {
        let (port, directory) = (self.port.to_string(), self.directory.path().to_string_lossy());
        let mut arguments: Vec<String> = [
            ("--port", &*port),
            ("--bind", "127.0.0.1"),
            ("--dir", &directory),
            ("--appendonly", "yes"),
            ("--appendfsync", "everysec"),
            ("--maxmemory-policy", "noeviction"),
            ("--save", ""),
            // A replica need not wait for others that might come.
            ("--repl-diskless-sync-delay", "0"),
        ]
        .iter()
        .flat_map(|&(key, value)| [key.to_owned(), value.to_owned()])
        .collect();
        arguments.extend(self.arguments.iter().cloned());
        Process::start(&arguments, READY, self.directory.path())
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends it a signal by its name: `STOP` lets it hang, `CONT` go on.
    pub fn signal(&self, name: &str) {
        self.process().as_ref().expect("the server runs").signal(name);
    }

    /// Kills it as a power cut would; it is dead when this returns. What it has written stays.
    pub fn kill(&self) {
        drop(self.process().take());
    }

    /// Starts it again after [`kill`](Self::kill), on the same port, with the same directory and arguments.
    pub fn restart(&self) {
        self.kill();
        let process = self.run().unwrap_or_else(|log| panic!("redis-server does not start again:\n{log}"));
        *self.process() = Some(process);
    }

    /// Gives it one command and the answer back; panics if it is away.
    pub fn command(&self, words: &[&str]) -> Reply {
        self.try_command(words).expect("the server answers")
    }

    /// The same for one that may be away.
    pub fn try_command(&self, words: &[&str]) -> io::Result<Reply> {
        resp::command(self.port, words)
    }
}
