//! Answers with a JSON body.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::problem::{ErrorCode, Problem};

/// The JSON of a view.
pub(super) fn render(view: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(view)
        .map_err(|error| Problem::new(ErrorCode::InternalError, "Something went wrong.").caused_by(error))
}

/// An answer of JSON that is rendered already.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    HttpResponse::build(status).content_type("application/json").body(body)
}
