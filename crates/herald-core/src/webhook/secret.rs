//! What webhooks are signed with.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::clock::Entropy;

const PREFIX: &str = "whsec_";
/// How long the former secret signs beside the present one.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// A symmetric secret (Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes; ours have 32).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct EndpointSecret(String);

impl EndpointSecret {
    /// A fresh one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let text = format!("{PREFIX}{}", STANDARD.encode(bytes));
        bytes.zeroize();
        Self(text)
    }

    /// The secret as text: handed out once, when it is made.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The bytes that sign. Empty for a text that no release of Herald has made.
    pub(super) fn key(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let encoded = self.0.strip_prefix(PREFIX).unwrap_or_default();
        zeroize::Zeroizing::new(STANDARD.decode(encoded).unwrap_or_default())
    }
}

impl fmt::Debug for EndpointSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointSecret(…)")
    }
}

/// The present secret of an endpoint, and for a day the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecrets {
    present: EndpointSecret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    former: Option<Former>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Former {
    secret: EndpointSecret,
    signs_until: Timestamp,
}

impl SigningSecrets {
    /// A first secret.
    pub fn new(present: EndpointSecret) -> Self {
        Self { present, former: None }
    }

    /// The same with a new secret; the present one signs beside it for a day, the one before no more.
    #[must_use]
    pub fn rotate(self, fresh: EndpointSecret, now: Timestamp) -> Self {
        let signs_until = now.checked_add(OVERLAP).unwrap_or(Timestamp::MAX);
        Self { present: fresh, former: Some(Former { secret: self.present, signs_until }) }
    }

    /// The present secret.
    pub fn present(&self) -> &EndpointSecret {
        &self.present
    }

    /// Those that sign now, the present one first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &EndpointSecret> {
        let former = self.former.as_ref().filter(|former| now < former.signs_until);
        std::iter::once(&self.present).chain(former.map(|former| &former.secret))
    }
}
