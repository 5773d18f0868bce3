//! What forward auth and the pages of a site both know: which site a request is for, its cookie, who sends a request.
//!
//! - [`origin`]: how an origin is spelled; [`cookie`]: the session cookie; [`sender`]: whose page sends a request.
//! - [`client`]: whose address it is; [`header`]: what may come once; [`percent`]: text for headers and addresses.

pub mod client;
pub mod cookie;
pub mod header;
pub mod origin;
pub mod percent;
pub mod sender;

/// Where a person signs in at the site with this `url`, to see `target` (path and query) then.
pub fn start_address(url: &str, target: &[u8]) -> String {
    format!("{url}/start?rd={}", percent::encode_query(target))
}
