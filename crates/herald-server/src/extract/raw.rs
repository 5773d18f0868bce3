//! A body as it came, for a signature over its bytes.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::BytesMut};

use super::{
    body::{USUAL_BODY, read_bytes},
    call::herald,
    framing::{self, BodyFrame, MediaType},
};
use crate::problem::Problem;

/// The bytes of a body that says that it is JSON. What they are, nobody has looked at.
#[derive(Clone, Debug)]
pub struct RawJson(pub BytesMut);

impl FromRequest for RawJson {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            framing::check(&request, Some(BodyFrame { media_type: MediaType::Json, largest: USUAL_BODY }))?;
            let herald = herald(&request)?;
            read_bytes(payload, USUAL_BODY, &**herald.clock()).await.map(Self)
        })
    }
}
