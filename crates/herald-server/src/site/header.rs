//! Headers that may come once. Of two, nobody knows which one counts.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// How often a header came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given<'a> {
    /// Not at all.
    Nothing,
    /// Once.
    Once(&'a HeaderValue),
    /// More often.
    Repeatedly,
}

/// How often the header came.
pub fn given(headers: &HeaderMap, name: HeaderName) -> Given<'_> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Given::Nothing,
        (Some(value), None) => Given::Once(value),
        (Some(_), Some(_)) => Given::Repeatedly,
    }
}

/// The value of a header that came once.
pub fn once(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    match given(headers, name) {
        Given::Once(value) => Some(value),
        Given::Nothing | Given::Repeatedly => None,
    }
}

/// The same, where it is text of visible ASCII.
pub fn once_text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    once(headers, name)?.to_str().ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_come_once_does_not_count_when_it_comes_twice() {
        let name = || HeaderName::from_static("x-forwarded-host");
        let mut headers = HeaderMap::new();
        assert_eq!(given(&headers, name()), Given::Nothing);
        headers.append(name(), HeaderValue::from_static("a"));
        assert_eq!(once_text(&headers, name()), Some("a"));
        headers.append(name(), HeaderValue::from_static("a"));
        assert_eq!((given(&headers, name()), once(&headers, name())), (Given::Repeatedly, None));
        headers.insert(name(), HeaderValue::from_static(""));
        assert_eq!(once_text(&headers, name()), None);
        headers.insert(name(), HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(once_text(&headers, name()), None);
    }
}
