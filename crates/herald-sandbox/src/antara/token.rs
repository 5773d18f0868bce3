//! `POST /oauth/token`: a code and its verifier for the person's `oit_`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::json;

use super::answer::{self, Refusal, Reply};
use super::state::{Code, user_json};
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::header;
use crate::shared::Shared;

#[derive(Deserialize)]
struct Body {
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    client_id: Option<String>,
    code_verifier: Option<String>,
}

#[post("/oauth/token")]
pub(crate) async fn exchange_code(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result =
        answer::json_body(header(&request, "content-type"), &body).and_then(|body| exchange(&shared, &body));
    answer::finish(&shared, result)
}

fn exchange(shared: &Shared, body: &Body) -> Result<Reply, Refusal> {
    if body.grant_type.as_deref() != Some("authorization_code") {
        return Err(Refusal::new(400, "UNSUPPORTED_GRANT_TYPE", "grant_type must be authorization_code"));
    }
    let now = shared.clock.unix();
    let mut state = shared.antara();
    let code = body
        .code
        .as_ref()
        .and_then(|code| state.codes.get_mut(code))
        .filter(|code| !code.is_used && code.expires > now)
        .ok_or_else(|| Refusal::new(400, "INVALID_GRANT", "The code is wrong, used or expired"))?;
    check(code, body)?;
    code.is_used = true;
    let (user, scopes, circle) = (code.user.clone(), code.scopes.clone(), code.circle.clone());
    let audience = code.client_id.clone();
    let text = state.issue_identity(user.clone(), audience, scopes.clone(), circle.clone(), now);
    let expires = state.tokens.get(&text).map_or(now, |token| token.expires);
    let shown = if state.switches.null_user { serde_json::Value::Null } else { user_json(&user) };
    drop(state);
    shared.write(&Entry::new(Provider::Antara, Operation::Token, &user.slug));
    let mut data = json!({
        "accessToken": text,
        "tokenType": "Bearer",
        "expiresAt": expires,
        "expiresIn": expires - now,
        "scopes": scopes,
        "user": shown,
    });
    if let Some(circle) = circle {
        data["circleId"] = circle.into();
    }
    Ok(Reply::Data(200, data))
}

/// What does not fit the code leaves it unused.
fn check(code: &Code, body: &Body) -> Result<(), Refusal> {
    if body.client_id.as_ref() != Some(&code.client_id) {
        return Err(Refusal::new(400, "INVALID_CLIENT", "The code belongs to another client"));
    }
    if body.redirect_uri.as_ref() != Some(&code.redirect_uri) {
        return Err(Refusal::new(400, "INVALID_REDIRECT", "redirect_uri differs from the authorize request"));
    }
    let verifier = body
        .code_verifier
        .as_ref()
        .ok_or_else(|| Refusal::new(400, "PKCE_REQUIRED", "code_verifier is missing"))?;
    let is_well_formed = (43..=128).contains(&verifier.len());
    if !is_well_formed || random::sha256_base64url(verifier.as_bytes()) != code.challenge {
        return Err(Refusal::new(400, "INVALID_GRANT", "code_verifier does not fit the challenge"));
    }
    Ok(())
}
