//! What a token has to keep to.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    date::NumericDate,
    key::VerifyingKey,
    parts::{Rejected, Token, read},
};

/// The most leeway that is ever given.
const MOST_LEEWAY: Duration = Duration::from_secs(60);

/// What kind of token is wanted: a token of one kind must not pass for one of another (RFC 8725, 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ<'a> {
    /// No `typ`, or `JWT`: of issuers that do not tell their tokens apart.
    JwtOrNone,
    /// Exactly this media type, written here without `application/`. A token may write it with, and in capitals (RFC 7515,
    /// 4.1.9; RFC 9068, 4).
    Only(&'a str),
}

impl Typ<'_> {
    fn is_of(self, typ: Option<&str>) -> bool {
        match (self, typ) {
            (Self::JwtOrNone, typ) => typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")),
            (Self::Only(wanted), Some(typ)) => short(typ).eq_ignore_ascii_case(wanted),
            (Self::Only(_), None) => false,
        }
    }
}

/// A media type without `application/`, which a token may leave out.
fn short(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}

/// What a token has to keep to, beside its signature.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// `iss`, compared byte by byte.
    pub issuer: &'a str,
    /// `aud`, or a member of it; `None` where the issuer has another claim for that, which the caller then checks.
    pub audience: Option<&'a str>,
    /// `typ` of the header.
    pub typ: Typ<'a>,
    /// How far the clocks may differ; more than 60 s is 60 s.
    pub leeway: Duration,
    /// The time.
    pub now: Timestamp,
    /// The longest life (`exp` − `iat`).
    pub max_life: Duration,
}

/// Verifies the signature by `key` and the claims by `rules`, then reads them.
///
/// `alg` has to be the key's. `exp`, `iat` and `iss` are required; `nbf` counts if it is there.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    key: &VerifyingKey,
    rules: &Rules<'_>,
) -> Result<T, Rejected> {
    Token::take_apart(token)?.verify(key, rules)
}

impl Token<'_> {
    /// As [`verify()`], of a token that was taken apart already.
    pub fn verify<T: DeserializeOwned>(&self, key: &VerifyingKey, rules: &Rules<'_>) -> Result<T, Rejected> {
        if self.header().alg != key.algorithm() {
            return Err(Rejected("the algorithm is not the key's"));
        }
        if !rules.typ.is_of(self.header().typ.as_deref()) {
            return Err(Rejected("a token of another type"));
        }
        if !key.is_signature(self.signed.as_bytes(), &self.signature()?) {
            return Err(Rejected("the signature does not verify"));
        }
        let claims = self.claims()?;
        check(&claims, rules)?;
        read(claims)
    }
}

fn check(claims: &Map<String, Value>, rules: &Rules<'_>) -> Result<(), Rejected> {
    if claims.get("iss").and_then(Value::as_str) != Some(rules.issuer) {
        return Err(Rejected("another issuer"));
    }
    if rules.audience.is_some_and(|audience| !is_for(claims.get("aud"), audience)) {
        return Err(Rejected("another audience"));
    }
    let leeway = rules.leeway.min(MOST_LEEWAY);
    let now = |shift: Result<Timestamp, jiff::Error>| shift.map_err(|_| Rejected("a time out of range"));
    let (earliest, latest) = (now(rules.now.checked_sub(leeway))?, now(rules.now.checked_add(leeway))?);
    let expires_at = instant(claims, "exp")?.ok_or(Rejected("no end"))?;
    let issued_at = instant(claims, "iat")?.ok_or(Rejected("no time of issue"))?;
    if expires_at <= earliest {
        return Err(Rejected("it has expired"));
    }
    if issued_at > latest {
        return Err(Rejected("issued in the future"));
    }
    if instant(claims, "nbf")?.is_some_and(|begins_at| begins_at > latest) {
        return Err(Rejected("not good yet"));
    }
    let life = expires_at.duration_since(issued_at);
    if SignedDuration::try_from(rules.max_life).is_ok_and(|longest| life > longest) {
        return Err(Rejected("it lives too long"));
    }
    Ok(())
}

fn is_for(aud: Option<&Value>, audience: &str) -> bool {
    match aud {
        Some(Value::String(only)) => only == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Rejected> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let NumericDate(at) = NumericDate::of(value).ok_or(Rejected("a time is not a number of seconds"))?;
    Ok(Some(at))
}
