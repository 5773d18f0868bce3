//! The API's routes, one operation per file. Each is registered once, and its OpenAPI operation with it.

mod answer;
pub mod logins;
pub mod notifications;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{docs_page, fallback, openapi};

/// Registers the API, its document, the documentation page and what answers everything else.
pub fn configure(config: &mut web::ServiceConfig) {
    register(&mut ServiceConfig::new(config));
    config.service(openapi::serve_document);
    docs_page::configure(config);
    fallback::configure(config);
}

/// Registers the operations of `/v1`.
pub fn register(config: &mut ServiceConfig<'_>) {
    logins::register(config);
    notifications::register(config);
}
