//! What a request's id and trace may look like, and what is counted.

use actix_web::{
    App, HttpMessage as _, HttpRequest, HttpResponse, get,
    http::header::{HeaderMap, HeaderName, HeaderValue},
    test,
};
use herald_app::SystemClock;
use herald_core::clock::SystemEntropy;

use super::*;

fn headers(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    headers
}

fn id_of(value: &str) -> String {
    RequestId::of(&headers("x-request-id", value), &SystemClock, &SystemEntropy).as_str().to_owned()
}

#[core::prelude::v1::test]
fn a_plain_request_id_is_kept_and_any_other_replaced() {
    assert_eq!(id_of("cart-4711_a.b"), "cart-4711_a.b");
    for bad in ["", "a b", "<script>", "a\"b", &"a".repeat(129)] {
        let id = id_of(bad);
        assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 7, "{bad:?}");
    }
}

#[core::prelude::v1::test]
fn only_a_valid_traceparent_gives_a_trace_id() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let good = format!("00-{trace}-00f067aa0ba902b7-01");
    assert_eq!(trace_id(&headers("traceparent", &good)), Some(trace));
    let later = format!("01-{trace}-00f067aa0ba902b7-01-more");
    assert_eq!(trace_id(&headers("traceparent", &later)), Some(trace));
    for bad in [
        "",
        "00",
        &format!("{good}-more"),
        &format!("ff-{trace}-00f067aa0ba902b7-01"),
        &good.to_uppercase(),
        &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
        &format!("00-{trace}-0000000000000000-01"),
        &format!("00-{trace}-00f067aa0ba902b7-zz"),
    ] {
        assert_eq!(trace_id(&headers("traceparent", bad)), None, "{bad}");
    }
}

#[get("/things/{id}")]
async fn thing(request: HttpRequest) -> HttpResponse {
    let id = request.extensions().get::<RequestId>().map(|id| id.as_str().to_owned());
    HttpResponse::Ok().body(id.unwrap_or_default())
}

#[actix_web::test]
async fn handlers_and_callers_see_the_same_id() {
    let log = RequestLog::new(Arc::new(SystemClock), Arc::new(SystemEntropy));
    let app = test::init_service(App::new().service(thing).wrap(log)).await;
    let request =
        test::TestRequest::get().uri("/things/7").insert_header(("x-request-id", "r-1")).to_request();
    let response = test::call_service(&app, request).await;
    assert_eq!(response.headers().get("x-request-id").unwrap(), "r-1");
    assert_eq!(test::read_body(response).await, "r-1");
    let missing = test::call_service(&app, test::TestRequest::get().uri("/nothing").to_request()).await;
    assert!(missing.headers().contains_key("x-request-id"));
}

/// A place for the log of one test.
#[derive(Clone, Default)]
struct Written(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[core::prelude::v1::test]
fn a_tally_counts_everything_and_has_a_line_of_trouble_only() {
    let written = Written::default();
    let place = written.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || place.clone()).finish();
    let tally = Tally::default();
    let request = test::TestRequest::get().to_http_request();
    let id = RequestId(Arc::from("r-1"));
    let _guard = tracing::subscriber::set_default(subscriber);
    for (status, id, is_logged) in [
        (200, None, false),
        (302, None, false),
        (401, Some(&id), false),
        (403, Some(&id), true),
        (503, Some(&id), true),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        tally.note(&request, "/checks", Instant::now(), status, id);
        let lines = String::from_utf8(std::mem::take(&mut *written.0.lock().unwrap())).unwrap();
        assert_eq!(lines.contains("/checks") && lines.contains("r-1"), is_logged, "{status} {lines}");
    }
    assert_eq!(tally.0.borrow()[0].1.0.len(), 5);
}

#[core::prelude::v1::test]
fn labels_are_made_once_for_each_route_method_and_status() {
    let mut counts = Counts::default();
    for (method, status) in [("GET", 200), ("GET", 200), ("GET", 404), ("POST", 200)] {
        counts.count(&Done { method, route: "/things/{id}", status, duration_seconds: 0.1 });
    }
    assert_eq!(counts.0["/things/{id}"].0.len(), 3);
}
