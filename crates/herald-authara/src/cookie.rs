//! Authara's access token as it lies in cookies.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// The name of the cookie.
pub(crate) const ACCESS: &str = "authara_access";

/// The longest token: browsers keep no longer cookie.
const LONGEST: usize = 4096;

/// An access token that is safe to put into a cookie: it has only the characters of a JWT.
#[derive(Clone)]
pub(crate) struct AccessToken(SecretString);

/// Why there is no one access token.
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
        let mut values = cookies.filter(|(name, _)| *name == ACCESS).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(_), Some(_)) => Err(NoToken::Several),
            (Some(value), None) if !value.is_empty() => Self::parse(value).ok_or(NoToken::Malformed),
            _ => Err(NoToken::None),
        }
    }

    /// The token.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The `Cookie` header that Authara reads it from.
    pub(crate) fn header(&self) -> SecretString {
        SecretString::from(format!("{ACCESS}={}", self.expose()))
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The cookies of a `Cookie` header, in order.
pub(crate) fn parse_header(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(header: &str) -> Result<String, NoToken> {
        AccessToken::among(parse_header(header)).map(|token| token.expose().to_owned())
    }

    #[test]
    fn one_access_cookie_is_a_session_and_several_are_none() {
        assert_eq!(among("a=1; authara_access=x.y.z; b=2").as_deref(), Ok("x.y.z"));
        assert_eq!(among("authara_access=x;authara_access=y"), Err(NoToken::Several));
        assert_eq!(among("authara_access=x; authara_access="), Err(NoToken::Several));
        assert_eq!(among("authara_access=; a=1"), Err(NoToken::None));
        for without in ["", "authara_refresh=x", "Authara_Access=x", "authara_access", ";;;"] {
            assert_eq!(among(without), Err(NoToken::None), "{without}");
        }
    }

    #[test]
    fn what_could_break_out_of_a_cookie_is_no_token() {
        for bad in ["a b", "a,b", "\"a\"", "a\\b", "a=b", "é", "a\r\nX: y", &"a".repeat(4097)] {
            assert!(AccessToken::parse(bad).is_none(), "{bad:?}");
        }
        assert!(AccessToken::parse("a;authara_access=b").is_none());
    }

    #[test]
    fn debug_shows_no_token() {
        assert_eq!(format!("{:?}", AccessToken::parse("abc")), "Some(AccessToken(…))");
    }
}
