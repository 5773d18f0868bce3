//! Headers that belong to no operation of their own, for the document. The status of an answer says which it carries.

use serde_json::{Value, json};
use utoipa::openapi::{
    HeaderBuilder, OpenApi, Ref, RefOr,
    path::Operation,
    schema::{ObjectBuilder, SchemaType, Type},
};

use super::pass::operations;

/// One such header.
struct Common {
    name: &'static str,
    /// Its name among the components.
    component: &'static str,
    kind: Type,
    description: &'static str,
    example: Value,
    /// Can the answer of an operation with this status carry it?
    is_on: fn(&Operation, &str) -> bool,
}

fn all() -> [Common; 5] {
    [
        Common {
            name: "X-Request-Id",
            component: "RequestId",
            kind: Type::String,
            description: "What the request is found under in Herald's log: the caller's own `X-Request-Id` where that is 1 to 128 \
                          of A–Z, a–z, 0–9, `_`, `.` and `-`, else an id that Herald made.",
            example: json!("019b7c9e-2a7d-7c31-9f0e-6a1d2c3b4e5f"),
            is_on: |_, _| true,
        },
        Common {
            name: "Retry-After",
            component: "RetryAfter",
            kind: Type::Integer,
            description: "When to try again, in seconds. Absent where the same request is not to be sent again.",
            example: json!(1),
            is_on: |_, status| matches!(status, "429" | "503"),
        },
        Common {
            name: "WWW-Authenticate",
            component: "WwwAuthenticate",
            kind: Type::String,
            description: "`Bearer`: a key in `Authorization` is what is missing.",
            example: json!("Bearer"),
            is_on: |_, status| status == "401",
        },
        Common {
            name: "RateLimit-Policy",
            component: "RateLimitPolicy",
            kind: Type::String,
            description: "What each limit that the call counted against allows (draft-ietf-httpapi-ratelimit-headers): so many \
                          (`q`) in so many seconds (`w`). Absent without a limit, and where the call was not counted.",
            example: json!("\"tenant\";q=600;w=60"),
            is_on: is_counted,
        },
        Common {
            name: "RateLimit",
            component: "RateLimit",
            kind: Type::String,
            description: "What is left of each limit (`r`), and in how many seconds all of it is there again (`t`).",
            example: json!("\"tenant\";r=512;t=30"),
            is_on: is_counted,
        },
    ]
}

/// Calls with a tenant's key count, once the key is known: what has security of its own needs another key or none.
fn is_counted(operation: &Operation, status: &str) -> bool {
    operation.security.is_none() && !matches!(status, "401" | "415")
}

/// Names the headers at every answer that can carry them.
pub(super) fn add(document: &mut OpenApi) {
    let all = all();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for common in &all {
            let carried = |status: &str| (common.is_on)(operation, status);
            let on: Vec<_> =
                operation.responses.responses.keys().filter(|status| carried(status)).cloned().collect();
            for status in on {
                if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&status) {
                    let reference = Ref::new(format!("#/components/headers/{}", common.component));
                    response.headers.insert(common.name.to_owned(), RefOr::Ref(reference));
                }
            }
        }
    }
    let components = document.components.get_or_insert_default();
    for Common { component, kind, description, example, .. } in all {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(kind))))
            .description(Some(description))
            .example(Some(example))
            .build();
        components.headers.insert(component.to_owned(), RefOr::T(header));
    }
}
