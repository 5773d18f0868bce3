//! `herald notifications status|dead|requeue`.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use herald_core::id::NotificationId;
use serde::Deserialize;

use super::{
    failed, print_document,
    remote::{Remote, Server, Trouble},
    table::table,
};

/// How many notifications to ask for at a time: an answer stays far below what is read of one, however often they were tried.
const PAGE: &str = "10";

/// What to do with notifications.
#[derive(Debug, Subcommand)]
pub(super) enum NotificationsCommand {
    /// Prints what is waiting, tenant by tenant, and how connections are; with an operator's key.
    Status(Remote),
    /// Lists dead letters, newest first; with a tenant's key.
    Dead(Dead),
    /// Has dead letters sent anew; with a tenant's key.
    Requeue(Requeue),
}

#[derive(Debug, Args)]
pub(super) struct Dead {
    /// Only those with this status.
    #[arg(long, value_enum)]
    status: Option<DeadStatus>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Args)]
pub(super) struct Requeue {
    /// Which ones.
    #[arg(required_unless_present = "all", conflicts_with = "all", value_parser = notification_id)]
    ids: Vec<NotificationId>,
    /// All that surely were not sent: `failed` and `expired`.
    #[arg(long)]
    all: bool,
    /// With `--all`: those with this status. What is `unknown` may arrive twice.
    #[arg(long, value_enum, requires = "all")]
    status: Option<DeadStatus>,
    #[command(flatten)]
    remote: Remote,
}

/// How a dead letter died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DeadStatus {
    /// Surely not sent.
    Failed,
    /// Nobody can know whether it was sent.
    Unknown,
    /// Its time ran out before it was sent.
    Expired,
}

impl DeadStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
        }
    }
}

fn notification_id(text: &str) -> Result<NotificationId, &'static str> {
    NotificationId::parse(text).map_err(|_| "not a notification's id")
}

/// What is read of a list of notifications.
#[derive(Deserialize)]
struct List {
    items: Vec<Notification>,
    next_cursor: Option<String>,
}

/// What is read of a notification.
#[derive(Deserialize)]
struct Notification {
    id: String,
    status: String,
    created_at: String,
    reference: Option<String>,
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
}

/// What is read of the state of delivery.
#[derive(Deserialize)]
struct Delivery {
    tenants: Vec<Backlog>,
    connections: Vec<Standing>,
}

#[derive(Deserialize)]
struct Backlog {
    tenant: String,
    waiting: u64,
    oldest_due_at: String,
}

#[derive(Deserialize)]
struct Standing {
    tenant: String,
    connection: String,
    condition: String,
    since: String,
}

pub(super) fn run(command: &NotificationsCommand) -> ExitCode {
    let outcome = match command {
        NotificationsCommand::Status(remote) => remote.as_operator().map(|server| status(&server)),
        NotificationsCommand::Dead(options) => {
            options.remote.as_tenant().map(|server| dead(&server, options))
        }
        NotificationsCommand::Requeue(options) => {
            options.remote.as_tenant().map(|server| requeue(&server, options))
        }
    };
    match outcome {
        Ok(Ok(code)) | Err(code) => code,
        Ok(Err(trouble)) => failed(trouble),
    }
}

fn status(server: &Server) -> Result<ExitCode, Trouble> {
    let Delivery { tenants, connections } =
        server.get("delivery-state", &["v1", "admin", "delivery"], &[])?;
    let waiting: Vec<_> =
        tenants.into_iter().map(|row| [row.tenant, row.waiting.to_string(), row.oldest_due_at]).collect();
    let conditions: Vec<_> =
        connections.into_iter().map(|row| [row.tenant, row.connection, row.condition, row.since]).collect();
    let text = [
        table(["TENANT", "WAITING", "OLDEST DUE AT"], &waiting),
        table(["TENANT", "CONNECTION", "CONDITION", "SINCE"], &conditions),
    ];
    Ok(print_document(&text.join("\n")))
}

fn dead(server: &Server, options: &Dead) -> Result<ExitCode, Trouble> {
    let limit = usize::from(options.limit);
    let statuses = match &options.status {
        Some(status) => std::slice::from_ref(status),
        None => DeadStatus::value_variants(),
    };
    let mut found = Vec::new();
    for status in statuses {
        let mut pages = Pages::of(server, *status);
        let mut count = 0;
        while count < limit
            && let Some(items) = pages.next()?
        {
            count += items.len();
            found.extend(items);
        }
    }
    // Times of one form sort as text.
    found.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    found.truncate(limit);
    let row = |notification: Notification| {
        let failure = notification.attempts.into_iter().rev().find_map(|attempt| attempt.failure);
        let code = failure.map(|failure| failure.code).unwrap_or_default();
        let reference = notification.reference.unwrap_or_default();
        [notification.id, notification.status, notification.created_at, code, reference]
    };
    let rows: Vec<_> = found.into_iter().map(row).collect();
    Ok(print_document(&table(["ID", "STATUS", "CREATED AT", "LAST FAILURE", "REFERENCE"], &rows)))
}

fn requeue(server: &Server, options: &Requeue) -> Result<ExitCode, Trouble> {
    let mut is_good = true;
    for id in &options.ids {
        is_good &= requeue_one(server, &id.to_string());
    }
    let statuses: &[DeadStatus] = match &options.status {
        _ if !options.all => &[],
        Some(status) => std::slice::from_ref(status),
        None => &[DeadStatus::Failed, DeadStatus::Expired],
    };
    for status in statuses {
        let mut pages = Pages::of(server, *status);
        while let Some(items) = pages.next()? {
            for notification in items {
                is_good &= requeue_one(server, &notification.id);
            }
        }
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Has one sent anew, and says what came of it.
fn requeue_one(server: &Server, id: &str) -> bool {
    match server.post::<Notification>("requeue-notification", &["v1", "notifications", id, "requeue"]) {
        Ok(notification) => {
            println!("{id}  {}", notification.status);
            true
        }
        Err(trouble) => {
            failed(format_args!("{id}: {trouble}"));
            false
        }
    }
}

/// The notifications of one status, page by page.
struct Pages<'a> {
    server: &'a Server,
    status: DeadStatus,
    /// Where the next page begins; nothing for the first one.
    cursor: Option<String>,
    is_over: bool,
}

impl<'a> Pages<'a> {
    fn of(server: &'a Server, status: DeadStatus) -> Self {
        Self { server, status, cursor: None, is_over: false }
    }

    fn next(&mut self) -> Result<Option<Vec<Notification>>, Trouble> {
        if self.is_over {
            return Ok(None);
        }
        let mut query = vec![("status", self.status.as_str()), ("limit", PAGE)];
        query.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let List { items, next_cursor } =
            self.server.get("list-notifications", &["v1", "notifications"], &query)?;
        self.is_over = next_cursor.is_none();
        self.cursor = next_cursor;
        Ok(Some(items))
    }
}
