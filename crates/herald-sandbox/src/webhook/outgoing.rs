//! An event before it is addressed: what it says, and how it is signed.

use bytes::Bytes;

use super::WebhookEndpoint;
use super::delivery::Parcel;
use super::signature::{SignatureEncoding, signature};
use crate::operation::Provider;

/// An event, ready to be signed for an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) provider: Provider,
    /// `message.delivered`, `user.deleted`, …
    pub(crate) kind: String,
    /// The message, the user or whatever else it is about.
    pub(crate) subject: String,
    pub(crate) event_id: Option<String>,
    pub(crate) body: Bytes,
    /// Beside the signature.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) signature_header: String,
    pub(crate) encoding: SignatureEncoding,
    /// Instead of the right one.
    pub(crate) false_signature: Option<String>,
}

/// How long an event is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Milliseconds of real time before the first try.
    pub(crate) delay_ms: u64,
    /// Tries in all, at least one.
    pub(crate) attempts: u32,
    /// Milliseconds of real time before the second try; doubles.
    pub(crate) retry_ms: u64,
}

impl Letter {
    /// Addressed and signed.
    pub(super) fn parcel(&self, endpoint: &WebhookEndpoint) -> Parcel {
        let signature = self
            .false_signature
            .clone()
            .unwrap_or_else(|| signature(&endpoint.secret, &self.body, self.encoding));
        let mut headers = self.headers.clone();
        headers.push((self.signature_header.clone(), signature));
        Parcel {
            provider: self.provider,
            kind: self.kind.clone(),
            subject: self.subject.clone(),
            event_id: self.event_id.clone(),
            url: endpoint.url.clone(),
            headers,
            body: self.body.clone(),
        }
    }
}
