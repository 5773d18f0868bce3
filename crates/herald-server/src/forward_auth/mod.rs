//! Forward auth: a proxy asks of every request to a site whether it may pass, and who sends it.
//!
//! # Where things are
//! - One file per dialect of asking: [`nginx`], [`forwarded`] (Traefik and Caddy), [`envoy`]. Each reads the request that it
//!   is about into an [`Original`](original::Original).
//! - [`check`] decides: may the peer ask, which site is it, who sends the request, may they send it.
//! - [`answer`] writes every answer; [`identity`] the headers that say who it is.
//!
//! # Things to note
//! - What a header says of the original request counts only if a trusted proxy sent it, by the address of the peer, and only
//!   if it came once. Everything else is refused: it cannot be known what would be let through.
//! - No path, query, method or browser is let through without a session. The paths below a site's prefix that need none are
//!   never asked about: the proxy sends them to the pages.
//! - These are the busiest addresses there are. They are registered first, have no middleware, write a line only of what went
//!   wrong, and make the headers of an answer once for each credential.

mod answer;
mod check;
mod envoy;
mod forwarded;
mod identity;
mod nginx;
mod original;

use actix_web::web::ServiceConfig;

use crate::request_log::Tally;

/// How a kind of proxy asks.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    /// The address's pattern, for the request log.
    route: &'static str,
    /// How a person who has to sign in gets to the login.
    login_by: LoginBy,
}

/// How a person who has to sign in gets to the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LoginBy {
    /// By a redirect, which the proxy passes on.
    Redirect,
    /// By an address in a header, of which the proxy makes a redirect.
    Header,
}

/// Registers the addresses. Needs [`herald_app::Herald`], [`crate::http_settings::HttpSettings`] and
/// [`crate::stopping::Stopping`] as shared data.
pub fn configure(services: &mut ServiceConfig) {
    services
        .app_data(Tally::default())
        .service(nginx::nginx)
        .service(forwarded::traefik)
        .service(forwarded::caddy)
        .service(envoy::envoy());
}
