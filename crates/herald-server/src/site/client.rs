//! The address of the browser behind the proxies.

use std::net::IpAddr;

use actix_web::{HttpRequest, http::header::X_FORWARDED_FOR};

use crate::http_settings::HttpSettings;

/// The last address that a trusted proxy saw: the peer's own, or the rightmost of `X-Forwarded-For` that is no trusted
/// proxy's. What stands left of it, anybody can have written.
pub fn address(request: &HttpRequest, settings: &HttpSettings) -> Option<IpAddr> {
    let mut address = request.peer_addr()?.ip();
    let lines: Vec<_> = request.headers().get_all(X_FORWARDED_FOR).collect();
    let hops = lines.into_iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for hop in hops {
        if !settings.is_trusted_proxy(address) {
            break;
        }
        // What is no address says nothing of what is left of it either.
        let Ok(before) = hop.trim().parse() else { break };
        address = before;
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::Network;

    #[test]
    fn an_address_counts_if_a_trusted_proxy_wrote_it() {
        let settings = HttpSettings {
            public_url: String::new(),
            trusted_proxies: vec![Network::parse("10.0.0.0/8").unwrap()],
            admin_keys: vec![],
            is_development: false,
        };
        for (peer, lines, expected) in [
            ("203.0.113.7", &[][..], "203.0.113.7"),
            ("203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["6.6.6.6", "2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", &["6.6.6.6, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.2"),
        ] {
            let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
            for line in lines {
                request = request.append_header((X_FORWARDED_FOR, *line));
            }
            let found = address(&request.to_http_request(), &settings).unwrap();
            assert_eq!(found.to_string(), expected, "{peer} {lines:?}");
        }
    }
}
