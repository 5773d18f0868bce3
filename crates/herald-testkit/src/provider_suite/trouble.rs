//! What a provider can do to a call, and what the adapter then has to say.

use herald_core::error::{ErrorKind, ProviderError, Retry};

/// Something that goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No effect; the provider answers with this status, in its own error shape.
    Status(u16),
    /// No effect, but the connection ends without an answer: from here it looks like [`Trouble::Lost`].
    Reset,
    /// It takes effect, and the connection ends without an answer.
    Lost,
    /// It takes effect, and half of the answer arrives.
    Half,
    /// It takes effect, and the answer is no JSON.
    Garbage,
}

impl Trouble {
    /// Those after which nobody can know whether the call took effect.
    pub const UNCLEAR: [Self; 4] = [Self::Reset, Self::Lost, Self::Half, Self::Garbage];
}

/// A retry verdict without its duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// [`Retry::Never`].
    Never,
    /// [`Retry::After`], however long.
    After,
    /// [`Retry::OutcomeUnknown`].
    OutcomeUnknown,
}

impl From<Retry> for Verdict {
    fn from(retry: Retry) -> Self {
        match retry {
            Retry::Never => Self::Never,
            Retry::After(_) => Self::After,
            Retry::OutcomeUnknown => Self::OutcomeUnknown,
        }
    }
}

/// What an answer with some status stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An error of this kind and verdict.
    Error(ErrorKind, Verdict),
    /// Of `redeem` only: it is an answer, and `identify` says that it does not hold.
    NoIdentity,
}

impl Meaning {
    pub(crate) fn of(error: &ProviderError) -> Self {
        Self::Error(error.kind(), error.retry().into())
    }
}

/// The statuses that the suites try.
pub const SAMPLED_STATUSES: [u16; 18] =
    [302, 307, 400, 401, 403, 404, 408, 409, 410, 422, 425, 429, 500, 501, 502, 503, 504, 599];

/// What a status means by the table that all adapters share, for a call that must not happen twice and for one that may.
pub fn usual_meaning(status: u16, is_one_shot: bool) -> Meaning {
    let unclear = if is_one_shot { Verdict::OutcomeUnknown } else { Verdict::After };
    match status {
        401 | 403 => Meaning::Error(ErrorKind::Unauthenticated, Verdict::Never),
        408 | 425 => Meaning::Error(ErrorKind::Timeout, unclear),
        409 if is_one_shot => Meaning::Error(ErrorKind::InvalidInput, Verdict::OutcomeUnknown),
        429 => Meaning::Error(ErrorKind::RateLimited, Verdict::After),
        400..=499 => Meaning::Error(ErrorKind::InvalidInput, Verdict::Never),
        500..=599 => Meaning::Error(ErrorKind::Unavailable, unclear),
        _ => Meaning::Error(ErrorKind::Protocol, Verdict::Never),
    }
}
