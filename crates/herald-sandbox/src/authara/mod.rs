//! Authara: cookie sessions on an origin of one's own.

mod answer;
mod api;
mod config;
mod login;
mod login_page;
mod refresh;
mod return_path;
mod state;
pub(crate) mod webhooks;

use actix_web::web;

pub use config::{AutharaConfig, AutharaOrganization, AutharaSwitches, AutharaUser, RaceLoser, Rotation};

pub(crate) use answer::{csrf_cookie, fault_body, session_cookies};
pub(crate) use state::State;

pub(crate) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(login_page::show)
        .service(login_page::submit)
        .service(api::csrf)
        .service(api::login)
        .service(api::current_user)
        .service(refresh::by_cookie)
        .service(refresh::by_body)
        .service(refresh::logout_api)
        .service(refresh::logout_form);
}
