//! What forward auth costs: Herald with a cookie and with a token that it has seen before against a bare actix-web handler
//! that answers the same, with tokens that it has never seen against a bare handler that only checks their signature, and
//! nginx that only answers. All in one run, in many short rounds, every other one in reverse: the processor's own pace drifts, and
//! what is compared has to lie close together. Where `taskset` is, the servers have one core and the load another.
//!
//! `cargo bench -p herald-e2e --bench forward_auth`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "forward_auth/bare.rs"]
mod bare;
#[path = "../it/browser.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod browser;
#[path = "../it/caller.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod caller;
#[path = "../it/journey.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod journey;
mod load;
#[path = "../it/process.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod process;
#[path = "../it/relay.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod relay;
#[path = "load/rounds.rs"]
#[expect(dead_code, reason = "the load serves the other benchmarks too")]
mod rounds;
#[path = "forward_auth/site.rs"]
mod site;
#[path = "load/spent.rs"]
#[expect(dead_code, reason = "the load serves the other benchmarks too")]
mod spent;
#[path = "../it/stack.rs"]
#[expect(dead_code, reason = "the harness serves the tests too")]
mod stack;
#[path = "load/steady.rs"]
mod steady;
#[path = "forward_auth/tokens.rs"]
mod tokens;

use std::{process::Command, rc::Rc, time::Duration};

use bare::{Answer, Bare};
use rounds::spread;
use steady::{Figures, Requests, Server, run};

/// The allocator that Herald has, for the bare servers too: what is compared is the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 21;
/// Of how many rounds one has tokens that are seen once: minting them takes longer than all the rest.
const MINTED: usize = 3;
const CONNECTIONS: usize = 32;
const TIME: Duration = Duration::from_millis(400);
/// Tokens for a round, each seen once. More than a core can check in that time.
const TOKENS: usize = 5_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, path] = &arguments[..]
        && mode == "bare"
    {
        return bare::serve(path);
    }
    let is_pinned = pin("0");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(measure(is_pinned));
}

/// One thing that is measured, and what it gave so far.
struct Candidate {
    name: &'static str,
    server: Server,
    figures: Vec<Figures>,
}

impl Candidate {
    fn new(name: &'static str, address: &str, process: u32) -> Self {
        let server = Server { address: address.trim_start_matches("http://").to_owned(), process };
        Self { name, server, figures: Vec::new() }
    }

    async fn round(&mut self, requests: &Requests) {
        self.figures.push(run(&self.server, CONNECTIONS, TIME, requests).await);
    }

    /// Prints the middle of its rounds, figure by figure, with the slowest and the fastest.
    fn print(&self) {
        let middle =
            |figure: fn(&Figures) -> f64| spread(&self.figures.iter().map(figure).collect::<Vec<_>>());
        let (rate, slowest, fastest) = middle(|round| round.per_second);
        println!(
            "  {:<34} {rate:>7.0}/s ({slowest:.0} to {fastest:.0}) p50 {:>4.0} us p99 {:>5.0} us {:>6.1} us of the server, {:>3.0} % busy",
            self.name,
            middle(|round| round.p50.as_secs_f64() * 1e6).0,
            middle(|round| round.p99.as_secs_f64() * 1e6).0,
            middle(|round| round.server_micros).0,
            middle(|round| round.busy).0 * 100.0,
        );
    }

    /// Prints how this compares with `base`, round by round.
    fn against(&self, base: &Self, aim: Option<f64>) {
        // What is not measured in every round is compared with the same rounds of the other.
        let step = base.figures.len() / self.figures.len();
        let pairs = || self.figures.iter().zip(base.figures.iter().step_by(step));
        let rates: Vec<f64> = pairs().map(|(ours, theirs)| ours.per_second / theirs.per_second).collect();
        let costs: Vec<f64> =
            pairs().map(|(ours, theirs)| theirs.server_micros / ours.server_micros).collect();
        let ((rate, low, high), (cost, dear, cheap)) = (spread(&rates), spread(&costs));
        let verdict = match aim {
            Some(aim) if rate >= aim && cost >= aim => format!("; met: ≥ {aim}"),
            Some(aim) => format!("; NOT MET: ≥ {aim}"),
            None => String::new(),
        };
        println!(
            "{} is {rate:.2} of {} by requests ({low:.2} to {high:.2}), {cost:.2} by processor time ({dear:.2} to {cheap:.2}){verdict}",
            self.name, base.name
        );
    }
}

async fn measure(is_pinned: bool) {
    let stack = site::stack().await;
    let cookie = site::sign_in(&stack).await;
    let sessions = tokens::sessions(&stack).await;
    let seen = tokens::mint(&stack, &sessions, 1).await.remove(0);
    let with_cookie = site::request(&format!("Cookie: theme=dark; {cookie}\r\n"));
    let with_token = site::request(&format!("Authorization: Bearer {seen}\r\n"));

    // The bare servers answer what Herald answers, byte for byte but for the date.
    let answer = Answer::of(&stack.url, &with_cookie).await;
    let bare = Bare::start(stack.dir.path(), "bare", &answer);
    let signature = Bare::start(stack.dir.path(), "signature", &answer.checked(&stack.url, &seen).await);
    let nginx = Bare::nginx(stack.dir.path(), &answer);
    assert_eq!(Answer::of(&bare.address, &with_cookie).await.headers, answer.headers);
    // The servers stay where they are.
    let is_pinned = is_pinned && pin("1");

    let herald = stack.herald.id();
    // Each gets the very request that Herald gets: a token is longer to read than a cookie.
    let mut plain = Candidate::new("bare actix-web, a cookie's request", &bare.address, bare.process.id());
    let mut token = Candidate::new("bare actix-web, a token's request", &bare.address, bare.process.id());
    let mut by_cookie = Candidate::new("herald, cookie seen before", &stack.url, herald);
    let mut by_token = Candidate::new("herald, token seen before", &stack.url, herald);
    let mut checked =
        Candidate::new("bare actix-web, ES256 check only", &signature.address, signature.process.id());
    let mut unseen = Candidate::new("herald, token never seen", &stack.url, herald);
    let mut proxy = Candidate::new("nginx, `return 200`, three headers", &nginx.address, nginx.process.id());

    println!(
        "forward auth, {ROUNDS} rounds of {TIME:?}, {CONNECTIONS} connections, {}",
        if is_pinned { "servers on one core, load on another" } else { "servers and load share all cores" }
    );
    let (with_cookie, with_token) =
        (Requests::Same(Rc::from(with_cookie)), Requests::Same(Rc::from(with_token)));
    for round in 0..ROUNDS {
        let mut seen = [
            (&mut proxy, &with_cookie),
            (&mut by_cookie, &with_cookie),
            (&mut plain, &with_cookie),
            (&mut by_token, &with_token),
            (&mut token, &with_token),
        ];
        alternate(round, &mut seen).await;
        if round % MINTED == 0 {
            let tokens = tokens::mint(&stack, &sessions, TOKENS).await;
            let fresh =
                tokens.iter().map(|token| site::request(&format!("Authorization: Bearer {token}\r\n")));
            let fresh = Requests::Each(fresh.collect());
            alternate(round, &mut [(&mut checked, &fresh), (&mut unseen, &fresh)]).await;
        }
    }
    for candidate in [&plain, &by_cookie, &token, &by_token, &checked, &unseen, &proxy] {
        candidate.print();
    }
    by_cookie.against(&plain, Some(0.85));
    by_token.against(&token, Some(0.85));
    unseen.against(&checked, Some(0.85));
    for herald in [&by_cookie, &by_token, &unseen] {
        herald.against(&proxy, None);
    }
}

/// One round of each, every other time in reverse.
async fn alternate(round: usize, candidates: &mut [(&mut Candidate, &Requests)]) {
    if round % 2 == 1 {
        candidates.reverse();
    }
    for (candidate, requests) in candidates {
        candidate.round(requests).await;
    }
}

fn say(line: &str) {
    println!("{line}");
}

/// Keeps this process, and what it starts from now on, on one core. Where that is not possible, everything shares all of them.
fn pin(core: &str) -> bool {
    let pid = std::process::id().to_string();
    let output = Command::new("taskset").args(["-a", "-c", "-p", core, &pid]).output();
    output.is_ok_and(|output| output.status.success())
}
