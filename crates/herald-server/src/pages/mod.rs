//! What the person's browser sees: the hosted page of a login, its QR codes and live state, and the way to the provider
//! and back.
//!
//! # Where things are
//! - One file per address: [`hosted`], [`start`], [`back`], [`events`], [`qr`], [`callback`].
//! - [`binding`] decides whose browser a login belongs to, by the cookie that [`cookie`] names; [`visit`] is what a
//!   request says of its browser.
//! - [`standing`] is where a login is as far as its browser is concerned; [`destination`] where the browser goes then.
//! - [`notice`] holds every page that is only words; the words are in [`text`], the languages in [`language`].
//! - [`answer`] writes every response, with the headers that all of them carry.
//!
//! # Things to note
//! - An address in a page begins with the login's own `browser_url`. `Host` decides nothing.
//! - The login's id alone opens the hosted page and `start`, and only until a browser is bound.
//! - HEAD and prefetches change nothing: no cookie, no binding, no return.

mod answer;
mod back;
mod binding;
mod callback;
mod cookie;
mod destination;
mod events;
mod hosted;
mod language;
mod notice;
mod qr;
mod standing;
mod start;
mod text;
mod visit;

use actix_web::web::ServiceConfig;

/// Registers every address for browsers. Needs [`herald_app::Herald`] and [`crate::stopping::Stopping`] as shared data.
pub fn configure(services: &mut ServiceConfig) {
    services
        .service(start::start)
        .service(back::back)
        .service(events::events)
        .service(hosted::hosted)
        .service(qr::qr)
        .service(callback::with_state_in_path)
        .service(callback::with_state_in_query);
}
