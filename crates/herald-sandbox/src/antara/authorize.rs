//! `GET /oauth/authorize`, the approval behind it, and where the browser goes afterwards.

use actix_web::http::header::{ACCEPT, AUTHORIZATION, LOCATION};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::answer::{self, Refusal, Reply};
use super::state::{CODE_SECONDS, Code};
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::header;
use crate::shared::Shared;

/// The query of the authorize request, as it came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) client_id: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) response_type: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) code_challenge_method: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) circle: Option<String>,
}

/// The same, checked.
pub(crate) struct Request {
    pub(crate) redirect_uri: Url,
    pub(crate) raw_redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    state: Option<String>,
    challenge: String,
    circle: Option<String>,
}

#[get("/oauth/authorize")]
pub(crate) async fn authorize(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<Query>,
) -> HttpResponse {
    let checked = match check(&shared, query.into_inner()) {
        Ok(checked) => checked,
        Err(refusal) => return answer::finish(&shared, Err(refusal)),
    };
    let accept = header(&request, ACCEPT.as_str()).unwrap_or("text/html");
    if !accept.contains("text/html") && accept.contains("application/json") {
        return metadata(&shared, &request, &checked);
    }
    let consent = format!("{}/oauth/consent?{}", shared.base, request.query_string());
    HttpResponse::Found().insert_header((LOCATION, consent)).finish()
}

/// For programs: what would be asked of the person. Without a portal session nobody is there to be asked.
fn metadata(shared: &Shared, request: &HttpRequest, checked: &Request) -> HttpResponse {
    let bearer = header(request, AUTHORIZATION.as_str());
    if shared.antara().bearer(bearer, shared.clock.unix()).is_err() {
        return answer::finish(shared, Ok(Reply::Data(401, json!({ "loginRequired": true }))));
    }
    let config = &shared.config.antara;
    let data = json!({
        "app": { "appId": config.client_id, "name": config.app_name },
        "redirectUri": checked.raw_redirect_uri,
        "scopes": checked.scopes,
    });
    answer::finish(shared, Ok(Reply::Data(200, data)))
}

pub(crate) fn check(shared: &Shared, query: Query) -> Result<Request, Refusal> {
    let config = &shared.config.antara;
    if query.client_id.as_deref() != Some(config.client_id.as_str()) {
        return Err(Refusal::new(400, "INVALID_CLIENT", "Unknown client_id"));
    }
    let bad_redirect = || Refusal::new(400, "INVALID_REDIRECT", "redirect_uri is not registered");
    let raw_redirect_uri = query.redirect_uri.ok_or_else(bad_redirect)?;
    let redirect_uri = Url::parse(&raw_redirect_uri).map_err(|_| bad_redirect())?;
    let is_strict = shared.antara().switches.strict_redirect_uris;
    if is_strict && !config.redirect_uris.contains(&raw_redirect_uri)
        || !matches!(redirect_uri.scheme(), "http" | "https")
    {
        return Err(bad_redirect());
    }
    if query.response_type.as_deref() != Some("code") {
        return Err(Refusal::new(400, "UNSUPPORTED_RESPONSE_TYPE", "response_type must be code"));
    }
    let is_s256 = query.code_challenge_method.as_deref() == Some("S256");
    // A SHA-256 in base64url without padding has exactly 43 characters.
    let challenge =
        query.code_challenge.filter(|challenge| is_s256 && challenge.len() == 43).ok_or_else(|| {
            Refusal::new(400, "PKCE_REQUIRED", "PKCE with code_challenge_method=S256 is required")
        })?;
    let scope = query.scope.unwrap_or_else(|| "identity.read profile.basic".to_owned());
    Ok(Request {
        redirect_uri,
        raw_redirect_uri,
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
        state: query.state,
        challenge,
        circle: query.circle,
    })
}

/// The person approves: a code is made. Answers where the browser goes.
pub(crate) fn approve(shared: &Shared, request: Request, user: Option<&str>) -> Result<Url, Refusal> {
    let code = random::token("");
    let mut state = shared.antara();
    let user =
        state.user(user).cloned().ok_or_else(|| Refusal::new(404, "NOT_FOUND", "No such demo person"))?;
    let circle = request.circle.clone().or_else(|| state.switches.circle_id.clone());
    let has_iss = state.switches.iss_parameter;
    let slug = user.slug.clone();
    let record = Code {
        client_id: shared.config.antara.client_id.clone(),
        redirect_uri: request.raw_redirect_uri.clone(),
        challenge: request.challenge.clone(),
        scopes: request.scopes.clone(),
        circle,
        user,
        expires: shared.clock.unix() + CODE_SECONDS,
        is_used: false,
    };
    state.codes.insert(code.clone(), record);
    drop(state);
    shared.write(&Entry::new(Provider::Antara, Operation::Consent, &slug));
    let mut back = request.redirect_uri;
    back.query_pairs_mut().append_pair("code", &code);
    finish_redirect(shared, &mut back, request.state.as_deref(), has_iss);
    Ok(back)
}

/// The person refuses. `None` when Antara then keeps the browser.
pub(crate) fn refuse(shared: &Shared, request: Request) -> Option<Url> {
    let (is_silent, has_iss) = {
        let state = shared.antara();
        (state.switches.silent_refusal, state.switches.iss_parameter)
    };
    if is_silent {
        return None;
    }
    let mut back = request.redirect_uri;
    back.query_pairs_mut().append_pair("error", "access_denied");
    finish_redirect(shared, &mut back, request.state.as_deref(), has_iss);
    Some(back)
}

fn finish_redirect(shared: &Shared, back: &mut Url, state: Option<&str>, has_iss: bool) {
    let mut pairs = back.query_pairs_mut();
    if let Some(state) = state {
        pairs.append_pair("state", state);
    }
    if has_iss {
        pairs.append_pair("iss", &shared.base);
    }
}
