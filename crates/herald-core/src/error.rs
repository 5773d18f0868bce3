//! What can go wrong with a provider, said in one type: a kind, a retry verdict and the operation.

use std::{error::Error, fmt, time::Duration};

use crate::provider::ProviderName;

/// What a failed provider call means to Herald.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Our configuration of the connection is wrong (client id, redirect address, algorithm).
    Misconfigured,
    /// The provider found what we sent unacceptable.
    InvalidInput,
    /// The provider refused our credential.
    Unauthenticated,
    /// The provider does not know this recipient.
    UnknownRecipient,
    /// The provider, or the person's own preference there, declined; a normal outcome.
    Refused,
    /// The provider asks us to slow down.
    RateLimited,
    /// The provider could not be reached or reported a fault of its own.
    Unavailable,
    /// No answer came in time.
    Timeout,
    /// The answer made no sense (status, media type, shape, size).
    Protocol,
    /// A one-shot answer had surely been taken before.
    Consumed,
    /// A one-shot input (an authorization code, say) is used up or was never good; the provider does not tell which (RFC 6749 `invalid_grant`).
    InvalidGrant,
}

impl ErrorKind {
    /// The kind in snake_case, for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Misconfigured => "misconfigured",
            Self::InvalidInput => "invalid_input",
            Self::Unauthenticated => "unauthenticated",
            Self::UnknownRecipient => "unknown_recipient",
            Self::Refused => "refused",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Consumed => "consumed",
            Self::InvalidGrant => "invalid_grant",
        }
    }
}

/// May the same call be made again? The only thing that retrying code looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail the same way.
    Never,
    /// The call surely had no effect that matters; it may be made again after this long.
    After(Duration),
    /// Nobody can know whether the call took effect.
    OutcomeUnknown,
}

/// A failed call to a provider.
///
/// `Display` and `detail` are for operators; neither is ever sent to a caller. `detail` holds no token, phone number or
/// upstream text.
pub struct ProviderError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    provider: ProviderName,
    operation: &'static str,
    detail: String,
    provider_code: Option<String>,
    request_id: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ProviderError {
    /// An error of `kind` in `operation`, with the verdict whether the call may be repeated.
    pub fn new(
        provider: &ProviderName,
        operation: &'static str,
        kind: ErrorKind,
        retry: Retry,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            retry,
            provider: provider.clone(),
            operation,
            detail: detail.into(),
            provider_code: None,
            request_id: None,
            source: None,
        }))
    }

    /// Adds the provider's own error code. What is not a plain code (1–64 of `[A-Za-z0-9_.-]`) is left out: it reaches callers.
    #[must_use]
    pub fn with_code(mut self, code: Option<&str>) -> Self {
        self.0.provider_code = code.filter(|code| is_plain(code, 64)).map(str::to_owned);
        self
    }

    /// Adds the provider's request id, under the same rule as [`ProviderError::with_code`] with up to 128 characters.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<&str>) -> Self {
        self.0.request_id = id.filter(|id| is_plain(id, 128)).map(str::to_owned);
        self
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error with another verdict, where the adapter knows better than the status table.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// The same failure, for another caller who waited for the same call; without its cause, which is logged once.
    #[must_use]
    pub fn again(&self) -> Self {
        let Inner { kind, retry, provider, operation, detail, provider_code, request_id, source: _ } =
            &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            retry: *retry,
            provider: provider.clone(),
            operation,
            detail: detail.clone(),
            provider_code: provider_code.clone(),
            request_id: request_id.clone(),
            source: None,
        }))
    }

    /// What the failure means.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the call may be made again.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The provider that failed.
    pub fn provider(&self) -> &ProviderName {
        &self.0.provider
    }

    /// The operation that failed, a short fixed word such as `token` or `send`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What happened, for operators.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The provider's own error code.
    pub fn provider_code(&self) -> Option<&str> {
        self.0.provider_code.as_deref()
    }

    /// The provider's request id.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

fn is_plain(text: &str, longest: usize) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, provider, operation, detail, .. } = &*self.0;
        write!(f, "{provider} {operation}: {} ({detail})", kind.as_str())
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderError")
            .field("kind", &self.0.kind)
            .field("retry", &self.0.retry)
            .field("provider", &self.0.provider)
            .field("operation", &self.0.operation)
            .field("detail", &self.0.detail)
            .field("provider_code", &self.0.provider_code)
            .field("request_id", &self.0.request_id)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error() -> ProviderError {
        ProviderError::new(
            &ProviderName::ANTARA,
            "token",
            ErrorKind::Protocol,
            Retry::Never,
            "no such member",
        )
    }

    #[test]
    fn only_plain_provider_codes_are_kept() {
        assert_eq!(error().with_code(Some("INVALID_CLIENT")).provider_code(), Some("INVALID_CLIENT"));
        assert_eq!(error().with_code(Some("<script>")).provider_code(), None);
        assert_eq!(error().with_code(Some("")).provider_code(), None);
        assert_eq!(error().with_request_id(Some("req-1 x")).request_id(), None);
    }

    #[test]
    fn it_reads_as_one_line() {
        assert_eq!(error().to_string(), "antara token: protocol (no such member)");
    }
}
