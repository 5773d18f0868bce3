//! What took effect: the only witness that a test needs for "exactly once". And how often each operation was asked.

mod summary;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::operation::{Operation, Provider};
use crate::random::sha256_hex;
use crate::shared::locked;

pub use summary::{Summary, Tally};

/// One effect at a provider, whether its answer arrived or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Effect {
    /// 1, 2, 3… over all providers.
    pub sequence: u64,
    /// The sandbox's time.
    pub at: Timestamp,
    /// Where.
    pub provider: Provider,
    /// What.
    pub operation: Operation,
    /// The app that it came by: Antara's `client_id`, Antirius' `app_id`, Authara's issuer.
    pub account: String,
    /// Slug, phone number, user or session, whatever the effect was on.
    pub recipient: String,
    /// The `Idempotency-Key` it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The text of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// SHA-256 of that text, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
    /// The provider's own id of what came of it (message, session).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// An effect to be written down.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) provider: Provider,
    pub(crate) operation: Operation,
    pub(crate) recipient: &'a str,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) body: Option<&'a str>,
    pub(crate) reference: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(provider: Provider, operation: Operation, recipient: &'a str) -> Self {
        Self { provider, operation, recipient, idempotency_key: None, body: None, reference: None }
    }
}

/// The effects in order and the requests by operation.
#[derive(Debug)]
pub(crate) struct Ledger {
    books: Mutex<Books>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Books {
    sequence: u64,
    effects: Vec<Effect>,
    requests: BTreeMap<(Provider, Operation), u64>,
    /// How many effects of each operation there are, so that waiting for the thousandth reads no list a thousand times.
    effect_counts: BTreeMap<(Provider, Operation), usize>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { books: Mutex::default(), version: watch::Sender::new(0) }
    }
}

impl Ledger {
    pub(crate) fn write(&self, at: Timestamp, account: &str, entry: &Entry<'_>) {
        let mut books = locked(&self.books);
        books.sequence += 1;
        let effect = Effect {
            sequence: books.sequence,
            at,
            provider: entry.provider,
            operation: entry.operation,
            account: account.to_owned(),
            recipient: entry.recipient.to_owned(),
            idempotency_key: entry.idempotency_key.map(str::to_owned),
            body: entry.body.map(str::to_owned),
            body_sha256: entry.body.map(|body| sha256_hex(body.as_bytes())),
            reference: entry.reference.map(str::to_owned),
        };
        books.effects.push(effect);
        *books.effect_counts.entry((entry.provider, entry.operation)).or_default() += 1;
        drop(books);
        self.version.send_modify(|version| *version += 1);
    }

    pub(crate) fn count(&self, provider: Provider, operation: Operation) {
        *locked(&self.books).requests.entry((provider, operation)).or_default() += 1;
        self.version.send_modify(|version| *version += 1);
    }

    /// The effects of which `is_asked` holds, oldest first.
    pub(crate) fn effects_where(&self, is_asked: impl Fn(&Effect) -> bool) -> Vec<Effect> {
        locked(&self.books).effects.iter().filter(|effect| is_asked(effect)).cloned().collect()
    }

    /// The effects of which `is_asked` holds, counted by message.
    pub(crate) fn summary(&self, is_asked: impl Fn(&Effect) -> bool) -> Summary {
        Summary::of(locked(&self.books).effects.iter().filter(|effect| is_asked(effect)))
    }

    pub(crate) fn effect_count(&self, provider: Provider, operation: Operation) -> usize {
        locked(&self.books).effect_counts.get(&(provider, operation)).copied().unwrap_or(0)
    }

    pub(crate) fn requests(&self, provider: Provider, operation: Operation) -> u64 {
        locked(&self.books).requests.get(&(provider, operation)).copied().unwrap_or(0)
    }

    pub(crate) fn all_requests(&self) -> BTreeMap<(Provider, Operation), u64> {
        locked(&self.books).requests.clone()
    }

    pub(crate) fn clear(&self) {
        *locked(&self.books) = Books::default();
        self.version.send_modify(|version| *version += 1);
    }

    /// Waits until `is_met` of the books holds; `false` when it did not within `timeout`.
    pub(crate) async fn wait_until(&self, timeout: Duration, is_met: impl Fn(&Self) -> bool) -> bool {
        let mut version = self.version.subscribe();
        let wait = async {
            while !is_met(self) {
                // The sender lives in `self`, so this cannot fail.
                if version.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(timeout, wait).await.unwrap_or(false)
    }
}
