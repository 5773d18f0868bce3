//! `GET /v1/notifications`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode};
use herald_app::{ListNotifications, Tenant};
use herald_core::{
    id::{ConnectionId, SubjectId},
    notification::NotificationStatus,
    text::Reference,
};

use crate::{
    extract::{Call, Paging, Parameters, Query, scope::NotificationsRead},
    openapi::problems::ListProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{NotificationList, NotificationStatusWord, NotificationView, parse_time},
};

/// The query of this list. No phone number is among it: addresses are logged in many places.
const QUERY: [&str; 8] =
    ["reference", "status", "subject", "connection", "created_after", "created_before", "limit", "cursor"];

/// Which notifications, and which page of them.
struct Which {
    filter: ListNotifications,
    page: Paging,
}

impl Parameters for Which {
    fn read(request: &HttpRequest, tenant: &Tenant) -> Result<Self, Problem> {
        let query = Query::read(request, &QUERY)?;
        let time =
            |name| query.parsed(name, "a time with its zone, such as 2026-01-02T03:04:05Z", parse_time);
        let filter = ListNotifications {
            reference: query
                .parsed("reference", "1 to 128 printable characters", |text| Reference::parse(text).ok())?,
            status: query.parsed("status", "a notification's status", NotificationStatus::parse)?,
            subject: query.parsed("subject", "a subject's id", |text| SubjectId::parse(text).ok())?,
            connection: query
                .parsed("connection", "a connection's name", |text| ConnectionId::parse(text).ok())?,
            created_after: time("created_after")?,
            created_before: time("created_before")?,
        };
        Ok(Self { filter, page: Paging::read(request, &query, tenant)? })
    }
}

/// List notifications.
///
/// Newest first. They are kept for 30 days after the time in which they may be sent. A page may hold fewer than `limit`, and
/// even none, though more follow: the last page is the one without `next_cursor`.
#[utoipa::path(
    tag = "notifications",
    operation_id = "listNotifications",
    params(
        ("reference" = Option<String>, Query, description = "Only notifications with this reference.",
            min_length = 1, max_length = 128),
        ("status" = Option<NotificationStatusWord>, Query, description = "Only notifications with this status."),
        ("subject" = Option<String>, Query, description = "Only notifications for this person."),
        ("connection" = Option<String>, Query,
            description = "Only notifications that were tried last through this connection."),
        ("created_after" = Option<String>, Query, description = "Only notifications accepted at or after this time.",
            format = DateTime),
        ("created_before" = Option<String>, Query, description = "Only notifications accepted before this time.",
            format = DateTime),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 when absent.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same filters."),
    ),
    responses(
        (status = 200, description = "A page of notifications.", body = NotificationList),
        ListProblems,
    )
)]
#[get("/v1/notifications")]
pub(super) async fn list_notifications(
    call: Call<NotificationsRead, Which>,
) -> Result<HttpResponse, Problem> {
    let Which { filter, page } = call.parameters;
    let found = call.herald.notifications().list(&call.tenant, &filter, page.after, page.limit).await?;
    let list = NotificationList {
        items: found.items.iter().map(|notification| NotificationView::of(notification)).collect(),
        next_cursor: page.next(found.next),
    };
    Ok(json(StatusCode::OK, render(&list)?))
}
