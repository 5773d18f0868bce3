//! What a process spends.

use std::{fs, time::Duration};

/// What a process has spent since it was looked at first.
pub(crate) struct Meter {
    process: u32,
    before: Duration,
}

impl Meter {
    /// Looks at this process.
    pub(crate) fn of(process: u32) -> Self {
        Self { process, before: processor_time(process) }
    }

    /// The processor time since then.
    pub(crate) fn spent(&self) -> Duration {
        processor_time(self.process).saturating_sub(self.before)
    }
}

/// What the threads of a process have spent so far, in user and system mode together, to the nanosecond.
pub(crate) fn processor_time(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("it runs, on Linux");
    let spent = threads.filter_map(|thread| {
        // A thread that has just ended has none.
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        // Time on a processor, time in the queue for one, and how often: sched-stats of the kernel's documentation.
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
