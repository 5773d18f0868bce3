//! Authara's `Set-Cookie` headers on their way to a browser: unchanged, one header each.

use std::fmt;

use herald_core::jwt;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    cookie::{ACCESS, AccessToken, CSRF, LONGEST, REFRESH},
    identity::Claims,
};

/// The `Set-Cookie` headers of one answer that are Authara's own, in order. Others' are not passed on.
pub(crate) struct SetCookies(Vec<SecretString>);

/// What a refresh gave.
#[derive(Debug)]
pub(crate) struct NewTokens {
    /// What the browser gets.
    pub(crate) set_cookies: SetCookies,
    /// The new access token. Nobody has verified it.
    pub(crate) access: AccessToken,
    /// When it says that it ends.
    pub(crate) expires_at: Timestamp,
}

impl SetCookies {
    /// Reads them as they came. Fails at one that no browser would keep as it is: without it the others are not what Authara
    /// meant.
    pub(crate) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Result<Self, &'static str> {
        lines.filter(|line| is_ours(line)).map(readable).collect::<Result<_, _>>().map(Self)
    }

    /// The value that a browser then has of this cookie. One that is cleared (an old path, say) counts for nothing.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find_map(|line| {
            let pair = line.expose_secret().split(';').next()?;
            let (_, value) = pair.split_once('=').filter(|(other, _)| other.trim() == name)?;
            Some(value.trim()).filter(|value| !value.is_empty())
        })
    }

    /// The headers.
    pub(crate) fn into_lines(self) -> Vec<SecretString> {
        self.0
    }
}

impl NewTokens {
    /// The tokens among these cookies.
    pub(crate) fn among(set_cookies: SetCookies) -> Result<Self, &'static str> {
        let access = set_cookies.value(ACCESS).ok_or("there is no new access token")?;
        let access = AccessToken::parse(access).ok_or("the new access token is no token of Authara's")?;
        let claims: Claims = jwt::peek_claims(access.expose())
            .map_err(|_| "the new access token does not say when it ends")?;
        Ok(Self { set_cookies, access, expires_at: claims.expires_at() })
    }

    /// Is the refresh token another one than this?
    pub(crate) fn is_rotated(&self, sent: &str) -> bool {
        self.set_cookies.value(REFRESH).is_some_and(|given| given != sent)
    }
}

impl fmt::Debug for SetCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetCookies({})", self.0.len())
    }
}

fn is_ours(line: &[u8]) -> bool {
    let name = line.split(|byte| matches!(byte, b'=' | b';')).next().unwrap_or_default().trim_ascii();
    [ACCESS, REFRESH, CSRF].iter().any(|ours| ours.as_bytes() == name)
}

fn readable(line: &[u8]) -> Result<SecretString, &'static str> {
    if line.len() > LONGEST {
        return Err("a cookie is longer than browsers keep one");
    }
    if !line.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return Err("a cookie is not visible ASCII");
    }
    let line = std::str::from_utf8(line).map_err(|_| "a cookie is not visible ASCII")?;
    Ok(SecretString::from(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<SetCookies, &'static str> {
        SetCookies::read(lines.iter().map(|line| line.as_bytes()))
    }

    fn lines(cookies: SetCookies) -> Vec<String> {
        cookies.into_lines().iter().map(|line| line.expose_secret().to_owned()).collect()
    }

    #[test]
    fn autharas_own_are_passed_on_to_the_letter_and_in_order() {
        let ours = [
            "authara_refresh=r1; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax",
            "authara_access=a.b.c;Path=/;  secure ; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
            "authara_csrf=c",
        ];
        let others = ["theme=dark", "authara_oauth_nonce=n; Path=/auth", "AUTHARA_ACCESS=x", "=x", "authara"];
        let mixed = [others[0], ours[0], others[1], ours[1], others[2], others[3], ours[2], others[4]];
        assert_eq!(lines(read(&mixed).unwrap()), ours);
    }

    #[test]
    fn a_value_is_the_last_that_is_not_cleared() {
        let cookies = read(&[
            "authara_refresh=old; Path=/",
            "authara_refresh=new; Path=/",
            "authara_refresh=; Path=/auth; Max-Age=0",
            "authara_access=; Path=/",
        ])
        .unwrap();
        assert_eq!(cookies.value(REFRESH), Some("new"));
        assert_eq!((cookies.value(ACCESS), cookies.value(CSRF)), (None, None));
    }

    #[test]
    fn one_that_cannot_be_passed_on_spoils_them_all() {
        let long = format!("authara_access={}", "a".repeat(4096));
        for bad in ["authara_access=\u{e9}", "authara_refresh=a\tb", "authara_csrf=a\u{7f}", &long] {
            assert!(read(&["authara_access=a.b.c", bad]).is_err(), "{bad:?}");
        }
        assert!(read(&["theme=\u{e9}", "authara_access=a.b.c"]).is_ok(), "others' do not matter");
    }

    #[test]
    fn a_refresh_without_a_readable_access_token_gave_nothing() {
        for bad in [
            &["authara_refresh=r"][..],
            &["authara_access=; Path=/"],
            &["authara_access"],
            &["authara_access=a b"],
            &["authara_access=opaque"],
            // No claims: `{}`.
            &["authara_access=eyJhbGciOiJIUzI1NiJ9.e30.c2ln"],
        ] {
            assert!(NewTokens::among(read(bad).unwrap()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_no_cookie() {
        assert_eq!(format!("{:?}", read(&["authara_access=secret-1"]).unwrap()), "SetCookies(1)");
    }
}
