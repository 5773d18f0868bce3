//! Antirius: login through messengers, messages by phone.

mod answer;
mod begin;
mod config;
mod message;
mod messenger;
pub(crate) mod poll;
mod state;
mod token;

use actix_web::web;

pub use config::{AntiriusConfig, AntiriusPerson, AntiriusSwitches};
pub use state::SessionStatus;

pub(crate) use answer::{fault_body, sample};
pub(crate) use state::State;

/// Makes the first signing key on a thread of its own: it takes a while, and not every sandbox signs.
pub(crate) fn prepare_key(state: &State) -> std::io::Result<()> {
    let Some(place) = state.first_key() else { return Ok(()) };
    let make = move || {
        place.get_or_init(crate::jwt::RsaKey::generate);
    };
    std::thread::Builder::new().name("herald-sandbox-key".to_owned()).spawn(make).map(drop)
}

pub(crate) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(begin::begin)
        .service(poll::by_query)
        .service(poll::by_path)
        .service(token::jwks)
        .service(message::send)
        .service(messenger::show)
        .service(messenger::decide)
        .service(messenger::hosted);
}
