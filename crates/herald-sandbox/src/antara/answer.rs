//! The two shapes of Antara's answers: the envelope, and the flat errors of older routes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::random;
use crate::shared::Shared;

const REQUEST_ID: &str = "X-Request-Id";

/// An error of the contract.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }
}

/// What goes well.
pub(crate) enum Reply {
    /// In the envelope.
    Data(u16, Value),
    /// As it is.
    Bare(u16, Value),
}

pub(crate) fn finish(shared: &Shared, result: Result<Reply, Refusal>) -> HttpResponse {
    let request_id = random::short("req_");
    match result {
        Ok(Reply::Data(status, data)) => {
            let meta = json!({ "requestId": request_id, "issuedAt": shared.clock.unix() });
            respond(status, &request_id, &json!({ "data": data, "meta": meta }))
        }
        Ok(Reply::Bare(status, body)) => respond(status, &request_id, &body),
        Err(refusal) => {
            let is_flat = shared.antara().switches.flat_errors;
            let mut response =
                respond(refusal.status, &request_id, &error_body(&refusal, &request_id, is_flat));
            if let Some(seconds) = refusal.retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

/// The body of an injected status.
pub(crate) fn fault_body(shared: &Shared, status: u16, retry_after: Option<u64>) -> Value {
    let code = match status {
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        429 => "RATE_LIMITED",
        400..=499 => "INVALID_REQUEST",
        _ => "INTERNAL_ERROR",
    };
    let refusal = Refusal { retry_after, ..Refusal::new(status, code, "A fault of the sandbox") };
    error_body(&refusal, &random::short("req_"), shared.antara().switches.flat_errors)
}

/// What an injected fault takes for the good answer where the provider was not asked. Its ids name nothing.
pub(crate) fn sample(operation: Operation) -> Value {
    let data = match operation {
        Operation::Send => json!({ "messageId": "msg_of-nothing", "status": "queued" }),
        Operation::Exchange | Operation::ClientToken => {
            json!({ "accessToken": "aat_of-nothing", "tokenType": "Bearer", "expiresIn": 600, "sessionType": "app" })
        }
        _ => json!({}),
    };
    json!({ "data": data, "meta": { "requestId": random::short("req_") } })
}

/// A JSON body and nothing else: a form is refused whatever is in it.
pub(crate) fn json_body<T: DeserializeOwned>(content_type: Option<&str>, body: &[u8]) -> Result<T, Refusal> {
    if !content_type.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json")) {
        return Err(Refusal::new(400, "INVALID_REQUEST", "The body must be JSON"));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::new(400, "INVALID_REQUEST", error.to_string()))
}

fn error_body(refusal: &Refusal, request_id: &str, is_flat: bool) -> Value {
    let mut body = if is_flat {
        json!({ "error": refusal.message, "message": refusal.message, "code": refusal.code, "requestId": request_id })
    } else {
        json!({ "error": { "code": refusal.code, "message": refusal.message }, "requestId": request_id })
    };
    if let Some(seconds) = refusal.retry_after {
        body["retryAfter"] = seconds.into();
    }
    body
}

fn respond(status: u16, request_id: &str, body: &Value) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .insert_header((REQUEST_ID, request_id))
        .json(body)
}
