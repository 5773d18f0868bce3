//! Refresh tokens: each is used once and followed by the next (RFC 9700, 4.14.2).
//!
//! A session keeps one random seed and a generation number. The token of a generation is a keyed hash of that number, so
//! nothing has to be stored per token: an answer that was lost on its way is given again, and a token of any earlier
//! generation is known for what it is for as long as the session is.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    clock::Entropy,
    id::{SessionId, TenantId},
};

const PREFIX: &str = "hrt_";
/// The session's id, the generation, and the keyed hash.
const LENGTH: usize = 16 + 4 + 32;
/// How many rotations are remembered with their times. Who rotates more often than this within the grace is no honest
/// client, and what is older than the memory counts as late.
const REMEMBERED: usize = 64;

/// A refresh token as somebody presents it. Nothing is proven before [`RefreshChain::is_ours`].
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RefreshToken {
    #[zeroize(skip)]
    session: SessionId,
    generation: u32,
    proof: [u8; 32],
}

impl RefreshToken {
    /// Reads the text form: `hrt_` and 70 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(PREFIX)?, &mut bytes).ok()?;
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, proof) = rest.split_first_chunk::<4>()?;
        let session = SessionId::from_u128(u128::from_be_bytes(*session));
        let generation = u32::from_be_bytes(*generation);
        let proof = proof.try_into().ok()?;
        (length == LENGTH).then_some(Self { session, generation, proof })
    }

    /// The text, for whom it belongs to.
    pub fn expose(&self) -> String {
        let mut bytes = [0; LENGTH];
        bytes[..16].copy_from_slice(&self.session.as_u128().to_be_bytes());
        bytes[16..20].copy_from_slice(&self.generation.to_be_bytes());
        bytes[20..].copy_from_slice(&self.proof);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        bytes.zeroize();
        text
    }

    /// The session it claims to be of.
    pub fn session(&self) -> SessionId {
        self.session
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// That a token was used and followed by the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The generation of the token that was used.
    pub generation: u32,
    /// When.
    pub at: Timestamp,
}

/// What a token that is ours means when it is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// The current one: it is to be rotated.
    Current,
    /// Used a moment ago, and its successor is not used yet: its user may not have got the answer.
    JustUsed,
    /// Used a moment ago, and its successor too: refused, and nothing else.
    Overtaken,
    /// Used long ago: somebody has a copy.
    Reused,
}

/// The refresh tokens of one session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshChain {
    seed: [u8; 32],
    generation: u32,
    /// The last rotations, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rotations: Vec<Rotation>,
}

impl RefreshChain {
    /// A chain at its first token.
    pub fn start(entropy: &dyn Entropy) -> Self {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        Self { seed, generation: 0, rotations: Vec::new() }
    }

    /// The token that is good now.
    pub fn current(&self, tenant: &TenantId, session: SessionId) -> RefreshToken {
        let proof = self.proof(tenant, session, self.generation);
        RefreshToken { session, generation: self.generation, proof }
    }

    /// Was the token made by this chain? Takes the same time for every answer.
    pub fn is_ours(&self, tenant: &TenantId, token: &RefreshToken) -> bool {
        let is_proven: bool = self.proof(tenant, token.session, token.generation).ct_eq(&token.proof).into();
        is_proven && token.generation <= self.generation
    }

    /// Is this token of the chain the one that is good now?
    pub fn is_current(&self, token: &RefreshToken) -> bool {
        token.generation == self.generation
    }

    /// What a token of this chain means. `grace` is how long a used one is forgiven.
    pub fn meaning_of(&self, token: &RefreshToken, grace: SignedDuration, now: Timestamp) -> Presented {
        if self.is_current(token) {
            return Presented::Current;
        }
        let rotation = self.rotations.iter().rev().find(|rotation| rotation.generation == token.generation);
        let is_forgiven = rotation.is_some_and(|rotation| now.duration_since(rotation.at) < grace);
        match (is_forgiven, token.generation.checked_add(1) == Some(self.generation)) {
            (true, true) => Presented::JustUsed,
            (true, false) => Presented::Overtaken,
            (false, _) => Presented::Reused,
        }
    }

    /// Uses the current token up.
    pub(super) fn rotate(&mut self, now: Timestamp) {
        if self.rotations.len() == REMEMBERED {
            self.rotations.remove(0);
        }
        self.rotations.push(Rotation { generation: self.generation, at: now });
        self.generation = self.generation.saturating_add(1);
    }

    fn proof(&self, tenant: &TenantId, session: SessionId, generation: u32) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.seed);
        let mut context = hmac::Context::with_key(&key);
        context.update(b"herald refresh token|");
        context.update(tenant.as_str().as_bytes());
        // A tenant's name cannot contain it.
        context.update(b"|");
        context.update(&session.as_u128().to_be_bytes());
        context.update(&generation.to_be_bytes());
        let mut proof = [0; 32];
        proof.copy_from_slice(context.sign().as_ref());
        proof
    }
}

impl Drop for RefreshChain {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

impl fmt::Debug for RefreshChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshChain(generation {})", self.generation)
    }
}
