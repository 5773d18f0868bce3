//! Why a request of a provider was not taken in.

use herald_core::{store::StoreError, webhook_source::Refused};

use crate::{notification::NotifyError, session::SessionError, tasks::TaskLost};

/// A request of a provider was not taken in. Sent again, it may be.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// There is no such tenant, it has no such connection, or that connection takes nothing in.
    #[error("no connection takes this in")]
    Unknown,
    /// It does not prove where it comes from, or cannot be read.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The notification that it is about cannot be changed.
    #[error(transparent)]
    Notification(#[from] NotifyError),
    /// A session that it is about cannot be ended.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work broke down.
    #[error(transparent)]
    Lost(#[from] TaskLost),
}
