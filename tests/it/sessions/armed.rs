//! A Herald that kills itself at a point of `herald_core::failpoint`.

use std::{os::unix::process::ExitStatusExt as _, process::Command, time::Duration};

use crate::{failpoints, process::Process, stack::Stack};

/// How long a Herald may take to die after what kills it.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a power cut looks like from outside.
const SIGKILL: i32 = 9;

/// Starts the only Herald of this stack anew on its store, as one that kills itself at, say, `L8#2`.
pub(super) fn armed(mut stack: Stack, kill_at: &str) -> Stack {
    let config = stack.dir.path().join("herald.toml");
    let mut command = Command::new(failpoints::herald());
    command.args(["serve".as_ref(), "--config".as_ref(), config.as_os_str()]);
    command.env("RUST_LOG", "info").env("HERALD_KILL_AT", kill_at);
    stack.herald.kill();
    stack.herald = Process::run(&mut command);
    stack.herald.says(&["listening"]);
    stack
}

/// Starts Herald again after it has killed itself, as one that does not.
pub(super) fn restarted(mut stack: Stack) -> Stack {
    assert!(tokio::task::block_in_place(|| stack.herald.has_ended(PATIENCE)), "the point is passed");
    assert_eq!(stack.herald.ended().signal(), Some(SIGKILL));
    stack.crash_and_restart()
}
