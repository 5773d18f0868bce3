//! What the suite needs to know of one provider.

use std::sync::Arc;

use herald_core::webhook_source::{Header, Notice, Refused, WebhookSource};
use jiff::Timestamp;

/// A provider that signs what it sends. See the module's page.
pub trait WebhookFixture {
    /// Another instance of the adapter.
    fn open(&self) -> Arc<dyn WebhookSource>;

    /// The time at which requests are read.
    fn now(&self) -> Timestamp;

    /// The header that carries the signature, in lower case.
    fn signature_header(&self) -> String;

    /// The right signature of this body.
    fn sign(&self, body: &[u8]) -> Vec<u8>;

    /// Other writings of a signature that a lenient reader would take for the same.
    fn respell(&self, signature: &[u8]) -> Vec<Vec<u8>>;

    /// Bodies that something follows from, made at [`WebhookFixture::now`], each of another notice.
    fn known(&self) -> Vec<Vec<u8>>;

    /// A body of a kind that nobody has heard of.
    fn unknown(&self, kind: &str) -> Vec<u8>;

    /// The secret, which `Debug` must not show.
    fn secret(&self) -> String;
}

/// One instance of the adapter, with what it is given to read.
pub(super) struct Reader<'a> {
    fixture: &'a dyn WebhookFixture,
    source: Arc<dyn WebhookSource>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(fixture: &'a dyn WebhookFixture) -> Self {
        Self { fixture, source: fixture.open() }
    }

    /// Reads a body under the signature that it really has.
    pub(super) fn signed(&self, body: &[u8]) -> Result<Vec<Notice>, Refused> {
        self.under(&[&self.fixture.sign(body)], body)
    }

    /// Reads a body under these signatures.
    pub(super) fn under(&self, signatures: &[&[u8]], body: &[u8]) -> Result<Vec<Notice>, Refused> {
        let name = self.fixture.signature_header();
        let mut headers: Vec<Header<'_>> = vec![("content-type", b"application/json")];
        headers.extend(signatures.iter().map(|signature| (name.as_str(), *signature)));
        self.source.read(&headers, body, self.fixture.now())
    }
}
