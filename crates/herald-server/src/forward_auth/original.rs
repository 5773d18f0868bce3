//! The request that a proxy asks about.

use actix_web::http::header::{ACCEPT, HeaderMap, HeaderName};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_WEBSOCKET_KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
/// A browser that sends one of them sends `Sec-Fetch-Mode` too.
const OTHER_SEC_FETCH: [HeaderName; 3] = [
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("sec-fetch-dest"),
    HeaderName::from_static("sec-fetch-user"),
];

/// The request that a proxy asks about, as the proxy saw it. Its other headers are those of the proxy's own request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Original<'a> {
    /// Its method.
    pub(super) method: &'a str,
    /// The origins that it may have been sent to, the likeliest first.
    pub(super) origins: [Option<String>; 2],
    /// Its path and query, byte for byte. Begins with a slash; decides nothing but where a person is sent back to.
    pub(super) target: &'a [u8],
}

/// May the request change something? A WebSocket begins with GET, and can do anything afterwards.
pub(super) fn may_change(method: &str, headers: &HeaderMap) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE") || headers.contains_key(SEC_WEBSOCKET_KEY)
}

/// Does a person wait for a page? Then a login can be shown instead of it; a script could do nothing with one.
pub(super) fn is_page(method: &str, headers: &HeaderMap) -> bool {
    if !matches!(method, "GET" | "HEAD") {
        return false;
    }
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => !OTHER_SEC_FETCH.iter().any(|name| headers.contains_key(name)) && accepts_html(headers),
    }
}

/// Is `text/html` named among what is accepted (RFC 9110, 12.5.1)? `*/*` is no page: every script says that.
fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |range| {
            let mut parts = range.split(';').map(str::trim);
            let is_html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            is_html && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
        },
    )
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn a_page_is_a_navigation_or_of_a_browser_that_does_not_say_something_that_takes_html() {
        let html = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (method, lines, expected) in [
            ("GET", &[("sec-fetch-mode", "navigate")][..], true),
            ("HEAD", &[("sec-fetch-mode", "navigate")], true),
            ("POST", &[("sec-fetch-mode", "navigate"), ("accept", html)], false),
            ("get", &[("sec-fetch-mode", "navigate")], false),
            ("GET", &[("sec-fetch-mode", "cors"), ("accept", html)], false),
            ("GET", &[("sec-fetch-mode", "no-cors"), ("accept", html)], false),
            ("GET", &[("sec-fetch-dest", "image"), ("accept", html)], false),
            ("GET", &[("sec-fetch-mode", "websocket")], false),
            ("GET", &[("accept", html)], true),
            ("HEAD", &[("accept", "application/json, TEXT/HTML;level=1")], true),
            ("GET", &[("accept", "application/json"), ("accept", "text/html")], true),
            ("GET", &[("accept", "text/html;q=0")], false),
            ("GET", &[("accept", "text/html;q=much")], false),
            ("GET", &[("accept", "*/*")], false),
            ("GET", &[("accept", "text/*")], false),
            ("GET", &[("accept", "text/html-x")], false),
            ("GET", &[], false),
            ("OPTIONS", &[("accept", html)], false),
        ] {
            assert_eq!(is_page(method, &headers(lines)), expected, "{method} {lines:?}");
        }
    }

    #[test]
    fn only_what_is_known_to_be_safe_changes_nothing() {
        let none = headers(&[]);
        for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            assert!(!may_change(method, &none), "{method}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", "CONNECT"] {
            assert!(may_change(method, &none), "{method}");
        }
        assert!(may_change("GET", &headers(&[("sec-websocket-key", "x")])));
    }
}
