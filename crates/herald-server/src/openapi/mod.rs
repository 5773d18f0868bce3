//! The OpenAPI 3.1 document: generated from the routes, committed as `openapi/herald.v1.json`, served at `/openapi.json`.

mod headers;
mod pass;
mod problem_examples;
pub mod problems;
#[cfg(test)]
pub(crate) mod valid;
mod webhooks;

use std::sync::OnceLock;

use actix_web::{App, HttpResponse, get};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_actix_web::AppExt as _;

use crate::{
    problem::{OAuthErrorView, ProblemView},
    routes,
    views::{ConnectionNewsView, EndpointNewsView, LoginNewsView, SessionNewsView},
};

/// What stands above the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Herald",
        description = "One login API and one notify API, whatever provider a tenant uses.\n\n\
            Every error is an `application/problem+json` (RFC 9457) whose `code` says what happened. A member that has \
            no value is absent, never null. Ignore members that you do not know: new ones may come.\n\n\
            Under `/v1/oauth` errors are OAuth's instead: `error` and `error_description` (RFC 6749).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "The installation that gives out this document.")),
    tags(
        (name = "logins", description = "Signing people in."),
        (name = "sessions", description = "What a claimed login gives, and credentials of any kind."),
        (name = "oauth", description = "Introspection and revocation of Herald's own tokens (RFC 7662, RFC 7009)."),
        (name = "notifications", description = "Sending messages."),
        (name = "webhooks", description = "Where events are told, as Standard Webhooks has it."),
        (name = "events", description = "What is told: Herald calls, and your endpoint answers."),
        (name = "discovery", description = "What anybody may know of a tenant. Needs no key."),
        (name = "admin", description = "For the operators of the installation.")
    ),
    components(schemas(
        ProblemView, OAuthErrorView, LoginNewsView, SessionNewsView, ConnectionNewsView, EndpointNewsView
    )),
    security(("apiKey" = [])),
    modifiers(&Schemes)
)]
struct Head;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in [
            ("apiKey", "A tenant's API key, `hk_…`. Its scopes say what it may do."),
            ("adminKey", "An operator's key, `ha_…`."),
        ] {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(Head::openapi()).configure(routes::register).split_for_parts();
    webhooks::add(&mut document);
    pass::tidy(&mut document);
    headers::add(&mut document);
    problem_examples::add(&mut document);
    document
}

/// The document as it is committed and served: indented JSON, the same every time, a line end at its end.
pub fn document_json() -> String {
    let mut json = document().to_pretty_json().unwrap_or_default();
    json.push('\n');
    json
}

/// `GET /openapi.json`: the document, to anyone.
#[get("/openapi.json")]
pub(crate) async fn serve_document() -> HttpResponse {
    static JSON: OnceLock<String> = OnceLock::new();
    HttpResponse::Ok().content_type("application/json").body(JSON.get_or_init(document_json).as_str())
}

#[cfg(test)]
mod tests;
