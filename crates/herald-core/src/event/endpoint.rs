//! What is told of a webhook endpoint.

use serde::{Deserialize, Serialize};

use crate::{
    id::EndpointId,
    webhook::{DisabledReason, Endpoint},
};

/// A webhook endpoint at one moment, as far as others are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointNews {
    /// Its id.
    pub id: EndpointId,
    /// The origin of its address. The path and the query may hold secrets of its receiver, which are not for the others.
    pub origin: String,
    /// Why Herald disabled it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
}

impl EndpointNews {
    /// What is told of an endpoint as it is now.
    pub fn of(endpoint: &Endpoint) -> Self {
        let origin = endpoint.url.origin().ascii_serialization();
        Self { id: endpoint.id, origin, disabled_reason: endpoint.disabled_reason }
    }
}
