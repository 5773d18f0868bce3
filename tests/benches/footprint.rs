//! What Herald takes when it does nothing: how soon it is ready, the memory that it has then, and the size of its binary.
//!
//! `cargo bench -p herald-e2e --bench footprint`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "../it/relay.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod relay;
#[path = "load/resident.rs"]
mod resident;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;

use std::time::{Duration, Instant};

use stack::Stack;

const STARTS: usize = 21;
const MIB: u64 = 1024 * 1024;

fn main() {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure());
}

async fn measure() {
    let binary = process::herald();
    let stack = Stack::start().await;
    // Its configuration, with a store that is there already, as after every start but the first.
    let config = stack.dir.path().join("herald.toml");
    let Stack { herald, dir: _dir, .. } = stack;
    assert!(herald.terminate().success(), "it ends well");

    let mut times = Vec::with_capacity(STARTS);
    let mut memory = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let started = Instant::now();
        let herald = stack::serve(&config);
        times.push(started.elapsed());
        memory.push(resident::kib(herald.id()) * 1024);
        assert!(herald.terminate().success(), "it ends well");
    }
    times.sort_unstable();
    memory.sort_unstable();
    let (time, memory) = (times[STARTS / 2], memory[STARTS / 2]);
    let size = std::fs::metadata(&binary).expect("the binary is there").len();
    let tenths = |bytes: u64| format!("{}.{}", bytes / MIB, bytes % MIB * 10 / MIB);
    println!("{STARTS} starts on a store that is there already");
    for (what, figure, is_met) in [
        ("from the start to listening ≤ 50 ms", format!("{time:?}"), time <= Duration::from_millis(50)),
        ("memory then ≤ 20 MiB", format!("{} MiB", tenths(memory)), memory <= 20 * MIB),
        ("binary ≤ 20 MiB", format!("{} MiB", tenths(size)), size <= 20 * MIB),
    ] {
        println!("  {} {what}: {figure}", if is_met { "met:    " } else { "NOT MET:" });
    }
}
