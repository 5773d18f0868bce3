//! A tenant's signing keys, as operators see them.

use herald_app::session::keys::KeyInfo;
use serde::Serialize;
use utoipa::ToSchema;

use super::{SigningKeyStatusWord, Time};

/// A tenant's signing keys.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SigningKeyList {
    /// The keys: the current one, the next one, the retired ones, newest first.
    pub items: Vec<SigningKeyView>,
}

/// One signing key.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SigningKey)]
pub struct SigningKeyView {
    /// The id that tokens name.
    #[schema(example = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    kid: String,
    /// What it signs by: `ES256` or `EdDSA`. An open set.
    #[schema(example = "ES256")]
    algorithm: &'static str,
    /// What it does at the moment.
    status: SigningKeyStatusWord,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// Until when what it signed is good, once it does not sign any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    verifies_until: Option<Time>,
}

impl From<KeyInfo> for SigningKeyView {
    fn from(key: KeyInfo) -> Self {
        let KeyInfo { kid, algorithm, state, created_at, verifies_until } = key;
        Self {
            kid,
            algorithm: algorithm.as_str(),
            status: state.into(),
            created_at: created_at.into(),
            verifies_until: verifies_until.map(Time),
        }
    }
}

impl From<Vec<KeyInfo>> for SigningKeyList {
    fn from(keys: Vec<KeyInfo>) -> Self {
        Self { items: keys.into_iter().map(Into::into).collect() }
    }
}
