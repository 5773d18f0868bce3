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
//! - These are the busiest addresses there are. They are registered first, have no middleware but the request log, which
//!   writes of them only what went wrong, and make the headers of an answer once for each credential.

mod answer;
mod check;
mod envoy;
mod forwarded;
mod identity;
mod nginx;
mod original;

use actix_web::web::ServiceConfig;

/// What the addresses begin with.
const PREFIX: &str = "/v1/forward-auth/";

/// Registers the addresses. Needs [`herald_app::Herald`], [`crate::http_settings::HttpSettings`] and
/// [`crate::stopping::Stopping`] as shared data.
pub fn configure(services: &mut ServiceConfig) {
    services
        .service(nginx::nginx)
        .service(forwarded::traefik)
        .service(forwarded::caddy)
        .service(envoy::envoy());
}

/// The pattern of the forward-auth address that this is, if it is one: for the request log, which must not look it up.
pub fn route_of(path: &str) -> Option<&'static str> {
    let rest = path.strip_prefix(PREFIX)?;
    match rest {
        "nginx" => Some("/v1/forward-auth/nginx"),
        "traefik" => Some("/v1/forward-auth/traefik"),
        "caddy" => Some("/v1/forward-auth/caddy"),
        _ => {
            let below = rest.strip_prefix("envoy")?;
            (below.is_empty() || below.starts_with('/')).then_some(envoy::PATTERN)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_addresses_themselves_are_forward_auth() {
        assert_eq!(route_of("/v1/forward-auth/nginx"), Some("/v1/forward-auth/nginx"));
        assert_eq!(route_of("/v1/forward-auth/envoy/a/b"), Some("/v1/forward-auth/envoy{path}"));
        for other in
            ["/v1/forward-auth/", "/v1/forward-auth/nginx/", "/v1/forward-auth/envoyx", "/v1/logins", "/"]
        {
            assert_eq!(route_of(other), None, "{other}");
        }
    }
}
