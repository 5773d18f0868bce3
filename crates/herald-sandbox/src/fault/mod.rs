//! Faults on demand: what can go wrong with an operation, for how many calls, or with which probability.

mod dice;
mod effect;
mod waiting;

use serde::{Deserialize, Serialize};

use crate::operation::{Operation, Provider};

pub use effect::{FaultEffect, Malformed, Share};
pub(crate) use waiting::{Faults, Strike};

/// A fault waiting for requests. The first one that fits a request, and whose dice say so, is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where.
    pub provider: Provider,
    /// At which operation; every one of the provider when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// For how many calls; until cleared when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many calls pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// Of how many calls it strikes one, 0 to 1. A call that it misses goes on to the next fault that waits.
    #[serde(default = "always")]
    pub probability: f64,
    /// What the dice of [`Self::probability`] and of [`FaultEffect::Mix`] are made of: the same calls in the same
    /// order are struck alike.
    #[serde(default)]
    pub seed: u64,
    /// Milliseconds of real time before anything else happens.
    #[serde(default)]
    pub latency_ms: u64,
    /// Milliseconds of real time between the effect and the head of the answer.
    #[serde(default)]
    pub answer_after_ms: u64,
    /// Whether the provider does what it was asked. When absent, as [`FaultEffect`] says for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_effect: Option<bool>,
    /// What goes wrong.
    #[serde(default)]
    pub effect: FaultEffect,
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault of one operation, until cleared.
    pub fn new(provider: Provider, operation: Operation, effect: FaultEffect) -> Self {
        Self {
            provider,
            operation: Some(operation),
            times: None,
            skip: 0,
            probability: always(),
            seed: 0,
            latency_ms: 0,
            answer_after_ms: 0,
            takes_effect: None,
            effect,
        }
    }

    /// The same for the next `times` calls only.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same after `skip` calls that pass unharmed.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// The same for each call with this probability, by dice from `seed`.
    #[must_use]
    pub fn probability(mut self, probability: f64, seed: u64) -> Self {
        self.probability = probability;
        self.seed = seed;
        self
    }

    /// The same with a delay before it.
    #[must_use]
    pub fn latency_ms(mut self, latency_ms: u64) -> Self {
        self.latency_ms = latency_ms;
        self
    }

    /// The same with a delay between the effect and the head of the answer.
    #[must_use]
    pub fn answer_after_ms(mut self, answer_after_ms: u64) -> Self {
        self.answer_after_ms = answer_after_ms;
        self
    }

    /// The same, where the provider does what it was asked, or does not.
    #[must_use]
    pub fn takes_effect(mut self, takes_effect: bool) -> Self {
        self.takes_effect = Some(takes_effect);
        self
    }

    /// What about it makes no sense.
    pub(crate) fn fault(&self) -> Option<String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Some(format!("probability must be 0 to 1, not {}", self.probability));
        }
        self.effect.fault()
    }
}
