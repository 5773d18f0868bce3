//! Whose browser a login belongs to: the first one that shows, by a cookie of its own, that it keeps cookies.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode};
use herald_app::{Herald, LoginError};
use herald_core::login::Login;

use super::{answer, cookie, cookie::Presented, notice::Notice, visit::Visit};

/// What comes of a browser that wants a login.
pub(super) enum Binding {
    /// It may have it.
    Ours(Arc<Login>),
    /// It may not, or not yet: this is its answer.
    Refused(HttpResponse),
}

/// Is this the browser that the login is bound to?
pub(super) fn is_bound(herald: &Herald, visit: &Visit, login: &Login) -> bool {
    match visit.cookies.presented_for(login) {
        Presented::Tokens(tokens) => herald.logins().is_bound_to(login, &tokens),
        Presented::Nothing | Presented::Ambiguous => false,
    }
}

/// Gives the login to the browser that it is bound to, or becomes bound to by this. `address` is the page that asks.
///
/// A login that is over before any browser came is given to anybody who knows its id: there is nothing left in it but how
/// it ended.
pub(super) async fn bind(
    herald: &Herald,
    visit: &Visit,
    login: Arc<Login>,
    address: &str,
) -> Result<Binding, LoginError> {
    let texts = visit.texts_for(&login);
    let logins = herald.logins();
    let no_cookies = || answer::html(StatusCode::BAD_REQUEST, &Notice::cookies_needed(texts, address));
    let not_the_first = || answer::html(StatusCode::FORBIDDEN, &Notice::another_browser(texts));
    if login.browser.is_none() && login.status().is_final() {
        return Ok(Binding::Ours(login));
    }
    Ok(match visit.cookies.presented_for(&login) {
        Presented::Ambiguous => Binding::Refused(no_cookies()),
        Presented::Tokens(tokens) if logins.is_bound_to(&login, &tokens) => Binding::Ours(login),
        Presented::Tokens(tokens) => match logins.bind(&login, &tokens).await? {
            Some(login) => Binding::Ours(login),
            None => Binding::Refused(not_the_first()),
        },
        Presented::Nothing if login.browser.is_some() => Binding::Refused(not_the_first()),
        Presented::Nothing if visit.is_rebound => Binding::Refused(no_cookies()),
        Presented::Nothing => {
            let cookie = cookie::set_cookie(&login, &logins.new_browser_token(), herald.clock().now());
            Binding::Refused(answer::see_other_with_cookies(&format!("{address}?bind=1"), [cookie]))
        }
    })
}
