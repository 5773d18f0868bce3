//! A signing key's public half, as others get to know it.

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, ThumbprintHash},
};
use serde::Serialize;

use super::{key::KeyError, signing::Algorithm};

/// A public key as a member of a key set (RFC 7517): for signatures, by one algorithm, under the id that tokens name.
///
/// Has public members only, in this order: `kty`, `crv`, `x`, `y` (not of Ed25519), `use`, `alg`, `kid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: Algorithm,
    kid: String,
}

impl PublicJwk {
    /// Of a public key as the backend writes it: an uncompressed point of P-256, or the 32 bytes of an Ed25519 key.
    pub(super) fn of(algorithm: Algorithm, public: &[u8]) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Es256 => DecodingKey::from_ec_der(public),
            Algorithm::EdDsa => DecodingKey::from_ed_der(public),
        };
        let no_key = KeyError("not a public key of its algorithm");
        let jwk = Jwk::from_decoding_key(&key, None).map_err(|_| no_key)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| no_key)?;
        let (kty, crv, x, y) = match jwk.algorithm {
            AlgorithmParameters::EllipticCurve(point) => ("EC", "P-256", point.x, Some(point.y)),
            AlgorithmParameters::OctetKeyPair(point) => ("OKP", "Ed25519", point.x, None),
            _ => return Err(no_key),
        };
        Ok(Self { kty, crv, x, y, usage: "sig", alg: algorithm, kid })
    }

    /// Its id: the key's thumbprint (RFC 7638) by SHA-256, in base64url.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn an_ed25519_keys_id_is_the_thumbprint_of_the_rfc() {
        // RFC 8037, A.2 and A.3.
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let jwk = PublicJwk::of(Algorithm::EdDsa, &public).unwrap();
        assert_eq!(jwk.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            serde_json::to_string(&jwk).unwrap(),
            concat!(
                r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig","#,
                r#""alg":"EdDSA","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}"#
            )
        );
    }
}
