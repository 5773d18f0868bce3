//! Authara's cookies as browsers bring them.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// The cookie of the access token, a JWT.
pub(crate) const ACCESS: &str = "authara_access";
/// The cookie of the refresh token, opaque.
pub(crate) const REFRESH: &str = "authara_refresh";
/// The cookie that a request which changes something repeats as a header.
pub(crate) const CSRF: &str = "authara_csrf";

/// The longest value: browsers keep no longer cookie.
pub(crate) const LONGEST: usize = 4096;

/// An access token that is safe to put into a cookie: it has only the characters of a JWT.
#[derive(Clone)]
pub(crate) struct AccessToken(SecretString);

/// A refresh token that is safe to put into a cookie.
#[derive(Clone)]
pub(crate) struct RefreshToken(SecretString);

/// Why there is no one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoToken {
    /// No such cookie, or an empty one, as a logout leaves it.
    None,
    /// More than one: one of them is somebody else's.
    Several,
    /// One, but no token of Authara's looks like that.
    Malformed,
}

impl NoToken {
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::None => "the browser brought no session of Authara's",
            Self::Several => "the browser brought several sessions of Authara's",
            Self::Malformed => "the browser's session is no token of Authara's",
        }
    }
}

impl AccessToken {
    /// The token that the text is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_good = (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        is_good.then(|| Self(SecretString::from(text)))
    }

    /// The one token among these cookies.
    pub(crate) fn among<'a>(cookies: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, NoToken> {
        Self::parse(only(cookies, ACCESS)?).ok_or(NoToken::Malformed)
    }

    /// The token.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The `Cookie` header that Authara reads it from.
    pub(crate) fn header(&self) -> SecretString {
        write_header(&[(ACCESS, self.expose())])
    }
}

impl RefreshToken {
    /// The one token among these cookies.
    pub(crate) fn among<'a>(cookies: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, NoToken> {
        let value = only(cookies, REFRESH)?;
        is_value(value).then(|| Self(SecretString::from(value))).ok_or(NoToken::Malformed)
    }

    /// The token.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// The cookies of a `Cookie` header, in order.
pub(crate) fn parse_header(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').filter_map(|pair| pair.trim().split_once('='))
}

/// A `Cookie` header of these cookies, in order. Their values are [values](is_value).
pub(crate) fn write_header(cookies: &[(&str, &str)]) -> SecretString {
    let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    SecretString::from(pairs.join("; "))
}

/// Is this the value of a cookie, to the letter (`cookie-octet` of RFC 6265, 4.1.1), not empty and of bearable length? Such a
/// one cannot break out of its cookie.
pub(crate) fn is_value(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\'))
}

/// The value of the one cookie of that name.
pub(crate) fn only<'a>(
    cookies: impl Iterator<Item = (&'a str, &'a str)>,
    name: &str,
) -> Result<&'a str, NoToken> {
    let mut values = cookies.filter(|(other, _)| *other == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(NoToken::Several),
        (Some(value), None) if !value.is_empty() => Ok(value),
        _ => Err(NoToken::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(header: &str) -> Result<String, NoToken> {
        AccessToken::among(parse_header(header)).map(|token| token.expose().to_owned())
    }

    fn refresh(header: &str) -> Result<String, NoToken> {
        RefreshToken::among(parse_header(header)).map(|token| token.expose().to_owned())
    }

    #[test]
    fn one_access_cookie_is_a_session_and_several_are_none() {
        assert_eq!(access("a=1; authara_access=x.y.z; b=2").as_deref(), Ok("x.y.z"));
        assert_eq!(access("authara_access=x;authara_access=y"), Err(NoToken::Several));
        assert_eq!(access("authara_access=x; authara_access="), Err(NoToken::Several));
        assert_eq!(access("authara_access=; a=1"), Err(NoToken::None));
        for without in ["", "authara_refresh=x", "Authara_Access=x", "authara_access", ";;;"] {
            assert_eq!(access(without), Err(NoToken::None), "{without}");
        }
    }

    #[test]
    fn one_refresh_cookie_is_a_refresh_token_and_several_are_none() {
        assert_eq!(refresh("authara_access=x.y.z; authara_refresh=a-b_c").as_deref(), Ok("a-b_c"));
        assert_eq!(refresh("authara_refresh=opaque+/=~").as_deref(), Ok("opaque+/=~"));
        assert_eq!(refresh("authara_refresh=a; authara_refresh=b"), Err(NoToken::Several));
        assert_eq!(refresh("authara_refresh="), Err(NoToken::None));
        assert_eq!(refresh("authara_access=a"), Err(NoToken::None));
    }

    #[test]
    fn what_could_break_out_of_a_cookie_is_no_token() {
        for bad in ["a b", "a,b", "\"a\"", "a\\b", "é", "a\r\nX: y", &"a".repeat(4097)] {
            assert!(AccessToken::parse(bad).is_none(), "{bad:?}");
            let header = format!("authara_refresh={bad}");
            assert_eq!(refresh(&header), Err(NoToken::Malformed), "{bad:?}");
        }
        assert!(AccessToken::parse("a=b").is_none());
        assert!(AccessToken::parse("a;authara_access=b").is_none());
    }

    #[test]
    fn a_written_header_reads_as_it_was() {
        let header = write_header(&[("a", "1"), ("b", "2=3")]);
        assert_eq!(header.expose_secret(), "a=1; b=2=3");
        assert_eq!(parse_header(header.expose_secret()).collect::<Vec<_>>(), [("a", "1"), ("b", "2=3")]);
    }

    #[test]
    fn debug_shows_no_token() {
        let refresh = RefreshToken::among([(REFRESH, "abc")].into_iter());
        assert_eq!(
            format!("{:?} {refresh:?}", AccessToken::parse("abc")),
            "Some(AccessToken(…)) Ok(RefreshToken(…))"
        );
    }
}
