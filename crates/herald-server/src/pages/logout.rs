//! `POST /logout` and `GET /signed-out` of a site.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderValue, SET_COOKIE},
    },
    post, route, web,
};
use herald_app::Herald;
use secrecy::ExposeSecret as _;

use super::{answer, notice::Notice, site, visit::Visit};
use crate::{
    http_settings::HttpSettings,
    site::{
        cookie::{self, Presented},
        sender::{self, Sender},
        start_address,
    },
};

#[post("/logout")]
pub(super) async fn logout(
    herald: web::Data<Herald>,
    settings: web::Data<HttpSettings>,
    request: HttpRequest,
) -> HttpResponse {
    let texts = Visit::of(&request).texts();
    let tenants = herald.tenants();
    let Some((tenant, site)) = site::of(&tenants, &settings, &request) else {
        return answer::html(StatusCode::NOT_FOUND, &Notice::no_such_page(texts));
    };
    let headers = request.headers();
    if sender::of(headers, &site.origin) != Sender::OwnPage {
        return answer::html(StatusCode::FORBIDDEN, &Notice::cross_site(texts));
    }
    let own = match cookie::presented(headers, &site.origin) {
        // What is no text is none of ours.
        Presented::One(cookie) => std::str::from_utf8(cookie).ok(),
        // Of several, nobody knows whose session would end.
        Presented::Nothing | Presented::Several => None,
    };
    let all = cookie::all(headers).unwrap_or_default();
    let theirs = match herald.sites().leave(tenant, site, own, &all).await {
        Ok(theirs) => theirs,
        Err(error) => return answer::not_signed_out(texts, &error),
    };
    let gone = format!("{}/signed-out", site.url);
    let mut response = answer::see_other_with_cookies(&gone, [cookie::clear(&site.origin)]);
    for line in &theirs {
        if let Ok(line) = HeaderValue::from_str(line.expose_secret()) {
            response.headers_mut().append(SET_COOKIE, line);
        }
    }
    response
}

#[route("/signed-out", method = "GET", method = "HEAD")]
pub(super) async fn signed_out(
    herald: web::Data<Herald>,
    settings: web::Data<HttpSettings>,
    request: HttpRequest,
) -> HttpResponse {
    let texts = Visit::of(&request).texts();
    match site::of(&herald.tenants(), &settings, &request) {
        Some((_, site)) => {
            answer::html(StatusCode::OK, &Notice::signed_out(texts, start_address(&site.url, b"/")))
        }
        None => answer::html(StatusCode::NOT_FOUND, &Notice::no_such_page(texts)),
    }
}
