//! What is told of a connection.

use serde::{Deserialize, Serialize};

use crate::{id::ConnectionId, provider::ProviderName};

/// The way through a connection, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionCondition {
    /// The provider refuses our credential, also a renewed one. An operator has to act.
    CredentialsInvalid,
    /// So many calls failed that no more are made, but for one now and then.
    Unavailable,
    /// Calls succeed again.
    Available,
}

/// A connection at one moment, as far as others are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionNews {
    /// Its name.
    pub id: ConnectionId,
    /// The provider.
    pub provider: ProviderName,
    /// How it is.
    pub condition: ConnectionCondition,
}
