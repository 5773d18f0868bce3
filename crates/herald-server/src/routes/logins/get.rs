//! `GET /v1/logins/{id}`, at once or when something has happened.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use herald_app::{Herald, Tenant};
use herald_core::{
    id::LoginId,
    login::{Login, LoginStatus},
};

use super::{path::PathLogin, shown::Shown};
use crate::{
    extract::{Call, IfNoneMatch, Parameters, Wait, applied, scope::LoginsRead},
    openapi::problems::GetLoginProblems,
    problem::Problem,
    stopping::Stopping,
    views::LoginView,
};

/// Which login, what the caller has seen of it, and how long it would wait for more.
struct Peek {
    login: PathLogin,
    seen: Option<IfNoneMatch>,
    wait: Option<Wait>,
}

impl Parameters for Peek {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self { login: PathLogin::of(request), seen: IfNoneMatch::of(request), wait: Wait::of(request) })
    }
}

/// Look at a login.
///
/// Looking changes nothing and may be repeated. With `Prefer: wait=25` the answer comes when something has happened: when
/// the login is not what `If-None-Match` names any more (else 304 after the wait), or, without that header, when its status
/// is no longer `pending` or `opened` (else as it is after the wait).
#[utoipa::path(
    tag = "logins",
    operation_id = "getLogin",
    params(
        ("id" = String, Path, description = "The login's id."),
        ("Prefer" = Option<String>, Header,
            description = "`wait=25`: wait up to that many seconds, at most 60, for something to happen.",
            example = "wait=25"),
    ),
    responses(
        (status = 200, description = "The login.", body = LoginView, headers(
            ("ETag" = String, description = "The tag of what is shown."),
            ("Preference-Applied" = String, description = "`wait=25`, if the answer was waited for.")
        )),
        GetLoginProblems,
    )
)]
#[get("/v1/logins/{id}")]
pub(super) async fn get_login(
    call: Call<LoginsRead, Peek>,
    stopping: Data<Stopping>,
) -> Result<HttpResponse, Problem> {
    let Peek { login, seen, wait } = call.parameters;
    let id = login.id()?;
    let login = match wait {
        None => call.herald.logins().get(&call.tenant, id).await?.ok_or_else(Problem::no_such_login)?,
        Some(wait) => waited(&call.herald, &call.tenant, id, seen.as_ref(), wait, &stopping).await?,
    };
    let shown = Shown::of(&login)?;
    let has_seen = seen.is_some_and(|seen| seen.has_seen(&shown.etag));
    Ok(applied(if has_seen { shown.not_modified() } else { shown.respond() }, wait))
}

/// The login as soon as there is news for this caller, or as it is when the wait or the process ends.
async fn waited(
    herald: &Herald,
    tenant: &Tenant,
    id: LoginId,
    seen: Option<&IfNoneMatch>,
    wait: Wait,
    stopping: &Stopping,
) -> Result<Arc<Login>, Problem> {
    let clock = herald.clock();
    let patience = clock.sleep_until(clock.now() + wait.duration());
    let mut watch = herald.logins().watch(tenant, id).await?.ok_or_else(Problem::no_such_login)?;
    let mut login = watch.current();
    let news = async {
        while !is_news(&login, seen)? {
            login = watch.changed().await;
        }
        Ok::<_, Problem>(())
    };
    tokio::select! {
        biased;
        outcome = news => outcome?,
        () = patience => {}
        () = stopping.wait() => {}
    }
    Ok(watch.current())
}

fn is_news(login: &Login, seen: Option<&IfNoneMatch>) -> Result<bool, Problem> {
    match seen {
        Some(seen) => Ok(!seen.has_seen(&Shown::of(login)?.etag)),
        None => Ok(!matches!(login.status(), LoginStatus::Pending | LoginStatus::Opened)),
    }
}
