//! Antirius' errors. Their shape is undocumented: `success: false` with `error`, `message` and `code`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use crate::operation::Operation;

/// An error of the contract.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "session_not_found", "No such session")
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}

pub(crate) fn finish(result: Result<Value, Refusal>) -> HttpResponse {
    match result {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(Refusal { status, code, message }) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST))
                .json(json!({ "success": false, "error": code, "code": code, "message": message }))
        }
    }
}

/// The body of an injected status.
pub(crate) fn fault_body(status: u16) -> Value {
    let code = match status {
        401 | 403 => "unauthorized",
        404 => "session_not_found",
        429 => "rate_limited",
        400..=499 => "invalid_request",
        _ => "internal_error",
    };
    json!({ "success": false, "error": code, "code": code, "message": "A fault of the sandbox" })
}

/// What an injected fault takes for the good answer where the provider was not asked. Its ids name nothing.
pub(crate) fn sample(operation: Operation) -> Value {
    match operation {
        Operation::Send => json!({
            "success": true,
            "platform": "telegram",
            "message_id": "0",
            "sent_at": "2026-01-01T00:00:00.000Z",
            "correlation_id": "000000000000000000000000",
        }),
        _ => json!({ "success": true }),
    }
}
