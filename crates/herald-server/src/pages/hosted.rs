//! `GET /login/{id}`: the page that takes a person through a login, whatever its step is.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, route, web};
use askama::Template;
use herald_app::{Herald, LoginError};
use herald_core::{
    id::LoginId,
    login::{Login, LoginStatus},
    provider::{ApproveLink, Manual, Step},
};

use super::{
    answer,
    binding::{self, Binding},
    destination,
    notice::Notice,
    qr,
    standing::Standing,
    text::Texts,
    visit::Visit,
};

/// The page of links and QR codes.
#[derive(Template)]
#[template(path = "approve.html")]
struct ApprovePage<'a> {
    t: &'static Texts,
    tenant: Option<String>,
    links: Vec<LinkView<'a>>,
    is_opened: bool,
    address: String,
    events: String,
    seconds_left: i64,
}

/// One messenger on the page.
struct LinkView<'a> {
    name: String,
    url: &'a str,
    qr: String,
    manual: Option<&'a Manual>,
}

#[route("/login/{id}", method = "GET", method = "HEAD")]
pub(super) async fn hosted(herald: web::Data<Herald>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::of(&request);
    let login = match open_by_id(&herald, &visit, &request, "").await {
        Ok(login) => login,
        Err(response) => return response,
    };
    let texts = visit.texts_for(&login);
    match Standing::of(&login, herald.clock().now()) {
        Standing::Open => match &login.terms.step {
            Step::Redirect { .. } => {
                answer::see_other(&login.page(&format!("/login/{}/start", login.terms.id)))
            }
            Step::Approve { links, .. } => approve(&herald, texts, &login, links),
        },
        Standing::Busy => answer::html(StatusCode::OK, &Notice::one_moment(texts)),
        Standing::SignedIn(code) => destination::signed_in(&herald, texts, &login, code).await,
        Standing::Finished => destination::finished(texts, &login),
        Standing::Ended(ending) => destination::ended_page(&herald, texts, &login, ending),
    }
}

/// The login that the address names, for the browser that it is bound to or becomes bound to by this; `page` is what
/// follows the id in the address. Else the answer for everybody else.
pub(super) async fn open_by_id(
    herald: &Herald,
    visit: &Visit,
    request: &HttpRequest,
    page: &str,
) -> Result<Arc<Login>, HttpResponse> {
    if visit.is_unasked() {
        return Err(answer::unasked());
    }
    let texts = visit.texts();
    let login = find(herald, request).await.map_err(|error| answer::trouble(texts, &error))?;
    let login = login.ok_or_else(|| answer::html(StatusCode::NOT_FOUND, &Notice::no_such_login(texts)))?;
    if visit.is_head {
        return Err(answer::empty(StatusCode::OK));
    }
    let texts = visit.texts_for(&login);
    let address = login.page(&format!("/login/{}{page}", login.terms.id));
    let login = match binding::bind(herald, visit, login, &address).await {
        Ok(Binding::Ours(login)) => login,
        Ok(Binding::Refused(response)) => return Err(response),
        Err(error) => return Err(answer::trouble(texts, &error)),
    };
    if login.is_waiting() && !destination::is_served_here(herald, &login) {
        return Err(answer::trouble(texts, &LoginError::AccountGone));
    }
    Ok(login)
}

/// The login that `{id}` in the address names.
pub(super) async fn find(herald: &Herald, request: &HttpRequest) -> Result<Option<Arc<Login>>, LoginError> {
    match LoginId::parse(request.match_info().query("id")) {
        Ok(id) => herald.logins().find_by_id(id).await,
        Err(_) => Ok(None),
    }
}

fn approve(herald: &Herald, texts: &'static Texts, login: &Login, links: &[ApproveLink]) -> HttpResponse {
    let address = login.page(&format!("/login/{}", login.terms.id));
    let left = login.expires_at.duration_since(herald.clock().now());
    let page = ApprovePage {
        t: texts,
        tenant: destination::display_name(herald, login),
        links: links.iter().map(|link| LinkView::of(login, link)).collect(),
        is_opened: login.status() == LoginStatus::Opened,
        events: format!("{address}/events"),
        address,
        seconds_left: left.as_secs().max(0),
    };
    answer::html(StatusCode::OK, &page)
}

impl<'a> LinkView<'a> {
    fn of(login: &Login, link: &'a ApproveLink) -> Self {
        Self {
            name: name_of(&link.platform),
            url: link.url.as_str(),
            qr: qr::address(login, &link.platform),
            manual: link.manual.as_ref(),
        }
    }
}

/// What people call the messenger.
fn name_of(platform: &str) -> String {
    match platform {
        "telegram" => "Telegram".to_owned(),
        "max" => "MAX".to_owned(),
        "whatsapp" => "WhatsApp".to_owned(),
        other => other.to_owned(),
    }
}
