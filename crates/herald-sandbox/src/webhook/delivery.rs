//! The record of what was posted: one entry for each event and address, with every try.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::operation::Provider;

/// An event on its way to an endpoint, or arrived, or given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// `1`, `2`, `3`… since the sandbox started.
    pub id: String,
    /// Whose event.
    pub provider: Provider,
    /// `message.delivered`, `user.deleted`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The message or the user that it is about.
    pub subject: String,
    /// The event's own id, where it carries one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Where it is posted.
    pub url: Url,
    /// How it stands.
    pub status: WebhookStatus,
    /// Every try, oldest first.
    pub attempts: Vec<WebhookAttempt>,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    /// Not tried yet, or to be tried again.
    Pending,
    /// Answered with 2xx.
    Delivered,
    /// Refused, or tried often enough.
    Failed,
}

/// One try. Exactly one of `response_status` and `error` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookAttempt {
    /// The sandbox's time when it ended.
    pub at: Timestamp,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u16>,
    /// Why nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What is posted, byte for byte the same at every try.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    pub(super) provider: Provider,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) event_id: Option<String>,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

/// Every delivery since the last clearing.
#[derive(Debug, Default)]
pub(super) struct Book {
    last: u64,
    entries: BTreeMap<u64, (WebhookDelivery, Parcel)>,
}

impl Book {
    pub(super) fn open(&mut self, parcel: Parcel) -> WebhookDelivery {
        self.last += 1;
        let record = WebhookDelivery {
            id: self.last.to_string(),
            provider: parcel.provider,
            kind: parcel.kind.clone(),
            subject: parcel.subject.clone(),
            event_id: parcel.event_id.clone(),
            url: parcel.url.clone(),
            status: WebhookStatus::Pending,
            attempts: Vec::new(),
        };
        self.entries.insert(self.last, (record.clone(), parcel));
        record
    }

    pub(super) fn parcel(&self, id: &str) -> Option<Parcel> {
        self.entries.get(&id.parse().ok()?).map(|(_, parcel)| parcel.clone())
    }

    pub(super) fn all(&self) -> Vec<WebhookDelivery> {
        self.entries.values().map(|(record, _)| record.clone()).collect()
    }

    /// Writes a try down, with how the delivery stands after it. `false`: it is no longer on record.
    pub(super) fn tried(&mut self, id: &str, attempt: WebhookAttempt, status: WebhookStatus) -> bool {
        let found = id.parse().ok().and_then(|id: u64| self.entries.get_mut(&id));
        found.is_some_and(|(record, _)| {
            record.attempts.push(attempt);
            record.status = status;
            true
        })
    }

    /// Ids go on, so that nothing under way is taken for a new one.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}
