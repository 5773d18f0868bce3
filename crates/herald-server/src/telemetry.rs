//! Logs and metrics of the whole process.

mod described;

use std::{io, sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Bounds of the duration histograms, in seconds: from a cached answer to a long poll.
const DURATION_BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 25.0];

/// What is logged without `RUST_LOG`: the server library reports each of its threads at `info`.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// How often histograms are folded together; without this they grow.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts JSON logs to stderr, one object a line. `RUST_LOG` filters. Only the first call counts.
pub fn start_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // Whoever was first, a test perhaps, has its own way.
    drop(logs.try_init());
}

/// The metrics of this process. `metrics` knows one recorder for a process, so this is the one global of Herald.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), &DURATION_BUCKETS)?
        .build_recorder();
    let handle = HANDLE.get_or_init(|| {
        let handle = recorder.handle();
        // Another recorder can only be a test's; then there is nothing to show.
        drop(metrics::set_global_recorder(recorder));
        handle
    });
    metrics::gauge!("herald_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    described::describe();
    Ok(handle.clone())
}

/// Keeps the metrics in shape until the task is dropped.
pub async fn keep_up(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests;
