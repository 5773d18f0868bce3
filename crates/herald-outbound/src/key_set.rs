//! Reading a JSON Web Key Set (RFC 7517): which keys of it are of use.

use std::{collections::HashMap, sync::Arc, time::Duration};

use herald_core::jwt::VerifyingKey;
use serde::Deserialize;
use serde_json::Value;

/// How long a set is fresh when the answer does not say, in seconds.
const FRESH: u64 = 600;
/// How short and how long an answer may say, in seconds.
const FRESH_BOUNDS: (u64, u64) = (60, 3600);
/// The most keys that a set may have.
const MOST_KEYS: usize = 64;

/// Why a set is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadSet(&'static str);

/// A key set as it comes.
#[derive(Deserialize)]
pub(crate) struct RawSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The keys that can verify RS256, by id. Keys of other kinds, for other uses, without an id, or too weak are left out; a set
/// without any of use, and one that gives two of use the same id, is refused as a whole.
pub(crate) fn parse(set: RawSet) -> Result<HashMap<String, Arc<VerifyingKey>>, BadSet> {
    if set.keys.len() > MOST_KEYS {
        return Err(BadSet("more than 64 keys"));
    }
    let mut keys = HashMap::new();
    for (kid, key) in set.keys.into_iter().filter_map(usable) {
        if keys.insert(kid, Arc::new(key)).is_some() {
            return Err(BadSet("two keys have the same id"));
        }
    }
    if keys.is_empty() { Err(BadSet("no key of use")) } else { Ok(keys) }
}

fn usable(raw: Value) -> Option<(String, VerifyingKey)> {
    let raw: RawKey = serde_json::from_value(raw).ok()?;
    let is_for_us = raw.kty == "RSA"
        && raw.usage.as_deref() != Some("enc")
        && raw.key_ops.is_none_or(|ops| ops.iter().any(|op| op == "verify"))
        && raw.alg.as_deref().is_none_or(|alg| alg == "RS256");
    if !is_for_us {
        return None;
    }
    let key = VerifyingKey::rs256_from_jwk(&raw.n?, &raw.e?).ok()?;
    Some((raw.kid?, key))
}

/// How long a set is fresh: the answer's `max-age` between 1 and 60 minutes, else 10 minutes.
pub(crate) fn fresh_for(cache_control: Option<&str>) -> Duration {
    let max_age = cache_control.and_then(|value| {
        let mut members = value.split(',').filter_map(|member| member.trim().split_once('='));
        let (_, seconds) = members.find(|(name, _)| name.eq_ignore_ascii_case("max-age"))?;
        seconds.trim_matches('"').parse::<u64>().ok()
    });
    let (shortest, longest) = FRESH_BOUNDS;
    Duration::from_secs(max_age.map_or(FRESH, |seconds| seconds.clamp(shortest, longest)))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    fn key(kid: &str) -> Value {
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": URL_SAFE_NO_PAD.encode([0xab; 256]), "e": "AQAB" })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut key = key("k");
        key[name] = value;
        key
    }

    fn without(name: &str) -> Value {
        let mut key = key("k");
        key.as_object_mut().unwrap().remove(name);
        key
    }

    fn ids(keys: Vec<Value>) -> Result<Vec<String>, BadSet> {
        let mut ids: Vec<String> = parse(RawSet { keys })?.into_keys().collect();
        ids.sort();
        Ok(ids)
    }

    #[test]
    fn keys_for_rs256_are_taken() {
        for good in [
            key("k"),
            without("alg"),
            without("use"),
            with("key_ops", json!(["verify"])),
            with("x5c", json!([1])),
        ] {
            assert_eq!(ids(vec![good.clone()]), Ok(vec!["k".to_owned()]), "{good}");
        }
        assert_eq!(ids(vec![key("a"), key("b")]), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn keys_of_other_kinds_are_left_out() {
        for bad in [
            with("kty", json!("oct")),
            with("kty", json!("EC")),
            with("use", json!("enc")),
            with("alg", json!("RS512")),
            with("alg", json!("HS256")),
            with("alg", json!("RSA-OAEP")),
            with("key_ops", json!(["encrypt"])),
            with("e", json!("AQ")),
            with("n", json!(URL_SAFE_NO_PAD.encode([0xab; 128]))),
            with("kid", json!(7)),
            without("kid"),
            without("n"),
            json!("key"),
            json!(null),
        ] {
            assert_eq!(ids(vec![bad.clone(), key("good")]), Ok(vec!["good".to_owned()]), "{bad}");
        }
    }

    #[test]
    fn a_set_of_no_use_is_refused_as_a_whole() {
        assert!(ids(vec![]).is_err());
        assert!(ids(vec![with("use", json!("enc"))]).is_err());
        assert!(ids(vec![key("a"), key("a")]).is_err());
        assert!(ids((0..65).map(|i| key(&i.to_string())).collect()).is_err());
        assert!(ids((0..64).map(|i| key(&i.to_string())).collect()).is_ok());
    }

    #[test]
    fn max_age_counts_between_one_minute_and_one_hour() {
        let seconds = |value: Option<&str>| fresh_for(value).as_secs();
        assert_eq!(seconds(None), 600);
        assert_eq!(seconds(Some("public, max-age=900")), 900);
        assert_eq!(seconds(Some("Max-Age=0")), 60);
        assert_eq!(seconds(Some("max-age=999999")), 3600);
        assert_eq!(seconds(Some("no-cache")), 600);
        assert_eq!(seconds(Some("max-age=soon")), 600);
    }
}
