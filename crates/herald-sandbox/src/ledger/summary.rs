//! The ledger in short: how often each message took effect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Effect;
use crate::operation::{Operation, Provider};

/// Effects counted by message: what a thousand sends are compared by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// All effects.
    pub effects: usize,
    /// All different messages.
    pub messages: usize,
    /// One for each message, in the order of provider, operation, account, recipient and body.
    pub items: Vec<Tally>,
}

/// One message, which is one text to one recipient of one app, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// Where.
    pub provider: Provider,
    /// What.
    pub operation: Operation,
    /// The app that it came by.
    pub account: String,
    /// Slug, phone number, user or session.
    pub recipient: String,
    /// The text of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// SHA-256 of that text, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
    /// How often it took effect.
    pub effects: usize,
    /// The provider's ids of what came of it, oldest first.
    pub references: Vec<String>,
}

impl Summary {
    pub(super) fn of<'a>(effects: impl Iterator<Item = &'a Effect>) -> Self {
        let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
        let mut count = 0;
        for effect in effects {
            count += 1;
            let key = (effect.provider, effect.operation, &effect.account, &effect.recipient, &effect.body);
            let tally = tallies.entry(key).or_insert_with(|| Tally {
                provider: effect.provider,
                operation: effect.operation,
                account: effect.account.clone(),
                recipient: effect.recipient.clone(),
                body: effect.body.clone(),
                body_sha256: effect.body_sha256.clone(),
                effects: 0,
                references: Vec::new(),
            });
            tally.effects += 1;
            tally.references.extend(effect.reference.clone());
        }
        Self { effects: count, messages: tallies.len(), items: tallies.into_values().collect() }
    }

    /// The same with only those items that took effect that often or more; the totals stay.
    #[must_use]
    pub fn at_least(mut self, effects: usize) -> Self {
        self.items.retain(|tally| tally.effects >= effects);
        self
    }
}
