//! `GET /start?rd=…` of a site: begins a login for whoever wants to see the page `rd`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::USER_AGENT},
    route, web,
};
use herald_app::{Herald, StartError, StartLogin};
use herald_core::login::Login;

use super::{answer, language, notice::Notice, site, visit::Visit};
use crate::{
    http_settings::HttpSettings,
    site::{
        client,
        cookie::{self, Presented},
    },
    views::ClientInfo,
};

#[route("/start", method = "GET", method = "HEAD")]
pub(super) async fn start(
    herald: web::Data<Herald>,
    settings: web::Data<HttpSettings>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = Visit::of(&request);
    if visit.is_unasked() {
        return answer::unasked();
    }
    let tenants = herald.tenants();
    let Some((tenant, site)) = site::of(&tenants, &settings, &request) else {
        return answer::html(StatusCode::NOT_FOUND, &Notice::no_such_page(visit.texts()));
    };
    if visit.is_head {
        return answer::empty(StatusCode::OK);
    }
    let wish = StartLogin {
        locale: language::preferred(&visit.accept_language),
        client_ip: client::address(&request, &settings),
        user_agent: user_agent(&request),
        ..StartLogin::default()
    };
    let rd = only_rd(request.query_string()).unwrap_or_default();
    match herald.sites().start(tenant, site, &rd, wish).await {
        Ok(login) => {
            // Whoever signs in is nobody until then: on a shared computer the session may be somebody else's.
            let is_somebody = cookie::presented(request.headers(), &site.origin) != Presented::Nothing;
            let cleared = is_somebody.then(|| cookie::clear(&site.origin));
            answer::see_other_with_cookies(&hosted_page(&login), cleared)
        }
        Err(StartError::Limited(reached)) => answer::too_often(visit.texts(), reached),
        Err(error) => answer::broken(visit.texts(), &error),
    }
}

fn hosted_page(login: &Login) -> String {
    login.page(&format!("/login/{}", login.terms.id))
}

/// The member `rd` of a query, decoded; nothing if it is not there once.
fn only_rd(query: &str) -> Option<String> {
    let mut found = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "rd");
    match (found.next(), found.next()) {
        (Some((_, rd)), None) => Some(rd.into_owned()),
        _ => None,
    }
}

fn user_agent(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(ClientInfo::LONGEST_USER_AGENT).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_that_was_wanted_is_named_once_and_decoded_once() {
        for (query, rd) in [
            ("rd=/a%3Fb%3D1%2526", Some("/a?b=1%26")),
            ("x=1&rd=%2F", Some("/")),
            ("rd=", Some("")),
            ("rd=/a&rd=/a", None),
            ("rd=/a&r%64=/b", None),
            ("", None),
        ] {
            assert_eq!(only_rd(query).as_deref(), rd, "{query}");
        }
    }
}
