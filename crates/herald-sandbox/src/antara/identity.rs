//! Who is behind a token: introspection, userinfo, `/auth/me`, identity lookup, and the discovery document.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use serde_json::json;

use super::answer::{self, Refusal, Reply};
use super::config::AntaraUser;
use super::state::{Kind, Token, user_json};
use crate::request::header;
use crate::shared::Shared;

#[derive(Deserialize)]
struct IntrospectBody {
    token: Option<String>,
}

#[derive(Default, Deserialize)]
struct LookupBody {
    #[serde(rename = "userId")]
    user_id: Option<String>,
}

#[get("/.well-known/openid-configuration")]
pub(crate) async fn discovery(shared: web::Data<Shared>) -> HttpResponse {
    let base = &shared.base;
    HttpResponse::Ok().json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "userinfo_endpoint": format!("{base}/oauth/userinfo"),
        "introspection_endpoint": format!("{base}/auth/introspect"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": ["openid", "profile", "email", "identity.read", "messages.send", "profile.basic"],
    }))
}

#[post("/auth/introspect")]
pub(crate) async fn introspect(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result =
        answer::json_body(header(&request, "content-type"), &body).and_then(|body: IntrospectBody| {
            let text = body.token.ok_or_else(|| Refusal::new(400, "INVALID_REQUEST", "token is missing"))?;
            let state = shared.antara();
            let Some(token) =
                state.active(&text, shared.clock.unix()).filter(|token| token.kind != Kind::Capability)
            else {
                return Ok(Reply::Data(200, json!({ "active": false })));
            };
            let session_type = match token.kind {
                Kind::Identity => "oauth",
                Kind::App => "app",
                Kind::Portal | Kind::Capability => "user",
            };
            let mut data = json!({
                "active": true,
                "sessionType": session_type,
                "audience": token.audience,
                "scopes": token.scopes,
                "expiresAt": token.expires,
            });
            if let Some(circle) = &token.circle {
                data["circleId"] = circle.as_str().into();
            }
            Ok(Reply::Data(200, data))
        });
    answer::finish(&shared, result)
}

#[get("/oauth/userinfo")]
pub(crate) async fn userinfo(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    let result = person(&shared, &request).map(|(user, _)| {
        let mut data = user_json(&user);
        data["sub"] = user.slug.into();
        Reply::Data(200, data)
    });
    answer::finish(&shared, result)
}

#[get("/auth/me")]
pub(crate) async fn me(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    let result = person(&shared, &request).map(|(user, token)| {
        let data = json!({ "user": user_json(&user), "audience": token.audience, "scopes": token.scopes });
        Reply::Data(200, data)
    });
    answer::finish(&shared, result)
}

#[post("/app/v1/identity/lookup")]
pub(crate) async fn lookup(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let content_type = header(&request, "content-type");
    let parsed =
        if body.is_empty() { Ok(LookupBody::default()) } else { answer::json_body(content_type, &body) };
    let result = parsed.and_then(|body| find(&shared, &request, &body));
    answer::finish(&shared, result)
}

fn find(shared: &Shared, request: &HttpRequest, body: &LookupBody) -> Result<Reply, Refusal> {
    let state = shared.antara();
    let token = state.bearer(header(request, "authorization"), shared.clock.unix())?;
    if !matches!(token.kind, Kind::App | Kind::Identity) || !has_scope(token, "identity.read") {
        return Err(Refusal::new(403, "FORBIDDEN", "The token lacks identity.read"));
    }
    // A person's token finds that person only; the app's finds whom it names.
    let unknown = || Refusal::new(404, "NOT_FOUND", "No such user");
    let user = match (&token.user, body.user_id.as_deref()) {
        (Some(own), asked) if asked.is_none_or(|asked| asked == own.id) => own,
        (Some(_), _) => return Err(unknown()),
        (None, Some(asked)) => state.users.iter().find(|user| user.id == asked).ok_or_else(unknown)?,
        (None, None) => return Err(Refusal::new(400, "INVALID_REQUEST", "userId is missing")),
    };
    let data = json!({ "slug": user.slug, "displayAlias": user.display_name, "active": true });
    Ok(Reply::Data(200, data))
}

fn person(shared: &Shared, request: &HttpRequest) -> Result<(AntaraUser, Token), Refusal> {
    let state = shared.antara();
    let token = state.bearer(header(request, "authorization"), shared.clock.unix())?;
    match (&token.user, token.kind) {
        (Some(user), Kind::Identity | Kind::Portal) => Ok((user.clone(), token.clone())),
        _ => Err(Refusal::new(403, "FORBIDDEN", "This token is not a person's")),
    }
}

pub(crate) fn has_scope(token: &Token, scope: &str) -> bool {
    token.scopes.iter().any(|granted| granted == scope)
}
