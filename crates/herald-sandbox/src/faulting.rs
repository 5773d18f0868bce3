//! The middleware that counts every provider request and lets faults happen to it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{self, BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use bytes::Bytes;

use crate::fault::{FaultEffect, Strike};
use crate::operation::{self, Provider};
use crate::shared::Shared;
use crate::{antara, antirius, authara};

pub(crate) async fn apply(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let found = operation::classify(request.method().as_str(), request.path(), request.query_string());
    let (Some((provider, operation)), Some(shared)) =
        (found, request.app_data::<web::Data<Shared>>().cloned())
    else {
        return next.call(request).await;
    };
    let mut cleared = shared.faults.watch();
    let Some(Strike { latency_ms, effect }) = shared.faults.strike(provider, operation) else {
        // Counted when the handler is already at work: whoever waits for the count and then changes a session finds
        // the held poll of that session waiting for exactly this change.
        let count = async { shared.ledger.count(provider, operation) };
        return futures_util::future::join(next.call(request), count).await.0;
    };
    shared.ledger.count(provider, operation);
    if latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    }
    match effect {
        FaultEffect::None => next.call(request).await,
        FaultEffect::Hold => {
            // The sender lives as long as the server: an error means that it is going down.
            let _ = cleared.changed().await;
            next.call(request).await
        }
        FaultEffect::Status { status, body, retry_after_seconds } => {
            Ok(instead(request, status_answer(&shared, provider, status, body, retry_after_seconds)))
        }
        FaultEffect::RateLimited { retry_after_seconds } => {
            Ok(instead(request, status_answer(&shared, provider, 429, None, Some(retry_after_seconds))))
        }
        FaultEffect::Reset => Ok(instead(request, broken(None))),
        FaultEffect::Lost => {
            let response = next.call(request).await?;
            Ok(replaced(response, broken(None)))
        }
        FaultEffect::Half => {
            let response = next.call(request).await?;
            Ok(half(response).await)
        }
        FaultEffect::Garbage => {
            let response = next.call(request).await?;
            Ok(replaced(response, HttpResponse::Ok().content_type("application/json").body("<<not json>>")))
        }
    }
}

/// Answers without asking the provider.
fn instead(request: ServiceRequest, answer: HttpResponse) -> ServiceResponse<BoxBody> {
    request.into_response(answer)
}

/// The provider was asked; its answer is thrown away.
fn replaced(response: ServiceResponse<BoxBody>, answer: HttpResponse) -> ServiceResponse<BoxBody> {
    let (request, _): (HttpRequest, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

fn status_answer(
    shared: &Shared,
    provider: Provider,
    status: u16,
    body: Option<serde_json::Value>,
    retry_after_seconds: Option<u64>,
) -> HttpResponse {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(code);
    if let Some(seconds) = retry_after_seconds {
        builder.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    match body {
        Some(serde_json::Value::String(text)) => builder.content_type("text/plain; charset=utf-8").body(text),
        Some(json) => builder.json(json),
        None => builder.json(match provider {
            Provider::Antara => antara::fault_body(shared, status, retry_after_seconds),
            Provider::Antirius => antirius::fault_body(status),
            Provider::Authara => authara::fault_body(status),
        }),
    }
}

async fn half(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let whole = body::to_bytes(body).await.unwrap_or_default();
    // An answer without a body (the refresh of Authara) promises one that never comes.
    let promised = whole.len().max(2);
    let sent = whole.slice(..whole.len() / 2);
    let mut answer =
        head.set_body(BoxBody::new(BrokenBody { sent: Some(sent), promised, is_flushed: false }));
    answer.headers_mut().remove(CONTENT_LENGTH);
    ServiceResponse::new(request, answer)
}

/// A response of which nothing, or only `sent`, reaches the wire before the connection is closed.
fn broken(sent: Option<Bytes>) -> HttpResponse {
    HttpResponse::Ok().body(BrokenBody { is_flushed: sent.is_none(), sent, promised: 2 })
}

/// Ends in an error, at which actix closes the connection. What was not flushed before (the head too) is never sent.
struct BrokenBody {
    sent: Option<Bytes>,
    promised: usize,
    is_flushed: bool,
}

impl MessageBody for BrokenBody {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.promised as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(sent) = self.sent.take().filter(|sent| !sent.is_empty()) {
            return Poll::Ready(Some(Ok(sent)));
        }
        if !self.is_flushed {
            // One turn for the dispatcher to write what it has.
            self.is_flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::new(
            std::io::ErrorKind::ConnectionReset,
            "a fault of the sandbox",
        ))))
    }
}
