//! Kills Herald where it hurts and compares what the caller was told, what Herald says and what the provider did.
//!
//! `make chaos` runs every cell: one line of JSON each, and an exit code that is not 0 when a pass mark was missed.
//! `cargo test` runs six small ones.
//!
//! | rows | |
//! |---|---|
//! | `K0`–`K10`, `random`, `double`, `sigterm`, `mix`, `storm` | one Herald is killed, ended or ill-treated by providers while it sends |
//! | `full`, `truncated`, `shared` | the embedded store's file |
//! | `L0`–`L8` | one of three replicas is killed on the way from a person's yes to a session |
//! | `R1`–`R10` | trouble with the Redis of three replicas at work |
//!
//! | variable | |
//! |---|---|
//! | `HERALD_CHAOS_CELLS` | `all`, or words: `K6,K7,antara` runs these two points in that column. Unset: six small cells |
//! | `HERALD_CHAOS_STORE` | `embedded`, `redis` or `all`, which it is when unset: the store of the rows that have both |
//! | `HERALD_CHAOS_N` | notifications or logins in a cell, 1,000 where it is unset |
//! | `HERALD_TEST_SEED` | the seed that a run printed |
//! | `HERALD_CHAOS_BINARY` | a binary that was built with the feature `failpoints`; unset: it is built |

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "lines are what comes out of it")]

mod backing;
#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the tests use it")]
mod caller;
mod calls;
mod config;
#[path = "../it/dice.rs"]
#[expect(dead_code, reason = "the tests use it too")]
mod dice;
mod disk;
mod endings;
#[path = "../it/failpoints.rs"]
mod failpoints;
mod felt;
mod health;
mod judge;
mod kills;
mod load;
mod logins;
mod looker;
mod mix;
mod mode;
mod outages;
mod people;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the tests use it too")]
mod process;
mod receiver;
#[path = "../it/relay.rs"]
mod relay;
mod sandbox;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the tests use it too")]
mod stack;
mod storm;
mod traffic;
mod trouble;
mod turns;
mod world;

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use backing::Backing;
use dice::Dice;
use judge::Line;
use mode::Mode;
use trouble::Trouble;

/// How many notifications a cell has, if nobody says.
const MANY: usize = 1_000;
/// And in each of the small cells.
const FEW: usize = 100;
/// How many cells run at once: most of the time they wait for deadlines.
const AT_ONCE: usize = 3;

/// One cell of the matrix.
#[derive(Clone, Copy, Debug)]
struct Cell {
    row: &'static str,
    mode: Mode,
    backing: Backing,
}

impl Cell {
    /// Does it look at times, so that nothing else should run meanwhile?
    fn is_timed(self) -> bool {
        self.trouble().is_some()
    }

    fn trouble(self) -> Option<Trouble> {
        trouble::ROWS.into_iter().find(|(row, _)| *row == self.row).map(|(_, trouble)| trouble)
    }

    fn name(self) -> String {
        let Self { row, mode, backing } = self;
        match backing {
            _ if logins::POINTS.contains(&row) => row.to_owned(),
            Backing::Redis if !self.is_timed() => format!("{row}/{}/redis", mode.name()),
            _ => format!("{row}/{}", mode.name()),
        }
    }

    async fn run(self, n: usize, seed: u64) -> Line {
        let began = Instant::now();
        // Each cell has its own numbers, so that one that failed can be had again alone.
        let salt =
            self.name().bytes().fold(0u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let mut dice = Dice::of(seed.wrapping_add(salt));
        let mut line = Line { cell: self.name(), seed, n, ..Line::default() };
        let Self { row, mode, backing } = self;
        match row {
            "random" => kills::at_random(mode, backing, &mut line, &mut dice).await,
            "double" => kills::in_recovery(mode, backing, &mut line, &mut dice).await,
            "sigterm" => endings::run(mode, backing, &mut line, &mut dice).await,
            "mix" => mix::run(mode, backing, &mut line, &mut dice).await,
            "storm" => storm::run(backing, &mut line).await,
            "full" => disk::full(&mut line).await,
            "truncated" => disk::cut_short(&mut line).await,
            "shared" => disk::shared(&mut line).await,
            point if logins::POINTS.contains(&point) => logins::at(point, &mut line, &mut dice).await,
            point => match self.trouble() {
                Some(trouble) => outages::run(trouble, mode, &mut line).await,
                None => kills::at(point, mode, backing, &mut line, &mut dice).await,
            },
        }
        line.seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        line.missed.dedup();
        line.missed.truncate(8);
        line
    }
}

/// Every cell over these stores.
fn cells(backings: &[Backing]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &backing in backings {
        let is_embedded = backing == Backing::Embedded;
        // In Redis nothing lies between writing and committing.
        let points = kills::POINTS.into_iter().filter(|point| is_embedded || *point != "K1");
        let rows = points.chain(["random", "double", "sigterm", "mix"]);
        cells.extend(rows.flat_map(|row| Mode::ALL.into_iter().map(move |mode| Cell { row, mode, backing })));
        let disk: &[&str] = if is_embedded { &["storm", "full", "truncated", "shared"] } else { &["storm"] };
        cells.extend(disk.iter().map(|row| Cell { row, mode: Mode::AtMostOnce, backing }));
    }
    if backings.contains(&Backing::Redis) {
        let (mode, backing) = (Mode::AtMostOnce, Backing::Redis);
        cells.extend(logins::POINTS.into_iter().map(|row| Cell { row, mode, backing }));
        let modes = [Mode::Antara, Mode::AtMostOnce];
        cells.extend(
            trouble::ROWS.into_iter().flat_map(|(row, _)| modes.map(|mode| Cell { row, mode, backing })),
        );
    }
    cells
}

/// The cells that these words choose: each word names a row or a column.
fn chosen(words: &str) -> Vec<Cell> {
    let words: Vec<&str> = words.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let all = cells(&Backing::chosen());
    let rows: Vec<&&str> = words.iter().filter(|word| all.iter().any(|cell| cell.row == **word)).collect();
    let modes: Vec<&&str> =
        words.iter().filter(|word| Mode::ALL.iter().any(|mode| mode.name() == **word)).collect();
    let known = rows.len() + modes.len();
    assert!(words == ["all"] || known == words.len(), "HERALD_CHAOS_CELLS: {words:?} are not all cells");
    let is_chosen = |cell: &Cell| {
        (rows.is_empty() || rows.contains(&&cell.row))
            && (modes.is_empty() || modes.contains(&&cell.mode.name()))
    };
    all.into_iter().filter(is_chosen).collect()
}

/// Those that every test run has.
fn few() -> Vec<Cell> {
    let cell = |row, mode, backing| Cell { row, mode, backing };
    vec![
        cell("K2", Mode::Antara, Backing::Embedded),
        cell("K6", Mode::AtMostOnce, Backing::Embedded),
        cell("K8", Mode::AtLeastOnce, Backing::Embedded),
        cell("K6", Mode::AtMostOnce, Backing::Redis),
        cell("L5", Mode::AtMostOnce, Backing::Redis),
        cell("R1", Mode::Antara, Backing::Redis),
    ]
}

fn main() -> ExitCode {
    let words = std::env::var("HERALD_CHAOS_CELLS").ok();
    let cells = match &words {
        Some(words) => chosen(words),
        None if is_left_out() => return ExitCode::SUCCESS,
        None => few(),
    };
    let many = if words.is_some() { MANY } else { FEW };
    let n = std::env::var("HERALD_CHAOS_N").ok().and_then(|n| n.parse().ok()).unwrap_or(many);
    let seed = Dice::new().seed();
    eprintln!("HERALD_TEST_SEED={seed}, {} cells of {n}", cells.len());
    failpoints::herald();
    let missed = AtomicUsize::new(0);
    let (timed, others): (Vec<Cell>, Vec<Cell>) = cells.into_iter().partition(|cell| cell.is_timed());
    for (cells, at_once) in [(others, AT_ONCE), (timed, 1)] {
        let waiting = Mutex::new(cells.into_iter());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    while let Some(cell) = next() {
                        missed.fetch_add(usize::from(!is_good(cell, n, seed)), Ordering::Relaxed);
                    }
                });
            }
        });
    }
    let missed = missed.into_inner();
    eprintln!("{missed} cells missed a mark");
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the cell and prints its line. One that cannot be set up has missed its marks, and says why.
fn is_good(cell: Cell, n: usize, seed: u64) -> bool {
    let run = || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(cell.run(n, seed))
    };
    let Ok(line) = std::panic::catch_unwind(run) else { return false };
    println!("{}", serde_json::to_string(&line).expect("a line can be written"));
    line.missed.is_empty()
}

/// Did somebody ask `cargo test` for other tests than this one?
fn is_left_out() -> bool {
    let mut wanted = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    let is_listed = std::env::args().any(|argument| argument == "--list");
    is_listed || (wanted.peek().is_some() && !wanted.any(|word| "chaos".contains(&word)))
}
