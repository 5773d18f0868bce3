//! Strong entity tags, and `If-None-Match` (RFC 9110, 8.8 and 13.1.2).

use actix_web::{
    HttpRequest,
    http::header::{HeaderValue, IF_NONE_MATCH},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::secret::Digest;

/// A strong entity tag: the hash of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(String);

impl Etag {
    /// The tag of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Digest::of(bytes);
        Self(format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_bytes()[..16])))
    }

    /// The tag with its quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag as the value of `ETag`.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::try_from(&*self.0).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }
}

/// What the caller has seen already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// The tags that the request lists; nothing if it has no such header.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        if !request.headers().contains_key(IF_NONE_MATCH) {
            return None;
        }
        let tags = request
            .headers()
            .get_all(IF_NONE_MATCH)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/").to_owned())
            .collect();
        Some(Self(tags))
    }

    /// Has the caller seen this one? (The comparison is the weak one, as RFC 9110 has it; `*` has seen everything.)
    pub fn has_seen(&self, etag: &Etag) -> bool {
        self.0.iter().any(|tag| tag == "*" || *tag == etag.0)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_tag_is_quoted_and_tells_bytes_apart() {
        let tag = Etag::of(b"a");
        assert_eq!(tag.header().to_str().unwrap(), tag.as_str());
        assert!(tag.as_str().starts_with('"') && tag.as_str().ends_with('"') && tag.as_str().len() == 24);
        assert_ne!(tag, Etag::of(b"b"));
    }

    #[test]
    fn any_listed_tag_counts_as_seen() {
        let tag = Etag::of(b"a");
        let seen = |value: &str| {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, value)).to_http_request();
            IfNoneMatch::of(&request).unwrap().has_seen(&tag)
        };
        assert!(seen(tag.as_str()));
        assert!(seen(&format!("\"x\", W/{}", tag.as_str())));
        assert!(seen("*"));
        assert!(!seen("\"x\"") && !seen("") && !seen(tag.as_str().trim_matches('"')));
        assert_eq!(IfNoneMatch::of(&TestRequest::default().to_http_request()), None);
    }
}
