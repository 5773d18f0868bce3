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

/// What a process has spent so far, in user and system mode together.
pub(crate) fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs, on Linux");
    // Behind the name, which is in brackets and may hold anything; fields 14 and 15 in ticks (proc(5)), of which a
    // second has 100 on every Linux that Rust supports.
    let (_, rest) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap_or(0)).sum();
    Duration::from_millis(ticks * 10)
}
