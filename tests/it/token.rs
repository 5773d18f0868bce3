//! Tokens as somebody else reads them: with a library of their own and the keys that Herald publishes.

use jsonwebtoken::{Algorithm, DecodingKey, Header, TokenData, Validation, jwk::JwkSet};
use serde_json::Value;

use crate::stack::client;

/// The keys of a tenant as they are published now.
pub(crate) async fn published_keys(herald: &str, tenant: &str) -> JwkSet {
    let url = format!("{herald}/t/{tenant}/.well-known/jwks.json");
    let answer = client().get(url).send().await.expect("Herald answers");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("a set of keys")
}

/// Checks a token of this tenant by its published keys and gives its header and claims.
pub(crate) async fn read_token(herald: &str, tenant: &str, audience: &str, token: &str) -> (Header, Value) {
    let keys = published_keys(herald, tenant).await;
    read_with(&keys, &format!("{herald}/t/{tenant}"), audience, token)
        .unwrap_or_else(|error| panic!("{error}: {token}"))
}

/// Checks a token by keys that were fetched before.
pub(crate) fn read_with(
    keys: &JwkSet,
    issuer: &str,
    audience: &str,
    token: &str,
) -> Result<(Header, Value), String> {
    #[expect(clippy::disallowed_methods, reason = "a receiver that knows nothing of Herald's own wrapper")]
    let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
    let kid = header.kid.as_deref().ok_or("no kid")?;
    let key = keys.find(kid).ok_or_else(|| format!("{kid} is not published"))?;
    let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.set_required_spec_claims(&["iss", "aud", "exp"]);
    #[expect(clippy::disallowed_methods, reason = "a receiver that knows nothing of Herald's own wrapper")]
    let TokenData { claims, .. } =
        jsonwebtoken::decode::<Value>(token, &key, &rules).map_err(|error| error.to_string())?;
    Ok((header, claims))
}
