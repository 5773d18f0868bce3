//! The API's routes, one operation per file; what operators do to one thing is one file. Each is registered once, and its
//! OpenAPI operation with it.

pub mod admin;
mod answer;
pub mod discovery;
pub mod logins;
pub mod notifications;
pub mod oauth;
pub mod sessions;
pub mod webhook_endpoints;

use actix_web::{middleware::from_fn, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    docs_page, fallback, hooks, openapi, problem::finish::finish_problems, rate_limit::add_rate_limits,
    security_headers::add_security_headers,
};

/// Registers the API, its document, the documentation page, the hooks of providers and what answers everything else; last, because nothing that is
/// registered later is reached. Needs [`herald_app::Herald`], [`crate::http_settings::HttpSettings`] and
/// [`crate::stopping::Stopping`] as shared data.
pub fn configure(config: &mut web::ServiceConfig) {
    // A scope without a prefix, so that the middleware is part of the API wherever it is mounted.
    let everything = web::scope("")
        .configure(|config| {
            register(&mut ServiceConfig::new(config));
            config.service(openapi::serve_document);
            docs_page::configure(config);
            hooks::configure(config);
            fallback::configure(config);
        })
        .wrap(from_fn(finish_problems))
        .wrap(from_fn(add_rate_limits))
        .wrap(from_fn(add_security_headers));
    config.service(everything);
}

/// Registers the operations: those of `/v1`, and what anybody may ask about a tenant.
pub fn register(config: &mut ServiceConfig<'_>) {
    logins::register(config);
    sessions::register(config);
    oauth::register(config);
    notifications::register(config);
    webhook_endpoints::register(config);
    discovery::register(config);
    admin::register(config);
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test};

    use super::*;

    #[actix_web::test]
    async fn the_request_log_sees_the_pattern_of_a_route_and_not_its_path() {
        let app = test::init_service(App::new().configure(configure)).await;
        for (path, pattern) in [
            ("/v1/logins/log_1", Some("/v1/logins/{id}")),
            ("/t/acme/.well-known/jwks.json", Some("/t/{tenant}/.well-known/jwks.json")),
            ("/openapi.json", Some("/openapi.json")),
            ("/x", None),
        ] {
            let request = test::TestRequest::get().uri(path).to_request();
            let response = test::call_service(&app, request).await;
            assert_eq!(response.request().match_pattern().as_deref(), pattern, "{path}");
        }
    }
}
