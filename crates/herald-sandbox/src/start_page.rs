//! `/`: what is accepted here, and where to go.

use actix_web::{HttpResponse, get, web};
use askama::Template;

use crate::credentials::Credentials;
use crate::operation::Provider;
use crate::page;
use crate::shared::Shared;

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    credentials: Credentials,
    providers: Vec<Provider>,
    has_shop: bool,
}

impl Start {
    fn has(&self, provider: Provider) -> bool {
        self.providers.contains(&provider)
    }
}

#[get("/")]
pub(crate) async fn show(shared: web::Data<Shared>) -> HttpResponse {
    page::render(
        200,
        &Start {
            credentials: Credentials::of(&shared),
            providers: shared.config.providers.clone(),
            has_shop: shared.config.shop.is_some(),
        },
    )
}
