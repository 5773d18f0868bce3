//! The second listener: is it alive, is it ready, what does it count. Never for the outside.

use std::time::Duration;

use actix_web::{
    HttpResponse, get,
    http::header::{CACHE_CONTROL, ContentType, HeaderValue},
    route,
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
#[route("/livez", method = "GET", method = "HEAD")]
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// Is it worth sending requests here? Not while the store does not answer, and not while stopping.
#[route("/readyz", method = "GET", method = "HEAD")]
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::{App, http::Method, test};
    use herald_app::{Parts, SystemClock, Tenants};
    use herald_core::{clock::SystemEntropy, seal::Keyring};
    use herald_testkit::fake_courier::FakeCourier;

    use super::*;
    use crate::{
        config::{Store, StorePlace},
        registry, telemetry,
        views::Shapes,
    };

    #[actix_web::test]
    async fn it_is_ready_until_it_is_told_to_stop_and_alive_all_the_time() {
        let in_memory = Store { place: StorePlace::Memory, replicas: 1, encryption_keys: Vec::new() };
        let opened = registry::open_store(&in_memory, false, Arc::new(SystemClock)).await;
        let herald = Herald::open(Parts {
            store: opened.unwrap().store,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            keyring: Keyring::new(&[[7; 32].into()]).unwrap(),
            tenants: Tenants::default(),
            courier: Arc::new(FakeCourier::default()),
            shapes: Arc::new(Shapes),
            public_url: "https://login.example".to_owned(),
            replica: "test".to_owned(),
            replicas: 1,
            is_development: false,
        });
        let stopping = Stopping::new();
        let app = App::new()
            .app_data(Data::new(herald.await.unwrap()))
            .app_data(Data::new(stopping.clone()))
            .app_data(Data::new(telemetry::metrics().unwrap()))
            .configure(configure);
        let app = test::init_service(app).await;
        let mut answers = Vec::new();
        for _ in 0..2 {
            for path in ["/livez", "/readyz", "/metrics"] {
                let response =
                    test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
                answers.push((response.status().as_u16(), test::read_body(response).await));
            }
            stopping.stop();
        }
        assert_eq!(
            answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(),
            [200, 200, 200, 200, 503, 200]
        );
        assert_eq!(answers[4].1, r#"{"reason":"stopping","status":"not_ready"}"#.as_bytes());
        for (path, status) in [("/livez", 200), ("/readyz", 503)] {
            let head = test::TestRequest::default().method(Method::HEAD).uri(path).to_request();
            assert_eq!(test::call_service(&app, head).await.status(), status, "HEAD {path}");
        }
    }
}
