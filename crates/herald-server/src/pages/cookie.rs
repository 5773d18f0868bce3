//! The cookie that binds a browser to a login, and reading cookies at all.

use actix_web::http::header::{COOKIE, HeaderMap};
use herald_core::{
    id::{LoginId, encode_base32},
    login::Login,
    secret::BrowserToken,
};

/// How long the browser keeps the cookie, in seconds: longer than any login lives, claim and grace included.
const MAX_AGE_SECONDS: u32 = 3600;

/// The cookies of one request: name and value as sent, in order, repeated names repeated.
#[derive(Clone, Debug, Default)]
pub(super) struct Cookies(Vec<(String, String)>);

/// What a request says about the cookie of one login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented<'a> {
    /// Nothing that could be ours.
    Nothing,
    /// A token, good or not.
    Token(&'a str),
    /// The cookie came more than once: somebody else may have set one of them, so none counts.
    Ambiguous,
}

impl Cookies {
    /// Reads every `Cookie` header. What is not a pair of text is left out, and nothing beside it: on a shared origin the
    /// tenant's own cookies come along, whatever is in them.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let pairs = headers
            .get_all(COOKIE)
            .flat_map(|header| header.as_bytes().split(|&byte| byte == b';'))
            .filter_map(|pair| std::str::from_utf8(pair).ok())
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .filter(|(name, _)| !name.is_empty());
        Self(pairs.collect())
    }

    /// What came as this login's cookie.
    pub(super) fn presented_for(&self, login: &Login) -> Presented<'_> {
        let wanted = name_for(login.terms.id, is_secure(login));
        let mut found = self.0.iter().filter(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (_, Some(_)) => Presented::Ambiguous,
            (Some(token), None) if BrowserToken::is_shaped(token) => Presented::Token(token),
            _ => Presented::Nothing,
        }
    }

    /// All of them, for a provider that knows a person by its own cookies.
    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// The `Set-Cookie` header that gives a browser this token for this login.
pub(super) fn set_cookie(login: &Login, token: &BrowserToken) -> String {
    let is_secure = is_secure(login);
    let secure = if is_secure { "; Secure" } else { "" };
    let name = name_for(login.terms.id, is_secure);
    format!("{name}={}; Max-Age={MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}", token.expose())
}

/// Browsers take `__Host-` cookies over https only; over plain http (development) the cookie goes without.
fn name_for(id: LoginId, is_secure: bool) -> String {
    let prefix = if is_secure { "__Host-" } else { "" };
    format!("{prefix}herald_login_{}", encode_base32(id.as_u128()))
}

fn is_secure(login: &Login) -> bool {
    login.terms.browser_url.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn cookies(headers: &[&[u8]]) -> Cookies {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(HeaderName::from_static("cookie"), HeaderValue::from_bytes(header).unwrap());
        }
        Cookies::of(&map)
    }

    fn pairs(headers: &[&[u8]]) -> Vec<(String, String)> {
        cookies(headers).into_pairs()
    }

    #[test]
    fn every_cookie_of_every_header_is_kept_in_order() {
        let found = pairs(&[b"a=1; b=2;a=3", b"c=x=y ;  d="]);
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("a", "1"), ("b", "2"), ("a", "3"), ("c", "x=y"), ("d", "")]);
    }

    #[test]
    fn what_is_no_cookie_is_left_out() {
        assert!(pairs(&[b"", b";;", b"alone", b"=nameless"]).is_empty());
        assert!(pairs(&[b"a=\xff"]).is_empty());
        assert_eq!(
            pairs(&[b"name=Jos\xe9; b=1"]),
            [("b", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn only_a_secure_address_gets_the_prefix() {
        let id = LoginId::from_u128(7);
        assert_eq!(name_for(id, true), "__Host-herald_login_00000000000000000000000007");
        assert_eq!(name_for(id, false), "herald_login_00000000000000000000000007");
    }
}
