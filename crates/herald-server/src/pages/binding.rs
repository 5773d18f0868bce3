//! Whose browser a login belongs to: the first one that shows, by a cookie of its own, that it keeps cookies.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode};
use herald_app::{Herald, LoginError};
use herald_core::login::Login;

use super::{answer, cookie, cookie::Presented, notice::Notice, visit::Visit};

/// A browser that may not have the login, with the answer it gets instead; or what went wrong.
pub(super) enum Unbound {
    /// The answer.
    Answer(HttpResponse),
    /// The login cannot be bound now.
    Error(LoginError),
}

impl From<LoginError> for Unbound {
    fn from(error: LoginError) -> Self {
        Self::Error(error)
    }
}

/// Is this the browser that the login is bound to?
pub(super) fn is_bound(herald: &Herald, visit: &Visit, login: &Login) -> bool {
    match visit.cookies.presented_for(login) {
        Presented::Token(token) => herald.logins().is_bound_to(login, token),
        Presented::Nothing | Presented::Ambiguous => false,
    }
}

/// The login for the browser that it is bound to, or becomes bound to by this. `address` is the page that asks.
///
/// A login that is over before any browser came is given to anybody who knows its id: there is nothing left in it but how
/// it ended.
pub(super) async fn bind(
    herald: &Herald,
    visit: &Visit,
    login: Arc<Login>,
    address: &str,
) -> Result<Arc<Login>, Unbound> {
    let texts = visit.texts_for(&login);
    let refuse = |status, notice: Notice| Err(Unbound::Answer(answer::html(status, &notice)));
    let logins = herald.logins();
    if login.browser.is_none() && login.status().is_final() {
        return Ok(login);
    }
    match visit.cookies.presented_for(&login) {
        Presented::Ambiguous => refuse(StatusCode::BAD_REQUEST, Notice::cookies_needed(texts, address)),
        Presented::Token(token) => {
            let is_ours = logins.is_bound_to(&login, token);
            let bound = if is_ours { Some(login) } else { logins.bind(&login, token).await? };
            match bound {
                Some(login) => Ok(login),
                None => refuse(StatusCode::FORBIDDEN, Notice::another_browser(texts)),
            }
        }
        Presented::Nothing if login.browser.is_some() => {
            refuse(StatusCode::FORBIDDEN, Notice::another_browser(texts))
        }
        Presented::Nothing if visit.is_rebound => {
            refuse(StatusCode::BAD_REQUEST, Notice::cookies_needed(texts, address))
        }
        Presented::Nothing => {
            let token = logins.new_browser_token();
            let again = format!("{address}?bind=1");
            Err(Unbound::Answer(answer::see_other_with_cookie(&again, &cookie::set_cookie(&login, &token))))
        }
    }
}
