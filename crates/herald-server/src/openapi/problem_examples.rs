//! Whole problems as examples, for the codes that callers meet first.

use serde_json::{Value, json};
use utoipa::openapi::{
    OpenApi, Ref, RefOr,
    example::{Example, ExampleBuilder},
};

use crate::problem::ErrorCode;

/// The code, the path that was asked for, what happened, and the members that only this problem has.
fn all() -> [(ErrorCode, &'static str, &'static str, Value); 4] {
    [
        (ErrorCode::Unauthenticated, "/v1/logins", "A valid API key is required.", json!({})),
        (
            ErrorCode::LoginPending,
            "/v1/logins/log_01h455vb4pex5vsknk084sn02q/claim",
            "The person has not confirmed the login yet.",
            json!({}),
        ),
        (
            ErrorCode::ValidationFailed,
            "/v1/notifications",
            "The body does not keep to the rules; `errors` says where.",
            json!({ "errors": [{
                "pointer": "/to/phone_number",
                "code": "not_e164",
                "detail": "not a phone number in E.164 form, such as +16502530000",
            }] }),
        ),
        (
            ErrorCode::RateLimited,
            "/v1/notifications",
            "The tenant has called too often.",
            json!({ "retry_after_seconds": 7 }),
        ),
    ]
}

/// Where the example of a code is, if it has one.
pub(super) fn reference(code: &str) -> Option<RefOr<Example>> {
    let is_there = all().iter().any(|(known, ..)| known.as_str() == code);
    is_there.then(|| RefOr::Ref(Ref::new(format!("#/components/examples/{code}"))))
}

/// Puts the examples among the components.
pub(super) fn add(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (code, instance, detail, own) in all() {
        let row = code.row();
        let mut value = json!({
            "type": code.type_url(), "title": row.title, "status": row.status, "code": row.code, "detail": detail,
            "instance": instance, "request_id": "019b7c9e-2a7d-7c31-9f0e-6a1d2c3b4e5f", "retryable": row.is_retryable,
        });
        if let (Value::Object(value), Value::Object(own)) = (&mut value, own) {
            value.extend(own);
        }
        let example = ExampleBuilder::new().summary(row.title).value(Some(value)).build();
        components.examples.insert(row.code.to_owned(), RefOr::T(example));
    }
}
