//! What is told of a webhook endpoint.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    id::EndpointId,
    webhook::{DisabledReason, Endpoint},
};

/// A webhook endpoint at one moment, as far as others are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointNews {
    /// Its id.
    pub id: EndpointId,
    /// Its address.
    pub url: Url,
    /// Why Herald disabled it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
}

impl EndpointNews {
    /// What is told of an endpoint as it is now.
    pub fn of(endpoint: &Endpoint) -> Self {
        Self { id: endpoint.id, url: endpoint.url.clone(), disabled_reason: endpoint.disabled_reason }
    }
}
