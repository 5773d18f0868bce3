//! Headers that every answer carries. No CORS: the API is for services, not for pages of other origins.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType,
        header::{CACHE_CONTROL, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    web::Data,
};

use crate::stopping::Stopping;

/// What is set where a handler did not set it itself.
const DEFAULTS: [(HeaderName, &str); 3] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    // Nearly everything here is personal or secret; what may be kept says so.
    (CACHE_CONTROL, "no-store"),
];

/// Middleware: sets the headers, and asks clients to connect elsewhere while the process is stopping.
pub async fn add_security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_stopping = request.app_data::<Data<Stopping>>().is_some_and(|stopping| stopping.is_stopping());
    let mut response = next.call(request).await?;
    for (name, value) in DEFAULTS {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    if is_stopping {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
