//! Where a login's browser goes when there is nothing left to do for the person.

use actix_web::{HttpResponse, http::StatusCode};
use herald_app::{Entered, Herald};
use herald_core::{
    login::{Ending, Login},
    secret::LoginCode,
    session::SiteOrigin,
};

use super::{answer, notice::Notice, text::Texts};
use crate::site::{cookie, start_address};

/// Back to the caller with the code, or into the site; where there is no way back, the end of the road.
pub(super) async fn signed_in(
    herald: &Herald,
    texts: &'static Texts,
    login: &Login,
    code: &LoginCode,
) -> HttpResponse {
    if let Some(site) = &login.terms.site {
        return enter(herald, texts, login, &site.origin).await;
    }
    match &login.terms.return_url {
        Some(back) => {
            let id = login.terms.id.to_string();
            answer::see_other(&back.with_query(&[("login_id", &id), ("code", code.expose())]))
        }
        None => answer::html(StatusCode::OK, &Notice::signed_in(texts)),
    }
}

/// Gives the bound browser the site's cookie and sends it to the page that the person wanted to see.
async fn enter(herald: &Herald, texts: &'static Texts, login: &Login, origin: &SiteOrigin) -> HttpResponse {
    match herald.sites().enter(login).await {
        Ok(Some(Entered { cookie, max_age_seconds, path })) => answer::see_other_with_cookies(
            &format!("{}{path}", origin.as_str()),
            [cookie::set(origin, &cookie, max_age_seconds)],
        ),
        // It ended, or its time to come again did, while the browser was on its way.
        Ok(None) => finished(texts, login),
        Err(error) => answer::trouble(texts, &error),
    }
}

/// The page of a login that was claimed long ago; at a site, its button leads to the page that the person wanted to see.
pub(super) fn finished(texts: &'static Texts, login: &Login) -> HttpResponse {
    let page = login.terms.site.as_ref().map(|site| format!("{}{}", site.origin.as_str(), site.path));
    answer::html(StatusCode::OK, &Notice::finished(texts, page))
}

/// The page that says how the login ended; its button leads back to the caller or, at a site, to another login.
pub(super) fn ended_page(
    herald: &Herald,
    texts: &'static Texts,
    login: &Login,
    ending: Ending,
) -> HttpResponse {
    let notice = match &login.terms.site {
        Some(site) => Notice::ended_at_site(
            texts,
            ending,
            start_address(&login.terms.browser_url, site.path.as_bytes()),
        ),
        None => Notice::ended(texts, ending, display_name(herald, login), return_with_error(login, ending)),
    };
    answer::html(StatusCode::OK, &notice)
}

/// Straight back to the caller with the error; where there is no way back, the page that says it.
pub(super) fn ended_return(
    herald: &Herald,
    texts: &'static Texts,
    login: &Login,
    ending: Ending,
) -> HttpResponse {
    match return_with_error(login, ending) {
        Some(back) => answer::see_other(&back),
        None => ended_page(herald, texts, login, ending),
    }
}

fn return_with_error(login: &Login, ending: Ending) -> Option<String> {
    let id = login.terms.id.to_string();
    let back = login.terms.return_url.as_ref()?;
    Some(back.with_query(&[("login_id", &id), ("error", ending.return_error())]))
}

/// What the tenant is called in front of people, while it is configured here.
pub(super) fn display_name(herald: &Herald, login: &Login) -> Option<String> {
    herald.tenants().get(&login.terms.tenant).map(|tenant| tenant.name.clone())
}

/// Can this replica do anything for the login, or does it lack the provider account?
pub(super) fn is_served_here(herald: &Herald, login: &Login) -> bool {
    let terms = &login.terms;
    herald
        .tenants()
        .get(&terms.tenant)
        .is_some_and(|tenant| tenant.connection_of(&terms.connection, &terms.account).is_some())
}
