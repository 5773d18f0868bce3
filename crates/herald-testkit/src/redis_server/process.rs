//! One `redis-server` that cannot outlive the test process.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
};

use crate::ports;

/// Starts the server, says its process id, and kills it when it reads a line; or when nobody holds the other end any more: a
/// process that was killed closes its pipes too, and then leaves the directory, the first word, to be removed here.
const KEEPER: &str = r#"
directory=$1; shift
# Before the server says anything itself.
sh -c 'echo "$$"; exec "$@"' server "$@" &
server=$!
exec 1>&-
read -r _ && directory=
kill -KILL "$server" 2>/dev/null
wait "$server"
[ -z "$directory" ] || rm -rf -- "$directory"
"#;

/// A running server.
#[derive(Debug)]
pub(super) struct Process {
    keeper: Child,
    /// The keeper waits for its end.
    input: Option<ChildStdin>,
    id: u32,
}

impl Process {
    /// Starts `redis-server` with these arguments, and waits until its log says `ready`; gives the log if it ended before. What
    /// it writes is in `directory`.
    pub(super) fn start(arguments: &[String], ready: &str, directory: &Path) -> Result<Self, String> {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(directory)
            .arg("redis-server")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        let input = keeper.stdin.take();
        let mut output = BufReader::new(keeper.stdout.take().expect("its output is a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the keeper speaks");
        let id = line.trim().parse().expect("the keeper says the process id");
        let process = Self { keeper, input, id };
        wait_for(&mut output, ready)?;
        // Or the server would stand still when the pipe is full.
        thread::spawn(move || io::copy(&mut output, &mut io::sink()));
        Ok(process)
    }

    /// Sends it a signal by its name.
    pub(super) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.id.to_string()]).status();
        assert!(status.expect("kill runs").success(), "the signal was not sent");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut input) = self.input.take() {
            // It may be dead already.
            let _ = input.write_all(b"\n");
        }
        let _ = self.keeper.wait();
    }
}

fn wait_for(output: &mut BufReader<ChildStdout>, ready: &str) -> Result<(), String> {
    let mut log = String::new();
    loop {
        let begin = log.len();
        match output.read_line(&mut log) {
            Ok(0) | Err(_) if log.is_empty() => {
                panic!("redis-server cannot be started; does scripts/install.sh install it?")
            }
            Ok(0) | Err(_) => return Err(log),
            Ok(_) if log[begin..].contains(ready) => return Ok(()),
            Ok(_) => {}
        }
    }
}

/// Starts something on free ports, anew if somebody else took one meanwhile.
pub(super) fn on_free_ports<T, const N: usize>(mut start: impl FnMut([u16; N]) -> Result<T, String>) -> T {
    let mut log = String::new();
    for _ in 0..5 {
        match start(ports::free()) {
            Ok(started) => return started,
            Err(text) => log = text,
        }
    }
    panic!("redis-server does not start:\n{log}");
}
