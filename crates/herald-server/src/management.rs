//! The second listener: is it alive, is it ready, what does it count. Never for the outside.

use std::time::Duration;

use actix_web::{
    HttpResponse, get,
    http::header::{CACHE_CONTROL, ContentType, HeaderValue},
    web::{Data, ServiceConfig},
};
use herald_app::Herald;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::stopping::Stopping;

/// The store has to answer a readiness check within this.
const PING: Duration = Duration::from_secs(1);

/// Adds `/livez`, `/readyz` and `/metrics`.
pub fn configure(services: &mut ServiceConfig) {
    services.service(livez).service(readyz).service(metrics);
}

/// The event loop turns; nothing else is looked at, because a restart would not mend anything else.
#[get("/livez")]
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// Is it worth sending requests here? Not while the store does not answer, and not while stopping.
#[get("/readyz")]
async fn readyz(herald: Data<Herald>, stopping: Data<Stopping>) -> HttpResponse {
    let reason = if stopping.is_stopping() {
        Some("stopping")
    } else {
        match tokio::time::timeout(PING, herald.ping()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready: the store failed");
                Some("store_unavailable")
            }
            Err(_) => {
                tracing::warn!("not ready: the store did not answer within 1 s");
                Some("store_unavailable")
            }
        }
    };
    let no_store = (CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match reason {
        None => HttpResponse::Ok().insert_header(no_store).json(json!({ "status": "ready" })),
        Some(reason) => HttpResponse::ServiceUnavailable()
            .insert_header(no_store)
            .json(json!({ "status": "not_ready", "reason": reason })),
    }
}

#[get("/metrics")]
async fn metrics(handle: Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render())
}
