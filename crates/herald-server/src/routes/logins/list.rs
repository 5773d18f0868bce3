//! `GET /v1/logins`.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode};
use herald_app::Tenant;
use herald_core::{login::LoginStatus, text::Reference};

use crate::{
    extract::{Call, Paging, Parameters, Query, scope::LoginsRead},
    openapi::problems::ListProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{LoginList, LoginStatusWord, LoginView},
};

/// Which logins, and which page of them.
struct Which {
    reference: Option<Reference>,
    status: Option<LoginStatus>,
    page: Paging,
}

impl Parameters for Which {
    fn read(request: &HttpRequest, tenant: &Tenant) -> Result<Self, Problem> {
        let query = Query::read(request, &["reference", "status", "limit", "cursor"])?;
        Ok(Self {
            reference: query
                .parsed("reference", "1 to 128 printable characters", |text| Reference::parse(text).ok())?,
            status: query.parsed("status", "a login's status", LoginStatus::parse)?,
            page: Paging::read(request, &query, tenant)?,
        })
    }
}

/// List logins.
///
/// Newest first. Ended logins are kept for 24 hours.
#[utoipa::path(
    tag = "logins",
    operation_id = "listLogins",
    params(
        ("reference" = Option<String>, Query, description = "Only logins with this reference.",
            min_length = 1, max_length = 128),
        ("status" = Option<LoginStatusWord>, Query, description = "Only logins with this status."),
        ("limit" = Option<u32>, Query, description = "How many at most; 50 when absent.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page of logins.", body = LoginList),
        ListProblems,
    )
)]
#[get("/v1/logins")]
pub(super) async fn list_logins(call: Call<LoginsRead, Which>) -> Result<HttpResponse, Problem> {
    let Which { reference, status, page } = call.parameters;
    let logins = call.herald.logins();
    let (found, next) = logins.list(&call.tenant, reference.as_ref(), status, page.after, page.limit).await?;
    let list = LoginList {
        items: found.iter().map(|login| LoginView::of(login)).collect(),
        next_cursor: page.next(next),
    };
    Ok(json(StatusCode::OK, render(&list)?))
}
