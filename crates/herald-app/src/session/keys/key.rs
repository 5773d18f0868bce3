//! One signing key of a tenant, in memory and as it is stored.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::jwt::{Algorithm, SigningKey};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

/// A signing key and when it was made. Cheap to clone.
///
/// Written with its private half, so that a store only ever gets it sealed.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) signing: Arc<SigningKey>,
    pub(super) created_at: Timestamp,
}

impl Key {
    pub(super) fn generate(algorithm: Algorithm, now: Timestamp) -> Self {
        Self { signing: Arc::new(SigningKey::generate(algorithm)), created_at: now }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    algorithm: Algorithm,
    /// The private key: PKCS#8 in DER, in base64url.
    pkcs8: Zeroizing<String>,
    created_at: Timestamp,
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pkcs8 = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.signing.to_pkcs8()));
        Stored { algorithm: self.signing.algorithm(), pkcs8, created_at: self.created_at }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let der =
            URL_SAFE_NO_PAD.decode(stored.pkcs8.as_bytes()).map(Zeroizing::new).map_err(D::Error::custom)?;
        let signing = SigningKey::from_pkcs8(stored.algorithm, &der).map_err(D::Error::custom)?;
        Ok(Self { signing: Arc::new(signing), created_at: stored.created_at })
    }
}
