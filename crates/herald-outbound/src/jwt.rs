//! Verifying JSON Web Tokens, strictly: what is not surely right is refused (RFC 7515, 7519, 8725).
//!
//! Written out rather than left to a library's defaults, which accept a missing or listed issuer, `crit`, any `typ`,
//! duplicate members and a minute of leeway.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value};

use crate::{key::VerifyingKey, strict_json};

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;
/// The longest key id that is looked up.
const LONGEST_KID: usize = 128;
/// The most leeway that is ever given.
const MOST_LEEWAY: Duration = Duration::from_secs(60);

/// The token is no good; says why, for operators, and quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub &'static str);

/// What a token says of itself before anything is verified. Good for looking up a key and for nothing else.
///
/// `jku`, `x5u`, `jwk` and `x5c` are not even read (T13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The algorithm that it claims.
    pub alg: String,
    /// The id of its key: 1 to 128 visible ASCII characters, opaque.
    pub kid: Option<String>,
    /// Its type.
    pub typ: Option<String>,
}

/// What a token has to keep to, beside its signature.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// `iss`, compared byte by byte.
    pub issuer: &'a str,
    /// `aud`, or a member of it; `None` where the issuer has another claim for that, which the caller then checks.
    pub audience: Option<&'a str>,
    /// How far the clocks may differ; more than 60 s is 60 s.
    pub leeway: Duration,
    /// The time.
    pub now: Timestamp,
    /// The longest life (`exp` − `iat`).
    pub max_life: Duration,
}

/// A claim that is a time: seconds since 1970, perhaps with a fraction, before the year 10000 (RFC 7519, 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumericDate(pub Timestamp);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        numeric_date(&value).map(Self).ok_or_else(|| D::Error::custom("not a number of seconds"))
    }
}

/// Looks at a token's header: three parts of strict base64url, at most 16 KiB, no member twice, no `crit`.
pub fn peek(token: &str) -> Result<Header, Rejected> {
    Ok(Parts::split(token)?.header)
}

/// The claims of a token that nobody verified: only to guess whose it might be.
pub fn peek_claims<T: DeserializeOwned>(token: &str) -> Result<T, Rejected> {
    let parts = Parts::split(token)?;
    read(parts.claims()?)
}

/// Verifies the signature by `key` and the claims by `rules`, then reads them.
///
/// `alg` has to be the key's. `exp`, `iat` and `iss` are required; `nbf` counts if it is there.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    key: &VerifyingKey,
    rules: &Rules<'_>,
) -> Result<T, Rejected> {
    let parts = Parts::split(token)?;
    if parts.header.alg != key.algorithm() {
        return Err(Rejected("the algorithm is not the key's"));
    }
    if parts.header.typ.as_ref().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(Rejected("a token of another type"));
    }
    let signature = decode(parts.signature)?;
    if !key.is_signature(parts.signed.as_bytes(), &signature) {
        return Err(Rejected("the signature does not verify"));
    }
    let claims = parts.claims()?;
    check(&claims, rules)?;
    read(claims)
}

struct Parts<'a> {
    header: Header,
    payload: &'a str,
    signature: &'a str,
    /// Header and payload as they were signed.
    signed: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, Rejected> {
        if token.len() > LONGEST {
            return Err(Rejected("longer than 16 KiB"));
        }
        let not_three = Rejected("not three parts");
        let (signed, signature) = token.rsplit_once('.').ok_or(not_three)?;
        let (header, payload) = signed.split_once('.').ok_or(not_three)?;
        if payload.contains('.') {
            return Err(not_three);
        }
        let header = header_of(&object(header)?)?;
        Ok(Self { header, payload, signature, signed })
    }

    fn claims(&self) -> Result<Map<String, Value>, Rejected> {
        object(self.payload)
    }
}

fn header_of(members: &Map<String, Value>) -> Result<Header, Rejected> {
    if members.contains_key("crit") {
        return Err(Rejected("an extension that must be understood is not"));
    }
    let text = |name| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Rejected("a member of the header is not a string")),
    };
    let kid = text("kid")?;
    let is_plain = |kid: &String| {
        (1..=LONGEST_KID).contains(&kid.len()) && kid.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if kid.as_ref().is_some_and(|kid| !is_plain(kid)) {
        return Err(Rejected("the key id is too long or not visible ASCII"));
    }
    let alg = text("alg")?.ok_or(Rejected("no algorithm"))?;
    Ok(Header { alg, kid, typ: text("typ")? })
}

fn check(claims: &Map<String, Value>, rules: &Rules<'_>) -> Result<(), Rejected> {
    if claims.get("iss").and_then(Value::as_str) != Some(rules.issuer) {
        return Err(Rejected("another issuer"));
    }
    if let Some(audience) = rules.audience {
        let is_for_us = match claims.get("aud") {
            Some(Value::String(only)) => only == audience,
            Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        };
        if !is_for_us {
            return Err(Rejected("another audience"));
        }
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

fn instant(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Rejected> {
    let bad = Rejected("a time is not a number of seconds");
    claims.get(name).map(|value| numeric_date(value).ok_or(bad)).transpose()
}

fn numeric_date(value: &Value) -> Option<Timestamp> {
    let since = match value.as_i64() {
        Some(whole) => SignedDuration::from_secs(whole),
        None => SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?,
    };
    if since.is_negative() { None } else { Timestamp::UNIX_EPOCH.checked_add(since).ok() }
}

fn object(part: &str) -> Result<Map<String, Value>, Rejected> {
    strict_json::object(&decode(part)?)
        .map_err(|_| Rejected("no JSON object, or a member stands in it twice"))
}

fn decode(part: &str) -> Result<Vec<u8>, Rejected> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejected("not base64url"))
}

fn read<T: DeserializeOwned>(claims: Map<String, Value>) -> Result<T, Rejected> {
    serde_json::from_value(Value::Object(claims))
        .map_err(|_| Rejected("the claims are not of the expected shape"))
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
