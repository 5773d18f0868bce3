//! A second process: this test binary again, running the same test in its other role.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const PATH: &str = "HERALD_TEST_STORE";
const ARGUMENT: &str = "HERALD_TEST_ARGUMENT";
/// What a line for the parent begins with; the test harness prints lines of its own.
const MARK: &str = "child: ";

/// The store's file and the argument, if this process is a child.
pub(crate) fn role() -> Option<(PathBuf, String)> {
    Some((env::var_os(PATH)?.into(), env::var(ARGUMENT).ok()?))
}

/// Tells the parent something, at once.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // In one write, so that a kill leaves a whole line or an unfinished one, and no parent is no reason to fail.
    let _ = out.write_all(format!("\n{MARK}{line}\n").as_bytes());
    let _ = out.flush();
}

/// A running child.
pub(crate) struct Running {
    process: Child,
    /// The child reads its end from this.
    _input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Running {
    /// Runs the test of this name as a child.
    pub(crate) fn start(test: &str, store: &Path, argument: &str) -> Self {
        Self::spawn(Command::new(env::current_exe().unwrap()), test, store, argument)
    }

    /// The same, where no file may grow over this many blocks (of 512 or 1024 bytes).
    pub(crate) fn start_limited(test: &str, store: &Path, blocks: u32) -> Self {
        let mut shell = Command::new("sh");
        // Without the trap the limit kills the process instead of failing the write.
        shell.arg("-c").arg(format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\""));
        shell.arg(env::current_exe().unwrap());
        Self::spawn(shell, test, store, "")
    }

    fn spawn(mut command: Command, test: &str, store: &Path, argument: &str) -> Self {
        let mut process = command
            .args(["--exact", test, "--nocapture"])
            .env(PATH, store)
            .env(ARGUMENT, argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, _input: input, output: BufReader::new(output) }
    }

    /// The next thing it tells; nothing when it has ended. A line that a kill cut off is not told.
    pub(crate) fn told(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).unwrap();
            let line = line.strip_suffix('\n')?;
            if let Some(told) = line.strip_prefix(MARK) {
                return Some(told.to_owned());
            }
        }
    }

    /// Kills it, and gives what it told before it died.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::iter::from_fn(|| self.told()).collect()
    }

    /// Lets it end, and waits for that.
    pub(crate) fn finish(self) {
        let Self { mut process, _input: input, .. } = self;
        drop(input);
        assert!(process.wait().unwrap().success());
    }
}
