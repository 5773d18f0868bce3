//! HTML answers: no script, no foreign assets, never cached.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// What every page may load: its own inline styles. Forms may lead to other origins (the redirect after consent).
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

/// A page that only says something.
#[derive(Debug, Template)]
#[template(path = "notice.html")]
pub(crate) struct Notice<'a> {
    brand: &'a str,
    title: &'a str,
    text: &'a str,
    link: Option<(&'a str, &'a str)>,
}

impl<'a> Notice<'a> {
    pub(crate) fn new(brand: &'a str, title: &'a str, text: &'a str) -> Self {
        Self { brand, title, text, link: None }
    }

    /// The same with a button: address and label.
    pub(crate) fn link(mut self, address: &'a str, label: &'a str) -> Self {
        self.link = Some((address, label));
        self
    }
}

pub(crate) fn notice(status: u16, notice: &Notice<'_>) -> HttpResponse {
    render(status, notice)
}

pub(crate) fn render(status: u16, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
            .insert_header(("Content-Security-Policy", POLICY))
            .insert_header(("Cache-Control", "no-store"))
            .insert_header(("Referrer-Policy", "no-referrer"))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => {
            tracing::error!(%error, "a page of the sandbox could not be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
}
