//! Rounds of load over many connections.

use std::time::{Duration, Instant};

use crate::load::{Connection, quantile};

/// What one round gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Sends what `request` makes over `connections` connections for `time`; every answer must have the status `good`.
pub(crate) async fn run(
    address: &str,
    connections: usize,
    time: Duration,
    good: u16,
    request: impl Fn(usize, usize) -> Vec<u8> + Clone + Send + 'static,
) -> Round {
    let begin = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|client| {
            let (address, request) = (address.to_owned(), request.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(&address).await.expect("it listens");
                let mut times = Vec::new();
                while begin.elapsed() < time {
                    let sent = Instant::now();
                    connection.send(&request(client, times.len())).await.expect("it reads");
                    let (status, body) = connection.answer().await.expect("it answers");
                    assert_eq!(status, good, "{}", String::from_utf8_lossy(body));
                    times.push(sent.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("the client ends"));
    }
    let elapsed = begin.elapsed().as_secs_f64();
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
    let per_second = times.len() as f64 / elapsed;
    Round { per_second, p50: quantile(&times, 50), p99: quantile(&times, 99) }
}

/// Middle, lowest and highest of some figures.
pub(crate) fn spread(figures: &[f64]) -> (f64, f64, f64) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[sorted.len() / 2], sorted[0], sorted[sorted.len() - 1])
}
