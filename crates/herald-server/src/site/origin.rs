//! Which origin a request was sent to, as its proxy saw it.

use actix_web::http::header::{HeaderMap, HeaderName};

use super::header::{Given, given};

/// The host that a browser asked a proxy for, with its port where it is not the usual one.
pub const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// The scheme that it asked by.
pub const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How a browser speaks to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// https, or wss.
    Https,
    /// http, or ws: in development.
    Http,
}

impl Scheme {
    /// The scheme of this word. Traefik says `wss` and `ws` of WebSockets, which belong to the origin of their page.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "https" | "wss" => Some(Self::Https),
            "http" | "ws" => Some(Self::Http),
            _ => None,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Https => "https://",
            Self::Http => "http://",
        }
    }

    /// The port that an origin leaves out, as it ends a host.
    fn default_port(self) -> &'static str {
        match self {
            Self::Https => ":443",
            Self::Http => ":80",
        }
    }
}

/// `X-Forwarded-Proto` came more than once, or is no scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnclearScheme;

/// The scheme that a proxy says the browser asked by, if it says one.
pub fn forwarded_scheme(headers: &HeaderMap) -> Result<Option<Scheme>, UnclearScheme> {
    match given(headers, X_FORWARDED_PROTO) {
        Given::Nothing => Ok(None),
        Given::Once(scheme) => scheme.to_str().ok().and_then(Scheme::parse).map(Some).ok_or(UnclearScheme),
        Given::Repeatedly => Err(UnclearScheme),
    }
}

/// The origin of a host, in the spelling of [`herald_core::session::SiteOrigin`]: lower case, without the scheme's own port.
///
/// A host that is none, or is spelled in any other way (a dot at its end, a user before it), is not refused here: it gives an
/// origin that no site has.
pub fn of(scheme: Scheme, host: &str) -> String {
    let host = host.strip_suffix(scheme.default_port()).unwrap_or(host);
    let mut origin = String::with_capacity(scheme.prefix().len() + host.len());
    origin.push_str(scheme.prefix());
    origin.push_str(host);
    origin.make_ascii_lowercase();
    origin
}

/// The origins that a host may stand for, the likeliest first: without a scheme it is https, and http (development) only
/// where no https site is found.
pub fn candidates(scheme: Option<Scheme>, host: &str) -> [Option<String>; 2] {
    match scheme {
        Some(scheme) => [Some(of(scheme, host)), None],
        None => [Scheme::Https, Scheme::Http].map(|scheme| Some(of(scheme, host))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_in_lower_case_and_without_its_usual_port() {
        for (scheme, host, origin) in [
            (Scheme::Https, "App.Acme.Example", "https://app.acme.example"),
            (Scheme::Https, "app.example:443", "https://app.example"),
            (Scheme::Https, "app.example:80", "https://app.example:80"),
            (Scheme::Http, "app.example:80", "http://app.example"),
            (Scheme::Http, "[::1]:8080", "http://[::1]:8080"),
            // Of these no site is found, because no site is spelled like that.
            (Scheme::Https, "app.example.", "https://app.example."),
            (Scheme::Https, "good.example@evil.example", "https://good.example@evil.example"),
            (Scheme::Https, "app.example:443:443", "https://app.example:443"),
            (Scheme::Https, "app.example, evil.example", "https://app.example, evil.example"),
            (Scheme::Https, "", "https://"),
        ] {
            assert_eq!(of(scheme, host), origin);
        }
    }

    #[test]
    fn a_websocket_belongs_to_the_origin_of_its_page() {
        assert_eq!(Scheme::parse("wss"), Scheme::parse("https"));
        assert_eq!(Scheme::parse("ws"), Scheme::parse("http"));
        for bad in ["", "HTTPS", "https,http", "ftp", "https "] {
            assert_eq!(Scheme::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_host_without_a_scheme_is_tried_as_https_first() {
        let all = |scheme| candidates(scheme, "app.example").into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(all(None), ["https://app.example", "http://app.example"]);
        assert_eq!(all(Some(Scheme::Http)), ["http://app.example"]);
    }
}
