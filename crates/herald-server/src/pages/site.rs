//! Which site a browser is at: the pages of a site that belong to no login have only its host to go by.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header::HOST};
use herald_app::{Site, Tenant, Tenants};

use crate::{
    http_settings::HttpSettings,
    site::{
        header::{Given, given, once_text},
        origin::{self, Scheme, X_FORWARDED_HOST},
    },
};

/// The site of this request: by what a trusted proxy says of it, else by `Host`.
pub(super) fn of<'a>(
    tenants: &'a Tenants,
    settings: &HttpSettings,
    request: &HttpRequest,
) -> Option<&'a (Arc<Tenant>, Arc<Site>)> {
    let (scheme, host) = asked_for(settings, request)?;
    origin::candidates(scheme, host).iter().flatten().find_map(|origin| tenants.site(origin))
}

/// The scheme, where anybody knows it, and the host that the browser asked for.
fn asked_for<'a>(settings: &HttpSettings, request: &'a HttpRequest) -> Option<(Option<Scheme>, &'a str)> {
    let headers = request.headers();
    if !request.peer_addr().is_some_and(|peer| settings.is_trusted_proxy(peer.ip())) {
        return Some((None, once_text(headers, HOST)?));
    }
    let scheme = origin::forwarded_scheme(headers).ok()?;
    let host = match given(headers, X_FORWARDED_HOST) {
        Given::Nothing => once_text(headers, HOST)?,
        Given::Once(host) => host.to_str().ok()?,
        Given::Repeatedly => return None,
    };
    Some((scheme, host))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::Network;

    #[test]
    fn a_proxy_is_believed_if_it_is_trusted_and_clear() {
        let settings = HttpSettings {
            public_url: String::new(),
            trusted_proxies: vec![Network::parse("10.0.0.1").unwrap()],
            admin_keys: vec![],
            is_development: false,
        };
        let https = Some(Scheme::Https);
        for (peer, headers, expected) in [
            (
                "10.0.0.1:1",
                &[("host", "h"), ("x-forwarded-host", "x"), ("x-forwarded-proto", "https")][..],
                Some((https, "x")),
            ),
            ("10.0.0.1:1", &[("host", "h"), ("x-forwarded-proto", "https")], Some((https, "h"))),
            ("10.0.0.1:1", &[("host", "h"), ("x-forwarded-host", "x")], Some((None, "x"))),
            ("10.0.0.1:1", &[("host", "h"), ("x-forwarded-host", "x"), ("x-forwarded-host", "x")], None),
            ("10.0.0.1:1", &[("host", "h"), ("x-forwarded-proto", "gopher")], None),
            ("10.0.0.1:1", &[], None),
            (
                "10.0.0.2:1",
                &[("host", "h"), ("x-forwarded-host", "x"), ("x-forwarded-proto", "https")],
                Some((None, "h")),
            ),
        ] {
            let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
            for header in headers {
                request = request.append_header(*header);
            }
            let request = request.to_http_request();
            assert_eq!(asked_for(&settings, &request), expected, "{peer} {headers:?}");
        }
    }
}
