//! `/docs/`: the API's documentation, to read and to try, from files inside the binary.

use actix_web::{HttpResponse, get, http::header::LOCATION, web::ServiceConfig};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Registers the page.
pub fn configure(config: &mut ServiceConfig) {
    // Without a validator: the page must work offline, and tell nobody who reads it.
    let page = Config::new(["/openapi.json"]).validator_url("none");
    config.service(redirect).service(SwaggerUi::new("/docs/{_:.*}").config(page));
}

/// The page's files have addresses relative to `/docs/`.
#[get("/docs")]
async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}
