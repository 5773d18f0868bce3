//! What can go wrong with one call.

use std::collections::BTreeMap;

use actix_web::http::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong with a call. Each says whether the provider does what it was asked; `takes_effect` of the fault goes
/// before that, except where it says "always".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultEffect {
    /// Takes effect; nothing but the delays.
    #[default]
    None,
    /// No effect; this status, in the provider's own error shape unless a body is given.
    Status {
        /// 200 to 599.
        status: u16,
        /// Sent as it is: a string as text, anything else as JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    /// No effect; 429 with `Retry-After`, at Antara with `retryAfter` in the JSON too.
    RateLimited {
        /// Seconds.
        retry_after_seconds: u64,
    },
    /// Takes effect below status 300. Any answer: without a body the provider's own good answer below 300, and its error
    /// shape from there.
    Answer {
        /// 200 to 599.
        #[serde(default = "ok")]
        status: u16,
        /// Set on the answer: `Retry-After` with nonsense, say.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        /// Sent as it is: a string as text, anything else as JSON.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// A JSON Merge Patch (RFC 7396) on that body: `null` takes a member out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patch: Option<Value>,
    },
    /// Takes effect, [`Malformed::NotSuccessful`] does not; an answer that is not what the provider documents.
    Malformed {
        /// In which way.
        how: Malformed,
        /// 200 to 599.
        #[serde(default = "ok")]
        status: u16,
    },
    /// No effect; a redirect.
    Redirect {
        /// `Location`.
        location: String,
        /// 300 to 399.
        #[serde(default = "found")]
        status: u16,
    },
    /// Takes effect; 200 with a body of this many bytes, or of endless chunks.
    Flood {
        /// The `Content-Length`; chunks without an end when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
    },
    /// Takes effect; the head at once, then the true body byte by byte.
    Drip {
        /// Milliseconds of real time before each byte.
        #[serde(default = "second")]
        interval_ms: u64,
    },
    /// No effect; no answer until the faults are cleared or two minutes went by. Then the connection is closed.
    Hang,
    /// No effect; the connection is closed without an answer.
    Reset,
    /// Takes effect; the connection breaks after half of the body.
    Half,
    /// Takes effect; a 200 whose body is no JSON.
    Garbage,
    /// Takes effect; the connection is closed without an answer.
    Lost,
    /// Takes effect always, but late: the call waits before it until the faults are cleared, then goes on as if nothing
    /// had been. A caller that has given up by then sees an effect after all.
    Hold,
    /// One of these, by the dice.
    Mix {
        /// At least one.
        of: Vec<Share>,
    },
}

/// A part of a mix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// What goes wrong.
    pub effect: FaultEffect,
    /// How often, against the others.
    #[serde(default = "one")]
    pub weight: u32,
    /// As in a fault; the fault's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_effect: Option<bool>,
    /// Beside the fault's own.
    #[serde(default)]
    pub latency_ms: u64,
    /// Beside the fault's own.
    #[serde(default)]
    pub answer_after_ms: u64,
}

/// Ways to answer what nobody documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    /// Text that is no JSON, sent as JSON.
    Garbage,
    /// The page of some proxy.
    Html,
    /// No body at all.
    Empty,
    /// The first half of the JSON; the length of the answer agrees.
    Truncated,
    /// `[]`.
    Array,
    /// `success: false` and no ids, under a good status.
    NotSuccessful,
    /// The true answer without its id or token.
    WithoutId,
    /// The true answer, each value of another type.
    WrongTypes,
    /// The true answer with every member twice, the second time with another id.
    DuplicateKeys,
    /// The true answer with two bytes in a string that are no UTF-8.
    InvalidUtf8,
}

fn ok() -> u16 {
    200
}

fn found() -> u16 {
    302
}

fn second() -> u64 {
    1000
}

fn one() -> u32 {
    1
}

impl Share {
    /// A part as often as the others.
    pub fn new(effect: FaultEffect) -> Self {
        Self { effect, weight: one(), takes_effect: None, latency_ms: 0, answer_after_ms: 0 }
    }

    /// The same, where the provider does what it was asked, or does not.
    #[must_use]
    pub fn takes_effect(mut self, takes_effect: bool) -> Self {
        self.takes_effect = Some(takes_effect);
        self
    }
}

impl FaultEffect {
    /// Whether the provider does what it was asked, when the fault says nothing about it.
    pub(crate) fn takes_effect(&self) -> bool {
        match self {
            Self::None
            | Self::Flood { .. }
            | Self::Drip { .. }
            | Self::Half
            | Self::Garbage
            | Self::Lost
            | Self::Hold => true,
            Self::Answer { status, .. } => *status < 300,
            Self::Malformed { how, .. } => *how != Malformed::NotSuccessful,
            Self::Status { .. }
            | Self::RateLimited { .. }
            | Self::Redirect { .. }
            | Self::Hang
            | Self::Reset
            | Self::Mix { .. } => false,
        }
    }

    /// What about it makes no sense.
    pub(crate) fn fault(&self) -> Option<String> {
        let out_of = |status: u16, least: u16, most: u16| {
            (!(least..=most).contains(&status))
                .then(|| format!("status must be {least} to {most}, not {status}"))
        };
        match self {
            Self::Status { status, .. } | Self::Malformed { status, .. } => out_of(*status, 200, 599),
            Self::Answer { status, headers, .. } => {
                let is_bad = |(name, value): (&String, &String)| {
                    HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err()
                };
                let is_any_bad = headers.iter().any(is_bad);
                out_of(*status, 200, 599).or_else(|| is_any_bad.then(|| "not a header".to_owned()))
            }
            Self::Redirect { status, location } => out_of(*status, 300, 399).or_else(|| {
                HeaderValue::from_str(location)
                    .is_err()
                    .then(|| "location is not a header's value".to_owned())
            }),
            Self::Mix { of } if of.iter().all(|share| share.weight == 0) => {
                Some("a mix needs a part with a weight".to_owned())
            }
            Self::Mix { of } => of.iter().find_map(|share| share.effect.fault()),
            _ => None,
        }
    }
}
