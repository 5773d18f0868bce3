//! A part of a core for each of some processes, as containers get it: whoever has spent its part stands still until it has some
//! again. So a machine with few cores shows what replicas do that do not share them.

use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::spent::processor_time;

/// How often it is looked what was spent.
const EVERY: Duration = Duration::from_millis(2);
/// How much that was not spent may be spent later.
const SAVED: Duration = Duration::from_millis(10);

/// Holds processes to their part until it is dropped.
pub(crate) struct Quota {
    /// Dropped at the end.
    goes_on: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Quota {
    /// Each may spend so much of the time of a core.
    pub(crate) fn of(processes: &[u32], part: f64) -> Self {
        let (goes_on, end) = channel();
        let mut held: Vec<Held> = processes.iter().map(|&process| Held::new(process)).collect();
        let keeper = std::thread::spawn(move || {
            let mut looked = Instant::now();
            while end.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let passed = looked.elapsed();
                looked += passed;
                for held in &mut held {
                    held.look(passed.mul_f64(part));
                }
            }
            held.iter_mut().for_each(Held::release);
        });
        Self { goes_on: Some(goes_on), keeper: Some(keeper) }
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        self.goes_on = None;
        if let Some(keeper) = self.keeper.take() {
            keeper.join().expect("what it held runs again");
        }
    }
}

/// One process, and what it may still spend.
struct Held {
    process: u32,
    spent: Duration,
    saved: Duration,
    owed: Duration,
    is_still: bool,
}

impl Held {
    fn new(process: u32) -> Self {
        let spent = processor_time(process);
        Self { process, spent, saved: Duration::ZERO, owed: Duration::ZERO, is_still: false }
    }

    /// Gives it its part of the time that has passed, and takes what it has spent.
    fn look(&mut self, part: Duration) {
        let spent = processor_time(self.process);
        let (has, costs) = (self.saved + part, self.owed + spent.saturating_sub(self.spent));
        self.spent = spent;
        self.saved = has.saturating_sub(costs).min(SAVED);
        self.owed = costs.saturating_sub(has);
        match (self.owed > Duration::ZERO, self.is_still) {
            (true, false) => self.signal(Signal::STOP),
            (false, true) => self.signal(Signal::CONT),
            _ => return,
        }
        self.is_still = !self.is_still;
    }

    fn release(&mut self) {
        if self.is_still {
            self.signal(Signal::CONT);
        }
    }

    fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.process).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(process, signal).expect("it runs");
    }
}
