//! What can go wrong with a webhook endpoint.

use herald_core::{seal::CannotOpen, store::StoreError};

use crate::tasks::TaskLost;

/// A webhook endpoint was not made, changed or read.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such endpoint.
    #[error("no such webhook endpoint")]
    NotFound,
    /// What was wished for is not valid.
    #[error("{detail}")]
    Invalid {
        /// Where, as a JSON pointer (RFC 6901) from the wish's root.
        pointer: String,
        /// Why, as a word.
        code: &'static str,
        /// Why, for people.
        detail: &'static str,
    },
    /// The tenant has [`MOST_ENDPOINTS`](super::MOST_ENDPOINTS) already.
    #[error("the tenant has as many webhook endpoints as it may have")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be opened.
    #[error(transparent)]
    Unreadable(#[from] CannotOpen),
    /// The work broke down.
    #[error(transparent)]
    Lost(#[from] TaskLost),
}

impl WebhookError {
    pub(super) fn invalid(pointer: impl Into<String>, code: &'static str, detail: &'static str) -> Self {
        Self::Invalid { pointer: pointer.into(), code, detail }
    }
}
