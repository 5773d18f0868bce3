//! Where an endpoint may be.

use url::Url;

use crate::{config::has_public_host, http_settings::HttpSettings, problem::Problem};

/// Refuses an address whose host is surely not public (B77), but in development. What is no address at all is left to the
/// application, which says what is wrong with it; what a name leads to is looked at whenever it is connected to.
pub(super) fn check(url: &str, settings: &HttpSettings) -> Result<(), Problem> {
    match Url::parse(url) {
        Ok(url) if !settings.is_development && !has_public_host(&url) => {
            Err(Problem::invalid().at("/url", "blocked_address", "this address is not public"))
        }
        _ => Ok(()),
    }
}
