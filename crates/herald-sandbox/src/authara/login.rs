//! Signing in: what the page's form and the JSON address have in common.

use actix_web::HttpRequest;
use jiff::Timestamp;

use super::answer::{CSRF, Refusal};
use super::config::AutharaUser;
use super::state::{Pair, State};
use crate::clock::plus;
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::request::cookie;
use crate::shared::Shared;

/// A session for the right password.
pub(crate) fn sign_in(
    shared: &Shared,
    request: &HttpRequest,
    email: &str,
    password: &str,
) -> Result<(AutharaUser, Pair), Refusal> {
    let now = shared.clock.now();
    let address = request.peer_addr().map_or_else(String::new, |peer| peer.ip().to_string());
    let mut state = shared.authara();
    limit(&mut state, &address, email, now)?;
    let user = state
        .user_mut(Some(email))
        .filter(|user| user.email == email && user.password == password)
        .map(|user| user.clone())
        .ok_or_else(|| Refusal::unauthorized("Invalid credentials"))?;
    if user.disabled {
        return Err(Refusal::new(403, "forbidden", "Account disabled"));
    }
    let pair = state.sign_in(&user, now);
    drop(state);
    let entry = Entry::new(Provider::Authara, Operation::Login, &user.id);
    shared.write(&Entry { reference: Some(&pair.sid), ..entry });
    Ok((user, pair))
}

/// Five tries a minute per connecting address, ten an hour per e-mail.
fn limit(state: &mut State, address: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
    if !state.switches.rate_limits {
        return Ok(());
    }
    let recent = |who: &str, seconds: i64| {
        state.attempts.iter().filter(|(known, at)| known == who && plus(*at, seconds) > now).count()
    };
    if recent(address, 60) >= 5 || recent(email, 3600) >= 10 {
        return Err(Refusal::new(429, "rate_limited", "Too many requests"));
    }
    state.attempts.push((address.to_owned(), now));
    state.attempts.push((email.to_owned(), now));
    Ok(())
}

/// Whether `token` is the one of the `authara_csrf` cookie.
pub(crate) fn is_csrf_good(request: &HttpRequest, token: Option<&str>) -> bool {
    let expected = cookie(request, CSRF);
    expected.is_some_and(|expected| !expected.is_empty() && token == Some(expected.as_str()))
}
