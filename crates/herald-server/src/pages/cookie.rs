//! The cookie that binds a browser to a login, and reading cookies at all.

use std::collections::HashSet;

use actix_web::http::header::{COOKIE, HeaderMap};
use herald_core::{
    id::{LoginId, encode_base32},
    login::{CLAIM_GRACE_SECONDS, CLAIM_SECONDS, Login},
    secret::{BrowserToken, Digest},
};
use jiff::Timestamp;

/// How long it may take, in seconds, until an answer that a browser brought at the last moment is verified.
const VERIFYING_SECONDS: i64 = 120;

/// The cookies of one request: name and value as sent, in order, repeated names repeated.
#[derive(Clone, Debug, Default)]
pub(super) struct Cookies(Vec<(String, String)>);

/// What a request says about the cookie of one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presented<'a> {
    /// Nothing that could be ours.
    Nothing,
    /// Tokens, good or not, in the browser's order. Several where it first came by several tabs at once.
    Tokens(Vec<&'a str>),
    /// One cookie came more than once: somebody else may have set one of them, so none counts.
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

    /// What came as this login's cookies.
    pub(super) fn presented_for(&self, login: &Login) -> Presented<'_> {
        let beginning = name_for(login.terms.id, is_secure(login));
        let found: Vec<_> = self.0.iter().filter(|(name, _)| name.starts_with(&beginning)).collect();
        let names: HashSet<_> = found.iter().map(|(name, _)| name).collect();
        if names.len() < found.len() {
            return Presented::Ambiguous;
        }
        let values = found.iter().map(|(_, value)| value.as_str());
        let tokens: Vec<_> = values.filter(|value| BrowserToken::is_shaped(value)).collect();
        if tokens.is_empty() { Presented::Nothing } else { Presented::Tokens(tokens) }
    }

    /// All of them, for a provider that knows a person by its own cookies.
    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// The `Set-Cookie` header that gives a browser this token for this login. Each token has a cookie of its own name: the answers to two
/// tabs that open a login at once may arrive in any order, and the later one must not take away what the other tab has been bound by.
pub(super) fn set_cookie(login: &Login, token: &BrowserToken, now: Timestamp) -> String {
    let is_secure = is_secure(login);
    let secure = if is_secure { "; Secure" } else { "" };
    let (name, token) = (name_for(login.terms.id, is_secure), token.expose());
    let [a, b, c, d, ..] = *Digest::of(token).as_bytes();
    let mark = u32::from_be_bytes([a, b, c, d]);
    let max_age = max_age_seconds(login, now);
    format!("{name}{mark:08x}={token}; Max-Age={max_age}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// As long as anything of the login may be for its browser, and no longer, because it goes with every request to the origin: the wait
/// for the person, ours or the provider's, the last answer's check, the claim, and the grace after it.
fn max_age_seconds(login: &Login, now: Timestamp) -> i64 {
    let end = login.expires_at.max(login.terms.provider_expires_at);
    end.duration_since(now).as_secs().max(0) + VERIFYING_SECONDS + CLAIM_SECONDS + CLAIM_GRACE_SECONDS
}

/// What the names of a login's cookies begin with. Browsers take `__Host-` cookies over https only; over plain http (development) they
/// go without.
fn name_for(id: LoginId, is_secure: bool) -> String {
    let prefix = if is_secure { "__Host-" } else { "" };
    format!("{prefix}herald_login_{}_", encode_base32(id.as_u128()))
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
        assert_eq!(name_for(id, true), "__Host-herald_login_00000000000000000000000007_");
        assert_eq!(name_for(id, false), "herald_login_00000000000000000000000007_");
    }
}
