//! What a request says of its browser.

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{ACCEPT_LANGUAGE, HeaderMap},
    },
};
use herald_core::login::Login;

use super::{
    cookie::Cookies,
    language::Language,
    text::{self, Texts},
};

/// What a browser asks for something for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To go there.
    Visit,
    /// To have it when the person goes there, if they do.
    Prefetch,
    /// To make it part of a page: an image, a script's request, a frame of another origin's page, or the like.
    Part,
}

/// One request of a browser.
#[derive(Debug)]
pub(super) struct Visit {
    /// Its cookies.
    pub(super) cookies: Cookies,
    /// Does somebody only want to see what would come? (HEAD.)
    pub(super) is_head: bool,
    purpose: Purpose,
    /// Was the browser sent here by the answer that gave it a cookie?
    pub(super) is_rebound: bool,
    /// The languages that it likes, as it says it.
    pub(super) accept_language: String,
}

impl Visit {
    /// Reads the request.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        Self {
            cookies: Cookies::of(request.headers()),
            is_head: request.method() == Method::HEAD,
            purpose: Purpose::of(request.headers()),
            is_rebound: request.query_string().split('&').any(|member| member == "bind=1"),
            accept_language: header(ACCEPT_LANGUAGE.as_str()).to_owned(),
        }
    }

    /// Did the browser, and not the person, ask?
    pub(super) fn is_prefetch(&self) -> bool {
        self.purpose == Purpose::Prefetch
    }

    /// Would nobody see a page that is the answer?
    pub(super) fn is_unasked(&self) -> bool {
        self.purpose != Purpose::Visit
    }

    /// The words for a person of whom only the browser is known.
    pub(super) fn texts(&self) -> &'static Texts {
        text::of(Language::choose(None, &self.accept_language))
    }

    /// The words for the person of this login.
    pub(super) fn texts_for(&self, login: &Login) -> &'static Texts {
        text::of(Language::choose(login.terms.locale.as_ref(), &self.accept_language))
    }
}

impl Purpose {
    /// By Fetch Metadata (W3C) and its older kin. A browser that says nothing goes where it asks for. A service worker of the origin
    /// that passes a navigation on in a request of its own makes the mode of it `same-origin`.
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let is_prefetch = |name| {
            text(name).is_some_and(|text| text.split([';', ',']).any(|word| word.trim() == "prefetch"))
        };
        let is_own = text("sec-fetch-site") == Some("same-origin");
        let is_navigation =
            text("sec-fetch-mode").is_none_or(|mode| mode == "navigate" || is_own && mode == "same-origin");
        let is_framed = text("sec-fetch-dest").is_some_and(|destination| destination != "document");
        if ["sec-purpose", "purpose", "x-moz"].into_iter().any(is_prefetch) {
            Self::Prefetch
        } else if !is_navigation || is_framed && !is_own {
            Self::Part
        } else {
            Self::Visit
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_where_the_browser_goes_is_asked_for() {
        for (mode, dest, site, is_unasked) in [
            ("navigate", "document", "none", false),
            ("navigate", "document", "cross-site", false),
            ("navigate", "iframe", "same-origin", false),
            ("navigate", "iframe", "same-site", true),
            ("navigate", "object", "cross-site", true),
            ("no-cors", "image", "same-site", true),
            ("no-cors", "script", "same-origin", true),
            ("cors", "empty", "same-origin", true),
            ("same-origin", "empty", "same-origin", false),
            ("same-origin", "empty", "same-site", true),
            ("websocket", "empty", "same-origin", true),
        ] {
            let request = TestRequest::default()
                .insert_header(("sec-fetch-mode", mode))
                .insert_header(("sec-fetch-dest", dest))
                .insert_header(("sec-fetch-site", site))
                .to_http_request();
            assert_eq!(Visit::of(&request).is_unasked(), is_unasked, "{mode} {dest} {site}");
        }
        for (header, is_unasked) in
            [(("sec-fetch-mode", "no-cors"), true), (("sec-fetch-dest", "iframe"), true), (("x", "y"), false)]
        {
            let request = TestRequest::default().insert_header(header).to_http_request();
            assert_eq!(Visit::of(&request).is_unasked(), is_unasked, "{header:?}");
        }
    }

    #[test]
    fn a_prefetch_is_known_by_any_of_its_names() {
        for (name, value, is_prefetch) in [
            ("sec-purpose", "prefetch", true),
            ("sec-purpose", "prefetch;prerender", true),
            ("purpose", "prefetch", true),
            ("x-moz", "prefetch", true),
            ("sec-purpose", "prefetched", false),
            ("sec-fetch-mode", "navigate", false),
        ] {
            let request = TestRequest::default().insert_header((name, value)).to_http_request();
            assert_eq!(Visit::of(&request).is_prefetch(), is_prefetch, "{name}: {value}");
        }
    }

    #[test]
    fn only_our_own_member_says_that_a_cookie_was_set() {
        for (uri, is_rebound) in
            [("/x?bind=1", true), ("/x?a=b&bind=1", true), ("/x?bind=10", false), ("/x?xbind=1", false)]
        {
            let request = TestRequest::with_uri(uri).to_http_request();
            assert_eq!(Visit::of(&request).is_rebound, is_rebound, "{uri}");
        }
    }
}
