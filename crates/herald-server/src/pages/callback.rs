//! `GET /callback/{tenant}/{connection}[/{state}]`: the browser comes back from the provider.
//!
//! A callback that belongs to no login of this browser gets one answer, whatever is wrong with it: it must not tell which
//! part was right. It consumes nothing and calls nobody. What does belong to the login, and is broken, ends it.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode, web};
use herald_app::{Herald, LoginError};
use herald_core::login::Login;

use super::{answer, binding, destination, notice::Notice, standing::Standing, visit::Visit};

/// The members that mean something to a provider or to us. None may come twice: of two, nobody knows which one counts.
const SINGLE: [&str; 5] = ["state", "code", "error", "iss", "session_id"];

#[get("/callback/{tenant}/{connection}")]
pub(super) async fn with_state_in_query(herald: web::Data<Herald>, request: HttpRequest) -> HttpResponse {
    answer_to(&herald, &request).await
}

#[get("/callback/{tenant}/{connection}/{state}")]
pub(super) async fn with_state_in_path(herald: web::Data<Herald>, request: HttpRequest) -> HttpResponse {
    answer_to(&herald, &request).await
}

async fn answer_to(herald: &Herald, request: &HttpRequest) -> HttpResponse {
    let visit = Visit::of(request);
    if visit.is_prefetch() {
        return answer::unasked();
    }
    let query = members_of(request.query_string());
    let login = match login_of(herald, request, &visit, query.as_deref()).await {
        Ok(login) => login,
        Err(error) => return answer::trouble(visit.texts(), &error),
    };
    let (Some(login), Some(query)) = (login, query) else {
        return answer::html(StatusCode::BAD_REQUEST, &Notice::no_login_of_this_browser(visit.texts()));
    };
    let texts = visit.texts_for(&login);
    let login = match herald.logins().returned(&login, query, visit.cookies.into_pairs()).await {
        Ok(login) => login,
        Err(error) => return answer::trouble(texts, &error),
    };
    match Standing::of(&login, herald.clock().now()) {
        Standing::Open | Standing::Busy => answer::html(StatusCode::OK, &Notice::one_moment(texts)),
        Standing::SignedIn(code) => destination::signed_in(herald, texts, &login, code).await,
        Standing::Finished => destination::finished(texts, &login),
        Standing::Ended(ending) => destination::ended_return(herald, texts, &login, ending),
    }
}

/// The login of this state, if the address is the one it was given and the browser the one it is bound to.
async fn login_of(
    herald: &Herald,
    request: &HttpRequest,
    visit: &Visit,
    query: Option<&[(String, String)]>,
) -> Result<Option<Arc<Login>>, LoginError> {
    let address = request.match_info();
    let in_query = query.and_then(|query| query.iter().find(|(name, _)| name == "state"));
    let state = match (address.get("state"), in_query) {
        (Some(state), None) => state,
        (None, Some((_, state))) => state,
        (Some(_), Some(_)) | (None, None) => return Ok(None),
    };
    let found = herald.logins().find_by_state(state).await?;
    Ok(found.filter(|login| {
        login.terms.tenant.as_str() == address.query("tenant")
            && login.terms.connection.as_str() == address.query("connection")
            && binding::is_bound(herald, visit, login)
    }))
}

/// The decoded members of a query; nothing if one that must be single is not.
fn members_of(query: &str) -> Option<Vec<(String, String)>> {
    let members: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let count = |name: &str| members.iter().filter(|(known, _)| known == name).count();
    SINGLE.into_iter().all(|name| count(name) <= 1).then_some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_decoded_once() {
        let members = members_of("code=a%2520b+c&x=1&x=2&state=s").unwrap();
        let members: Vec<_> = members.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(members, [("code", "a%20b c"), ("x", "1"), ("x", "2"), ("state", "s")]);
        assert_eq!(members_of(""), Some(vec![]));
    }

    #[test]
    fn a_member_that_counts_comes_once() {
        for name in SINGLE {
            assert_eq!(members_of(&format!("{name}=1&x=2&{name}=1")), None, "{name}");
        }
        assert_eq!(members_of("state=1&st%61te=2"), None);
    }
}
