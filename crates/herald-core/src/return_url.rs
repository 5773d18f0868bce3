//! The addresses that a browser may be sent back to.

use serde::{Deserialize, Serialize};
use url::Url;

/// The address may not stand in a tenant's list of return addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidReturnUrl(pub &'static str);

/// An absolute address that an operator registered for a tenant.
///
/// A login's `return_url` is a member of the tenant's list by exact comparison of bytes (RFC 9700, 2.1); nothing is
/// normalised on the way, so nothing can be smuggled past by spelling it differently.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReturnUrl(String);

impl ReturnUrl {
    /// Reads what an operator registers: https (http where `allow_http`), a host, no user, no fragment, no control
    /// character, white space or backslash, at most 2048 bytes, and none of the query members that Herald itself adds.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, InvalidReturnUrl> {
        if text.len() > 2048 {
            return Err(InvalidReturnUrl("longer than 2048 characters"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || !c.is_ascii()) {
            return Err(InvalidReturnUrl(
                "white space, backslashes, control and non-ASCII characters must be percent-encoded",
            ));
        }
        let url = Url::parse(text).map_err(|_| InvalidReturnUrl("not an absolute URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if allow_http => {}
            "http" => return Err(InvalidReturnUrl("http is for development only")),
            _ => return Err(InvalidReturnUrl("the scheme must be https")),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidReturnUrl("the host is missing"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidReturnUrl("a user name or password has no place here"));
        }
        if url.fragment().is_some() {
            return Err(InvalidReturnUrl("a fragment has no place here"));
        }
        if url.query_pairs().any(|(name, _)| matches!(&*name, "login_id" | "code" | "error")) {
            return Err(InvalidReturnUrl("`login_id`, `code` and `error` are added by Herald"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with these members added to its query; what was there stays as it was.
    pub fn with_query(&self, members: &[(&str, &str)]) -> String {
        let mut added = url::form_urlencoded::Serializer::new(String::new());
        added.extend_pairs(members);
        let glue = match self.0.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{}{glue}{}", self.0, added.finish())
    }
}

impl std::fmt::Debug for ReturnUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_addresses_can_be_registered() {
        assert!(ReturnUrl::parse("https://shop.acme.example/signed-in?x=1", false).is_ok());
        assert!(ReturnUrl::parse("http://127.0.0.1:9100/in", true).is_ok());
        for bad in [
            "http://shop.acme.example/",
            "//evil",
            "/in",
            "javascript:alert(1)",
            "data:x",
            "https://a@b/",
            "https://a/#x",
            "https://a/\\b",
            "https://a/ b",
            "https://a/\tb",
            "https://а.example/",
            "https://a/?code=1",
            "",
        ] {
            assert!(ReturnUrl::parse(bad, false).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_query_that_was_there_stays() {
        let plain = ReturnUrl::parse("https://a.example/in", false).unwrap();
        assert_eq!(
            plain.with_query(&[("login_id", "log_1"), ("code", "a b")]),
            "https://a.example/in?login_id=log_1&code=a+b"
        );
        let query = ReturnUrl::parse("https://a.example/in?x=%20", false).unwrap();
        assert_eq!(
            query.with_query(&[("error", "login_failed")]),
            "https://a.example/in?x=%20&error=login_failed"
        );
    }
}
