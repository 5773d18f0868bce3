//! `GET /v1/sessions`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode};
use herald_app::Tenant;
use herald_core::id::{ConnectionId, SubjectId};

use crate::{
    extract::{Call, Paging, Parameters, Query, scope::SessionsRead},
    openapi::problems::ListProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{SessionList, SessionView},
};

/// Which sessions, and which page of them.
struct Which {
    subject: Option<SubjectId>,
    connection: Option<ConnectionId>,
    page: Paging,
}

impl Parameters for Which {
    fn read(request: &HttpRequest, tenant: &Tenant) -> Result<Self, Problem> {
        let query = Query::read(request, &["subject", "connection", "limit", "cursor"])?;
        Ok(Self {
            subject: query.parsed("subject", "a subject's id", |text| SubjectId::parse(text).ok())?,
            connection: query
                .parsed("connection", "a connection's name", |text| ConnectionId::parse(text).ok())?,
            page: Paging::read(request, &query, tenant)?,
        })
    }
}

/// List sessions.
///
/// Newest first. Sessions that are over are kept for 24 hours. A page may hold fewer than `limit`, and even none, while there
/// is a `next_cursor`.
#[utoipa::path(
    tag = "sessions",
    operation_id = "listSessions",
    params(
        ("subject" = Option<String>, Query, description = "Only sessions of this person."),
        ("connection" = Option<String>, Query, description = "Only sessions that began through this connection."),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 when absent.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of sessions.", body = SessionList),
        ListProblems,
    )
)]
#[get("/v1/sessions")]
pub(super) async fn list_sessions(call: Call<SessionsRead, Which>) -> Result<HttpResponse, Problem> {
    let Which { subject, connection, page } = call.parameters;
    let sessions = call.herald.sessions();
    let (found, next) = sessions.list(&call.tenant, subject, connection, page.after, page.limit).await?;
    let now = call.herald.clock().now();
    let list = SessionList {
        items: found.iter().map(|session| SessionView::of(session, now)).collect(),
        next_cursor: page.next(next),
    };
    Ok(json(StatusCode::OK, render(&list)?))
}
