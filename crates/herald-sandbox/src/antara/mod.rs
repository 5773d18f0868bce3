//! Antara: OAuth with PKCE, slugs, messages by slug.

mod answer;
pub(crate) mod authorize;
mod config;
mod consent;
mod credentials;
mod identity;
mod messages;
mod state;
mod token;
pub(crate) mod webhooks;

use actix_web::web;

pub use config::{AntaraConfig, AntaraSwitches, AntaraUser, DeliveryNotice, RepeatedKey};

pub(crate) use answer::{Refusal, fault_body, sample};
pub(crate) use state::{Kind, State, Token};

pub(crate) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(identity::discovery)
        .service(authorize::authorize)
        .service(consent::show)
        .service(consent::decide)
        .service(token::exchange_code)
        .service(identity::userinfo)
        .service(identity::introspect)
        .service(identity::me)
        .service(identity::lookup)
        .service(credentials::by_key)
        .service(credentials::by_client)
        .service(messages::send)
        .service(webhooks::register);
}
