//! Authara's origin routes `/herald/…` to Herald, prefix stripped, as a tenant's reverse proxy does.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, route, web};
use futures_util::TryStreamExt;
use herald_outbound::forward::{Answer, Call, Header, is_hop_by_hop};
use url::Url;

use crate::page::{self, Notice};
use crate::request::header;
use crate::shared::Shared;

const PREFIX: &str = "/herald";

#[route(
    "/herald/{rest:.*}",
    method = "GET",
    method = "HEAD",
    method = "POST",
    method = "PUT",
    method = "PATCH",
    method = "DELETE",
    method = "OPTIONS"
)]
pub(crate) async fn forward(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let Some(target) = target(&shared, &request) else {
        let text = "This sandbox was started without the address of a Herald.";
        return page::notice(502, &Notice::new("Authara", "No Herald here", text));
    };
    let mut call = Call::new(request.method().as_str(), target);
    call.headers = forwarded_headers(&shared, &request);
    call.body = (!body.is_empty()).then_some(body);
    match shared.forwarder.send(call).await {
        Ok(answer) => pass_on(&request, answer),
        Err(error) => {
            tracing::warn!(%error, "Herald did not answer the sandbox's proxy");
            page::notice(502, &Notice::new("Authara", "Herald does not answer", "Is it running?"))
        }
    }
}

fn target(shared: &Shared, request: &HttpRequest) -> Option<Url> {
    let herald = shared.config.herald_url.as_ref()?.as_str().trim_end_matches('/');
    let rest = request.uri().path().strip_prefix(PREFIX)?;
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    Url::parse(&format!("{herald}{rest}{query}")).ok()
}

/// What the client sent, without what belongs to its connection; where it came from is ours to say.
fn forwarded_headers(shared: &Shared, request: &HttpRequest) -> Vec<Header> {
    let named = header(request, "connection").unwrap_or_default().to_ascii_lowercase();
    let is_left_out = |name: &str| {
        is_hop_by_hop(name)
            || matches!(name, "host" | "content-length")
            || name.starts_with("x-forwarded-")
            || named.split(',').any(|token| token.trim() == name)
    };
    let mut headers: Vec<Header> = request
        .headers()
        .iter()
        .filter(|(name, _)| !is_left_out(name.as_str()))
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect();
    let host = header(request, "host").unwrap_or_else(|| shared.base.trim_start_matches("http://"));
    let client = request.peer_addr().map_or_else(String::new, |peer| peer.ip().to_string());
    for (name, value) in [
        ("x-forwarded-for", client.as_str()),
        ("x-forwarded-host", host),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-prefix", PREFIX),
    ] {
        headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    headers
}

/// Status, headers and body as they come; each `Set-Cookie` stays one header, a redirect is the browser's.
fn pass_on(request: &HttpRequest, answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut builder: HttpResponseBuilder = HttpResponse::build(status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| name != "content-length") {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
        {
            builder.append_header((name, value));
        }
    }
    let is_bodyless = matches!(answer.status, 204 | 304) || request.method().as_str() == "HEAD";
    if is_bodyless {
        return builder.finish();
    }
    if let Some(length) = answer.header("content-length").and_then(|length| length.parse().ok()) {
        builder.no_chunking(length);
    }
    builder.streaming(answer.into_stream().map_err(Box::<dyn std::error::Error>::from))
}
