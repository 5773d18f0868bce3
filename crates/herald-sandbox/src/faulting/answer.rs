//! Answers that a fault gives instead of the provider's.

use std::collections::BTreeMap;

use actix_web::body::{self, BoxBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Call, malformed};
use crate::fault::Malformed;
use crate::merge_patch::merge_patch;
use crate::operation::{Operation, Provider};
use crate::{antara, antirius, authara};

impl Call<'_> {
    /// The provider's own answer; where it was not asked, what it would have said.
    pub(super) fn own_answer(self) -> HttpResponse {
        let Self { provider, operation, own, .. } = self;
        own.unwrap_or_else(|| HttpResponse::Ok().json(sample(provider, operation)))
    }

    /// That status, with the body given or in the provider's error shape.
    pub(super) fn status(self, status: u16, body: Option<Value>, retry_after: Option<u64>) -> HttpResponse {
        let mut builder = built(status);
        if let Some(seconds) = retry_after {
            builder.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        let body = body.unwrap_or_else(|| self.error_shape(status, retry_after));
        with_body(builder, body)
    }

    /// Any answer.
    pub(super) async fn given(
        self,
        status: u16,
        headers: &BTreeMap<String, String>,
        body: Option<Value>,
        patch: Option<&Value>,
    ) -> HttpResponse {
        let mut builder = built(status);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            {
                builder.insert_header((name, value));
            }
        }
        let mut body = match body {
            Some(body) => body,
            None if status < 300 => {
                serde_json::from_slice(&whole(self.own_answer().into_body()).await).unwrap_or(Value::Null)
            }
            None => self.error_shape(status, None),
        };
        if let Some(patch) = patch {
            merge_patch(&mut body, patch);
        }
        with_body(builder, body)
    }

    /// The provider's own answer, spoilt.
    pub(super) async fn malformed(self, how: Malformed, status: u16) -> HttpResponse {
        let (kind, body) = malformed::spoilt(&whole(self.own_answer().into_body()).await, how);
        built(status).content_type(kind).body(body)
    }

    fn error_shape(&self, status: u16, retry_after: Option<u64>) -> Value {
        match self.provider {
            Provider::Antara => antara::fault_body(self.shared, status, retry_after),
            Provider::Antirius => antirius::fault_body(status),
            Provider::Authara => authara::fault_body(status),
        }
    }
}

/// A good answer of a provider that was not asked.
fn sample(provider: Provider, operation: Operation) -> Value {
    match provider {
        Provider::Antara => antara::sample(operation),
        Provider::Antirius => antirius::sample(operation),
        Provider::Authara => json!({}),
    }
}

pub(super) fn redirect(status: u16, location: &str) -> HttpResponse {
    built(status).insert_header((LOCATION, location)).finish()
}

/// All of a body; nothing when it breaks off, which the provider's own never does.
pub(super) async fn whole(body: BoxBody) -> Bytes {
    body::to_bytes(body).await.unwrap_or_default()
}

fn built(status: u16) -> HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

fn with_body(mut builder: HttpResponseBuilder, body: Value) -> HttpResponse {
    match body {
        Value::String(text) => builder.content_type("text/plain; charset=utf-8").body(text),
        json => builder.json(json),
    }
}
