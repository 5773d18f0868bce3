//! A login as it is shown, with the tag of exactly that.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::ETAG},
};
use herald_core::login::Login;

use crate::{
    extract::Etag,
    problem::Problem,
    routes::answer::{json, render},
    views::LoginView,
};

/// A login, rendered.
pub(super) struct Shown {
    /// The tag of the body.
    pub(super) etag: Etag,
    /// The JSON.
    pub(super) body: Vec<u8>,
}

impl Shown {
    pub(super) fn of(login: &Login) -> Result<Self, Problem> {
        let body = render(&LoginView::of(login))?;
        Ok(Self { etag: Etag::of(&body), body })
    }

    /// 200 with the login.
    pub(super) fn respond(self) -> HttpResponse {
        let mut response = json(StatusCode::OK, self.body);
        response.headers_mut().insert(ETAG, self.etag.header());
        response
    }

    /// 304: the caller has it already.
    pub(super) fn not_modified(&self) -> HttpResponse {
        let mut response = HttpResponse::NotModified().finish();
        response.headers_mut().insert(ETAG, self.etag.header());
        response
    }
}
