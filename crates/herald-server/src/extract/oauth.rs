//! A call of an OAuth endpoint: as any other, but refused in the words of OAuth.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use super::{
    call::{Call, FormBody},
    form::FromForm,
    parameters::NoParameters,
    scope::RequiredScope,
};
use crate::problem::OAuthError;

/// A [`Call`] with a form whose errors are OAuth's.
pub struct OAuthCall<S, T>(pub Call<S, NoParameters, FormBody<T>>);

impl<S: RequiredScope, T: FromForm + 'static> FromRequest for OAuthCall<S, T> {
    type Error = OAuthError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, OAuthError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(Call::check(request, payload).await?)) })
    }
}
