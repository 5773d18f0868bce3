//! Where a delivery goes, as things are now.

use std::sync::Arc;

use herald_core::{courier::Parcel, store::StoreError, webhook::Endpoint};
use jiff::Timestamp;
use url::Url;

use super::{
    Outbox,
    outgoing::{Destination, Outgoing},
};
use crate::{
    session::SessionError,
    tenant::{LogoutReceiver, Tenant},
};

/// Where a delivery goes.
#[derive(Clone, Debug)]
pub(super) enum Receiver {
    /// To the tenant's receiver of logout tokens.
    Logout(LogoutReceiver),
    /// To this endpoint.
    Webhook(Arc<Endpoint>),
    /// Nowhere for now: the endpoint is disabled, or cannot be read.
    Absent,
    /// Nowhere: it was removed.
    Nobody,
}

impl Receiver {
    /// The address, if there is one.
    pub(super) fn url(&self) -> Option<&Url> {
        match self {
            Self::Logout(receiver) => Some(&receiver.url),
            Self::Webhook(endpoint) => Some(&endpoint.url),
            Self::Absent | Self::Nobody => None,
        }
    }
}

impl Outbox {
    /// Where this delivery goes now.
    pub(super) async fn receiver(
        &self,
        tenant: &Tenant,
        outgoing: &Outgoing,
    ) -> Result<Receiver, StoreError> {
        let Destination::Webhook { endpoint, .. } = &outgoing.destination else {
            let receiver = tenant.sessions.backchannel_logout.clone();
            return Ok(receiver.map_or(Receiver::Nobody, Receiver::Logout));
        };
        let endpoints = self.endpoints.list(&tenant.id).await?;
        let Some(kept) = endpoints.iter().find(|kept| kept.value.id == *endpoint) else {
            let is_there = endpoints.is_unreadable(*endpoint);
            return Ok(if is_there { Receiver::Absent } else { Receiver::Nobody });
        };
        // A disabled endpoint is tried out too.
        let is_told = kept.value.is_enabled || outgoing.is_test();
        Ok(if is_told { Receiver::Webhook(Arc::clone(&kept.value)) } else { Receiver::Absent })
    }

    /// The message of this delivery for this try; nothing where it goes nowhere.
    pub(super) async fn parcel(
        &self,
        tenant: &Tenant,
        receiver: &Receiver,
        outgoing: &Outgoing,
        now: Timestamp,
    ) -> Result<Option<Parcel>, SessionError> {
        match (receiver, &outgoing.destination) {
            (Receiver::Logout(receiver), Destination::BackChannelLogout { session }) => {
                self.logout(tenant, receiver, outgoing.event, session).await.map(Some)
            }
            (Receiver::Webhook(endpoint), Destination::Webhook { body, .. }) => {
                Ok(Some(self.webhook(endpoint, outgoing.event, body, now)))
            }
            _ => Ok(None),
        }
    }
}
