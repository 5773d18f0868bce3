//! The ring of a tenant's signing keys: which one signs, which one will, and which ones still verify.

use herald_core::jwt::{Algorithm, PublicJwk, SigningKey};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::{session::token::ACCESS_SECONDS, tenant::SessionRules};

/// How long others may keep the published keys, in seconds: the `max-age` that they are published with.
pub const JWKS_MAX_AGE_SECONDS: u32 = 300;

/// How long a key verifies after it signed last: as long as a token lives, a minute for clocks that differ and for replicas
/// that have not heard yet, and as long as others may keep the published keys.
pub(super) const OVERLAP: SignedDuration =
    SignedDuration::from_secs(ACCESS_SECONDS as i64 + 60 + JWKS_MAX_AGE_SECONDS as i64);

/// With this many retired keys a ring does not follow the configured algorithm for the moment: replicas whose files differ, as
/// in the middle of a rollout, would otherwise take turns at changing it.
const MOST_RETIRED: usize = 8;

/// What a signing key is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// It signs.
    Current,
    /// Published already; it signs after the next rotation.
    Next,
    /// It signs no more; it verifies until the tokens that it signed are over.
    Retired,
}

impl KeyState {
    /// The state as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Retired => "retired",
        }
    }
}

/// What an operator may know of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id, which tokens and the published keys name.
    pub kid: String,
    /// What it signs by.
    pub algorithm: Algorithm,
    /// What it is there for.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it verifies no more; only of retired ones.
    pub verifies_until: Option<Timestamp>,
}

/// A tenant's signing keys as they are stored. Every change is a new ring.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeyRing {
    current: Key,
    /// Since when the current key signs.
    activated_at: Timestamp,
    next: Key,
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<Retired>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Retired {
    key: Key,
    verifies_until: Timestamp,
}

impl KeyRing {
    /// A ring of new keys only.
    pub(super) fn generate(algorithm: Algorithm, now: Timestamp) -> Self {
        Self {
            current: Key::generate(algorithm, now),
            activated_at: now,
            next: Key::generate(algorithm, now),
            retired: Vec::new(),
        }
    }

    /// The ring after a rotation: the next key signs, the current one verifies until its tokens are over, and a new one is next.
    ///
    /// A next key of another algorithm than wanted never signs: a new one takes its place at once.
    pub(super) fn rotated(&self, algorithm: Algorithm, now: Timestamp) -> Self {
        let is_wanted = self.next.signing.algorithm() == algorithm;
        let current = if is_wanted { self.next.clone() } else { Key::generate(algorithm, now) };
        let verifies_until = now.saturating_add(OVERLAP).unwrap_or(Timestamp::MAX);
        let last = Retired { key: self.current.clone(), verifies_until };
        let others = self.retired.iter().filter(|retired| now < retired.verifies_until).cloned();
        Self {
            current,
            activated_at: now,
            next: Key::generate(algorithm, now),
            retired: std::iter::once(last).chain(others).collect(),
        }
    }

    /// Has the current key signed for its time, or is it of another algorithm than the tenant's?
    pub(super) fn is_due(&self, rules: &SessionRules, now: Timestamp) -> bool {
        let time = SignedDuration::from_secs(i64::from(rules.key_rotation_seconds));
        let is_other = self.current.signing.algorithm() != rules.algorithm;
        now.duration_since(self.activated_at) >= time
            || (is_other && self.retired_at(now).count() < MOST_RETIRED)
    }

    /// The key that signs.
    pub(super) fn current(&self) -> &SigningKey {
        &self.current.signing
    }

    /// The key of this id, if it verifies now.
    ///
    /// The next one does too: another replica may have rotated already.
    pub(super) fn key(&self, kid: &str, now: Timestamp) -> Option<&SigningKey> {
        self.standing(now).map(|(key, ..)| &*key.signing).find(|key| key.kid() == kid)
    }

    /// The public halves of all keys that verify now.
    pub(super) fn public(&self, now: Timestamp) -> Vec<PublicJwk> {
        self.standing(now).map(|(key, ..)| key.signing.jwk().clone()).collect()
    }

    /// All keys that verify now: the current one, the next one, the retired ones.
    pub(super) fn infos(&self, now: Timestamp) -> Vec<KeyInfo> {
        let info = |(key, state, verifies_until): (&Key, KeyState, Option<Timestamp>)| KeyInfo {
            kid: key.signing.kid().to_owned(),
            algorithm: key.signing.algorithm(),
            state,
            created_at: key.created_at,
            verifies_until,
        };
        self.standing(now).map(info).collect()
    }

    fn standing(&self, now: Timestamp) -> impl Iterator<Item = (&Key, KeyState, Option<Timestamp>)> {
        let retired = self.retired_at(now).map(|old| (&old.key, KeyState::Retired, Some(old.verifies_until)));
        [(&self.current, KeyState::Current, None), (&self.next, KeyState::Next, None)]
            .into_iter()
            .chain(retired)
    }

    fn retired_at(&self, now: Timestamp) -> impl Iterator<Item = &Retired> {
        self.retired.iter().filter(move |retired| now < retired.verifies_until)
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
