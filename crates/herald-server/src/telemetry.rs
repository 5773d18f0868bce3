//! Logs and metrics of the whole process.

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
    describe();
    Ok(handle.clone())
}

/// Says what the metrics mean, those of the use cases too.
fn describe() {
    metrics::describe_counter!("herald_http_requests_total", "Requests answered.");
    metrics::describe_histogram!(
        "herald_http_request_duration_seconds",
        metrics::Unit::Seconds,
        "Time until a response began."
    );
    for (name, meaning) in [
        ("herald_notifications_accepted_total", "Notifications accepted; replays are not counted."),
        ("herald_notification_attempts_total", "Attempts to send, by provider and outcome."),
        ("herald_notifications_settled_total", "Notifications that reached an outcome, by status."),
        ("herald_panics_total", "Pieces of background work that broke down."),
        (
            "herald_take_overs_total",
            "Work in the middle of which its replica died, taken over here, by kind.",
        ),
        ("herald_leases_lost_total", "Leases that another replica took before they were prolonged, by kind."),
        ("herald_late_outcomes_total", "Outcomes of sends that came after the sender was taken for dead."),
        ("herald_limits_reached_total", "Calls that a limit refused, by limit."),
        (
            "herald_limits_counted_alone_total",
            "Limits that one replica counted alone, because the store was away.",
        ),
        ("herald_events_total", "Events that happened, by type."),
        ("herald_webhook_deliveries_total", "Attempts to tell webhook endpoints, by outcome."),
        ("herald_outbox_deliveries_total", "Logout tokens that were delivered or given up on, by outcome."),
        ("herald_hook_notices_total", "Notices of providers, by provider, kind and outcome."),
    ] {
        metrics::describe_counter!(name, meaning);
    }
    for (name, meaning) in [
        ("herald_notifications_waiting", "Notifications without an outcome, by tenant."),
        (
            "herald_notifications_oldest_due_seconds",
            "For how long the oldest due notification has been due, by tenant.",
        ),
        (
            "herald_connection_condition",
            "0 available, 1 unavailable, 2 credentials invalid, by tenant and connection.",
        ),
    ] {
        metrics::describe_gauge!(name, meaning);
    }
}

/// Keeps the metrics in shape until the task is dropped.
pub async fn keep_up(handle: PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}
