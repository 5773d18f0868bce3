//! What a request says of its browser.

use actix_web::{HttpRequest, http::Method, http::header::ACCEPT_LANGUAGE};
use herald_core::login::Login;

use super::{
    cookie::Cookies,
    language::Language,
    text::{self, Texts},
};

/// One request of a browser.
#[derive(Debug)]
pub(super) struct Visit {
    /// Its cookies.
    pub(super) cookies: Cookies,
    /// Does somebody only want to see what would come? (HEAD.)
    pub(super) is_head: bool,
    /// Did the browser, and not the person, ask?
    pub(super) is_prefetch: bool,
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
        let has_purpose = |name| header(name).split([';', ',']).any(|word| word.trim() == "prefetch");
        Self {
            cookies: Cookies::of(request.headers()),
            is_head: request.method() == Method::HEAD,
            is_prefetch: ["sec-purpose", "purpose", "x-moz"].into_iter().any(has_purpose),
            is_rebound: request.query_string().split('&').any(|member| member == "bind=1"),
            accept_language: header(ACCEPT_LANGUAGE.as_str()).to_owned(),
        }
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

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
            assert_eq!(Visit::of(&request).is_prefetch, is_prefetch, "{name}: {value}");
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
