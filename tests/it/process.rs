//! Real processes of the built binary, whose logs are kept.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, OnceLock, PoisonError},
    time::Duration,
};

/// How long a process may take to say what a test waits for. Reached only when it never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary of the profile that this program was built with, built if it is not up to date; or the one that
/// `HERALD_TEST_BINARY` names.
pub(crate) fn herald() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        if let Some(given) = std::env::var_os("HERALD_TEST_BINARY") {
            return given.into();
        }
        let test = std::env::current_exe().expect("this test has a path");
        let profile =
            test.parent().and_then(|deps| deps.parent()).expect("tests are in target/<profile>/deps");
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--quiet", "-p", "herald-server", "--bin", "herald"]);
        if profile.ends_with("release") {
            command.arg("--release");
        }
        assert!(command.status().expect("cargo runs").success(), "the binary does not build");
        profile.join("herald")
    };
    BUILT.get_or_init(build).clone()
}

/// nginx, which Debian puts where not everybody's path leads.
pub(crate) fn nginx() -> Command {
    let debian = Path::new("/usr/sbin/nginx");
    Command::new(if debian.exists() { debian } else { Path::new("nginx") })
}

#[derive(Default)]
struct Log {
    text: Mutex<(String, usize)>,
    grown: Condvar,
}

/// A running process; killed when dropped.
pub(crate) struct Process {
    child: Child,
    log: Arc<Log>,
}

impl Process {
    /// Starts `herald` with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::run(Command::new(herald()).args(arguments).env("RUST_LOG", "info"))
    }

    /// Starts any program that stays in front and says what it does.
    pub(crate) fn run(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{name} does not start (does scripts/install.sh install it?): {error}")
            });
        let log = Arc::new(Log::default());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        log.text.lock().unwrap_or_else(PoisonError::into_inner).1 = 2;
        keep(out.expect("stdout is piped"), Arc::clone(&log));
        keep(err.expect("stderr is piped"), Arc::clone(&log));
        Self { child, log }
    }

    /// Waits until the log has said all of `words` in one line.
    pub(crate) fn says(&self, words: &[&str]) {
        assert!(self.has_said(words), "it never said {words:?}, but:\n{}", self.log());
    }

    /// The same, without a panic: false when the process has ended, or time has run out, before it said so.
    pub(crate) fn has_said(&self, words: &[&str]) -> bool {
        let said = |text: &str| text.lines().any(|line| words.iter().all(|word| line.contains(word)));
        self.wait(PATIENCE, |(text, streams)| said(text) || *streams == 0);
        said(&self.log())
    }

    /// Waits until it has ended; false when time runs out first.
    pub(crate) fn has_ended(&self, within: Duration) -> bool {
        self.wait(within, |(_, streams)| *streams == 0)
    }

    fn wait(&self, patience: Duration, is_met: impl Fn(&(String, usize)) -> bool) -> bool {
        let text = self.log.text.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.log.grown.wait_timeout_while(text, patience, |text| !is_met(text));
        !result.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Everything it has said.
    pub(crate) fn log(&self) -> String {
        self.log.text.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The last warnings and errors that it has said.
    pub(crate) fn troubles(&self) -> String {
        let log = self.log();
        let is_one = |line: &&str| line.contains(" WARN ") || line.contains("ERROR");
        let all: Vec<&str> = log.lines().filter(is_one).collect();
        all[all.len().saturating_sub(20)..].join("\n")
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(status.expect("kill runs").success(), "the signal was not sent");
    }

    /// Waits until it has ended, and gives how.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is dead");
    }

    /// Ends it by SIGTERM and gives how it ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        assert!(self.has_ended(2 * PATIENCE), "it never ended, but:\n{}", self.log());
        self.ended()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(stream: impl Read + Send + 'static, log: Arc<Log>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let mut text = log.text.lock().unwrap_or_else(PoisonError::into_inner);
            text.0.push_str(&line);
            text.0.push('\n');
            log.grown.notify_all();
        }
        log.text.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
        log.grown.notify_all();
    });
}
