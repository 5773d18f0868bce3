//! What the person's browser sees: the hosted page of a login, its QR codes and live state, the way to the provider and
//! back, and the way into a site and out of it.
//!
//! # Where things are
//! - One file per address of a login: [`hosted`], [`start`], [`back`], [`events`], [`qr`], [`callback`]; and of a site, which
//!   [`site`] finds: [`site_start`], [`logout`].
//! - [`binding`] decides whose browser a login belongs to, by the cookie that [`cookie`] names; [`visit`] is what a
//!   request says of its browser.
//! - [`standing`] is where a login is as far as its browser is concerned; [`destination`] where the browser goes then.
//! - [`notice`] holds every page that is only words; the words are in [`text`], the languages in [`language`].
//! - [`answer`] writes every response, with the headers that all of them carry.
//!
//! # Things to note
//! - An address in a page begins with the login's own `browser_url`. `Host` decides nothing but which site a person comes to
//!   or leaves.
//! - The login's id alone opens the hosted page and `start`, and only until a browser is bound.
//! - HEAD and prefetches change nothing: no cookie, no binding, no return. What a page loads as a part of itself begins no login and
//!   gets no cookie either, so that no page elsewhere can fill a browser with them.

mod answer;
mod back;
mod binding;
mod callback;
mod cookie;
mod destination;
mod events;
mod hosted;
mod language;
mod logout;
mod notice;
mod qr;
mod site;
mod site_start;
mod standing;
mod start;
mod text;
mod visit;

use actix_web::web::ServiceConfig;

/// Registers every address for browsers. Needs [`herald_app::Herald`], [`crate::http_settings::HttpSettings`] and
/// [`crate::stopping::Stopping`] as shared data.
pub fn configure(services: &mut ServiceConfig) {
    services
        .service(start::start)
        .service(back::back)
        .service(events::events)
        .service(hosted::hosted)
        .service(qr::qr)
        .service(callback::with_state_in_path)
        .service(callback::with_state_in_query)
        .service(site_start::start)
        .service(logout::logout)
        .service(logout::signed_out);
}
