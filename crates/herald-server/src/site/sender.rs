//! Which page makes a browser send a request: by `Sec-Fetch-Site` (Fetch Metadata), else by `Origin` (Fetch, 3.2).

use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN};
use herald_core::session::SiteOrigin;

use super::header::{Given, given};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A page of the site itself.
    OwnPage,
    /// The person: an address that was typed, a bookmark.
    Person,
    /// A page of another origin, sibling hosts included, or nobody can tell which.
    OtherPage,
    /// The request does not say: no browser sent it, or a very old one.
    Unsaid,
}

/// Who sends a request to this site.
pub fn of(headers: &HeaderMap, site: &SiteOrigin) -> Sender {
    match (given(headers, SEC_FETCH_SITE), given(headers, ORIGIN)) {
        (Given::Once(value), _) if value == "same-origin" => Sender::OwnPage,
        (Given::Once(value), _) if value == "none" => Sender::Person,
        (Given::Nothing, Given::Once(value)) if value == site.as_str() => Sender::OwnPage,
        (Given::Nothing, Given::Nothing) => Sender::Unsaid,
        _ => Sender::OtherPage,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_browsers_own_word_counts_and_the_origin_only_without_it() {
        let site = SiteOrigin::of(&"https://app.example".parse().unwrap()).unwrap();
        for (lines, sender) in [
            (&[][..], Sender::Unsaid),
            (&[("sec-fetch-site", "same-origin")], Sender::OwnPage),
            (&[("sec-fetch-site", "none")], Sender::Person),
            (&[("sec-fetch-site", "same-site")], Sender::OtherPage),
            (&[("sec-fetch-site", "cross-site")], Sender::OtherPage),
            (&[("sec-fetch-site", "Same-Origin")], Sender::OtherPage),
            (&[("sec-fetch-site", "")], Sender::OtherPage),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://app.example")], Sender::OtherPage),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], Sender::OtherPage),
            (&[("origin", "https://app.example")], Sender::OwnPage),
            (&[("origin", "https://app.example:8443")], Sender::OtherPage),
            (&[("origin", "http://app.example")], Sender::OtherPage),
            (&[("origin", "https://app.example.evil.example")], Sender::OtherPage),
            (&[("origin", "null")], Sender::OtherPage),
            (&[("origin", "https://app.example"), ("origin", "https://app.example")], Sender::OtherPage),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(of(&headers, &site), sender, "{lines:?}");
        }
    }
}
