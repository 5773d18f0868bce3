//! What a call is for, and what its failure means: the table of broken transport.

use std::{error::Error, time::Duration};

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    provider::ProviderName,
};

use crate::resolver::Blocked;

/// When a call that failed without the other side saying so may be made again.
pub(crate) const PAUSE: Duration = Duration::from_secs(2);

/// Which call it is: all that an error needs to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) provider: ProviderName,
    pub(crate) operation: &'static str,
    pub(crate) is_one_shot: bool,
}

impl Call {
    /// The verdict after the first byte may have left: a repeatable call may be made again, of a one-shot one nobody knows.
    pub(crate) fn unclear(&self, after: Duration) -> Retry {
        if self.is_one_shot { Retry::OutcomeUnknown } else { Retry::After(after) }
    }

    /// The verdict on an answer that decides nothing (it makes no sense, or speaks of a conflict): it would again decide
    /// nothing, or of a one-shot call nobody knows what it stood for.
    pub(crate) fn undecided(&self) -> Retry {
        if self.is_one_shot { Retry::OutcomeUnknown } else { Retry::Never }
    }

    pub(crate) fn error(&self, kind: ErrorKind, retry: Retry, detail: impl Into<String>) -> ProviderError {
        ProviderError::new(&self.provider, self.operation, kind, retry, detail)
    }

    /// The request cannot be put on the wire, so it never was.
    pub(crate) fn unsendable(&self, detail: &'static str) -> ProviderError {
        self.error(ErrorKind::InvalidInput, Retry::Never, detail)
    }

    /// No place was free in time; nothing was sent.
    pub(crate) fn crowded(&self) -> ProviderError {
        self.error(ErrorKind::Timeout, Retry::After(PAUSE), "too many calls at once, nothing was sent")
    }

    /// The total time ran out.
    pub(crate) fn late(&self) -> ProviderError {
        self.error(ErrorKind::Timeout, self.unclear(PAUSE), "no whole answer in time")
    }

    /// The head of the answer did not come.
    pub(crate) fn headless(&self, error: reqwest::Error) -> ProviderError {
        let (kind, retry, detail) = if is_blocked(&error) {
            // Where a name leads can change within a minute: nothing fails for good because of it.
            let detail = "the host is at an address that must not be called, nothing was sent";
            (ErrorKind::Unavailable, Retry::After(PAUSE), detail)
        } else if error.is_builder() {
            (ErrorKind::InvalidInput, Retry::Never, "the request cannot be put on the wire")
        } else if error.is_connect() && error.is_timeout() {
            (ErrorKind::Timeout, Retry::After(PAUSE), "no connection in time, nothing was sent")
        } else if error.is_connect() {
            (ErrorKind::Unavailable, Retry::After(PAUSE), "no connection, nothing was sent")
        } else if error.is_timeout() {
            (ErrorKind::Timeout, self.unclear(PAUSE), "no answer in time")
        } else {
            (ErrorKind::Unavailable, self.unclear(PAUSE), "the connection broke before the answer")
        };
        self.error(kind, retry, detail).with_source(error.without_url())
    }

    /// The answer began and did not end.
    pub(crate) fn broken(&self, error: reqwest::Error) -> ProviderError {
        let (kind, detail) = if error.is_timeout() {
            (ErrorKind::Timeout, "the answer stopped half-way")
        } else {
            (ErrorKind::Protocol, "the answer broke off half-way")
        };
        self.error(kind, self.unclear(PAUSE), detail).with_source(error.without_url())
    }

    /// The answer is longer than what is read of one.
    pub(crate) fn oversized(&self) -> ProviderError {
        self.error(ErrorKind::Protocol, self.undecided(), "the answer is longer than 256 KiB")
    }
}

/// Did the name lead only to addresses that must not be called?
pub(crate) fn is_blocked(error: &reqwest::Error) -> bool {
    has_cause::<Blocked>(error)
}

fn has_cause<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<E>() {
            return true;
        }
        cause = error.source();
    }
    false
}
