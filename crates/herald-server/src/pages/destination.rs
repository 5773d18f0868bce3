//! Where a login's browser goes when there is nothing left to do for the person.

use actix_web::{HttpResponse, http::StatusCode};
use herald_app::Herald;
use herald_core::{
    login::{Ending, Login},
    secret::LoginCode,
};

use super::{answer, notice::Notice, text::Texts};

/// Back to the caller with the code; where there is no way back, the end of the road.
pub(super) fn signed_in(texts: &'static Texts, login: &Login, code: &LoginCode) -> HttpResponse {
    match &login.terms.return_url {
        Some(back) => {
            let id = login.terms.id.to_string();
            answer::see_other(&back.with_query(&[("login_id", &id), ("code", code.expose())]))
        }
        None => answer::html(StatusCode::OK, &Notice::signed_in(texts)),
    }
}

/// The page that says how the login ended; its button leads back to the caller.
pub(super) fn ended_page(
    herald: &Herald,
    texts: &'static Texts,
    login: &Login,
    ending: Ending,
) -> HttpResponse {
    let notice = Notice::ended(texts, ending, display_name(herald, login), return_with_error(login, ending));
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
