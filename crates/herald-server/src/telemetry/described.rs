//! What every metric means: the one list of them, which scrapers are told as `# HELP` and people by `docs/metrics.md`. A test
//! compares it with both that page and what the code counts.

use self::Kind::{Counter, Gauge, Histogram};

/// What a metric does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows, until the process ends.
    Counter,
    /// It is what it is now.
    Gauge,
    /// How values are spread over buckets.
    Histogram,
}

/// Name, kind and meaning of every metric, in the order of `docs/metrics.md`.
pub(super) const METRICS: [(&str, Kind, &str); 22] = [
    ("herald_build_info", Gauge, "Always 1; the label says which version runs."),
    ("herald_http_requests_total", Counter, "Requests answered at the public address, forward auth too."),
    (
        "herald_http_request_duration_seconds",
        Histogram,
        "Seconds until an answer began, with the time that a caller asked to wait.",
    ),
    ("herald_limits_reached_total", Counter, "Calls that a limit refused."),
    (
        "herald_limits_counted_alone_total",
        Counter,
        "Limits that this replica counted alone, because the store did not.",
    ),
    ("herald_logins_started_total", Counter, "Logins begun."),
    ("herald_logins_claimed_total", Counter, "Logins claimed, by callers or by the browsers of sites."),
    (
        "herald_logins_failed_total",
        Counter,
        "Logins that broke; not those that were denied, cancelled or ran out.",
    ),
    (
        "herald_notifications_accepted_total",
        Counter,
        "Notifications accepted; replays of a key are not counted.",
    ),
    ("herald_notification_attempts_total", Counter, "Attempts to send that ended, one way or the other."),
    (
        "herald_notifications_settled_total",
        Counter,
        "Notifications that reached an end; one that is sent and later delivered reached two.",
    ),
    (
        "herald_notifications_waiting",
        Gauge,
        "Notifications without an outcome in the whole store, planned ones too.",
    ),
    (
        "herald_notifications_oldest_due_seconds",
        Gauge,
        "For how long the notification of the whole store that is due for longest has been due.",
    ),
    (
        "herald_connection_condition",
        Gauge,
        "The way through a connection as this replica found it: 0 available, 1 unavailable, 2 credentials invalid.",
    ),
    ("herald_hook_notices_total", Counter, "Notices that providers sent to /hooks."),
    ("herald_events_total", Counter, "Events that happened, whether or not anybody is told."),
    (
        "herald_webhook_deliveries_total",
        Counter,
        "Deliveries to webhook endpoints, whenever one was tried or ended.",
    ),
    ("herald_logout_deliveries_total", Counter, "Logout tokens that were delivered or given up on."),
    (
        "herald_take_overs_total",
        Counter,
        "Work in the middle of which its replica died, taken over by this one.",
    ),
    (
        "herald_leases_lost_total",
        Counter,
        "Watches of logins that another replica took over, because this one did not prolong its lease in time.",
    ),
    (
        "herald_late_outcomes_total",
        Counter,
        "Outcomes of sends that were not stored, because another replica had taken this one for dead.",
    ),
    ("herald_panics_total", Counter, "Pieces of background work that broke down."),
];

/// Tells the recorder of this process what the metrics mean.
pub(super) fn describe() {
    for (name, kind, meaning) in METRICS {
        match kind {
            Counter => metrics::describe_counter!(name, meaning),
            Gauge => metrics::describe_gauge!(name, meaning),
            Histogram => metrics::describe_histogram!(name, meaning),
        }
    }
}
