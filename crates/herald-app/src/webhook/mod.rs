//! Webhook endpoints: the addresses at which a tenant is told of events, and what became of the telling.
//!
//! # Where things are
//! - [`Webhooks`] is what callers ask for; `wish` checks what they wish; `manage` changes endpoints; `log` shows deliveries
//!   and asks for more of them.
//! - `book` keeps the endpoints, and knows them by heart for who has to know at every event.

mod book;
mod error;
mod log;
mod manage;
mod wish;

pub use self::{
    error::WebhookError,
    log::{Delivery, DeliveryAttempt, DeliveryStatus},
    wish::{EndpointChange, NewEndpoint},
};
pub(crate) use book::{Book, Endpoints};

use std::sync::Arc;

use herald_core::{id::EndpointId, webhook::Endpoint};

use crate::{herald::Context, hub::Kept, outbox::Outbox, tenant::Tenant};

/// How many endpoints a tenant may have.
pub const MOST_ENDPOINTS: usize = 20;

/// The use cases of webhook endpoints. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Webhooks {
    context: Arc<Context>,
    book: Arc<Book>,
    outbox: Outbox,
}

impl Webhooks {
    pub(crate) fn new(context: Arc<Context>, book: Arc<Book>, outbox: Outbox) -> Self {
        Self { context, book, outbox }
    }

    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// The endpoint, if there is one.
    pub async fn get(&self, tenant: &Tenant, id: EndpointId) -> Result<Option<Arc<Endpoint>>, WebhookError> {
        Ok(self.load(tenant, id).await?.map(|kept| kept.value))
    }

    /// All endpoints of the tenant, newest first; [`MOST_ENDPOINTS`] at most.
    pub async fn list(&self, tenant: &Tenant) -> Result<Vec<Arc<Endpoint>>, WebhookError> {
        Ok(self.book.read(&tenant.id).await?.iter().map(|kept| Arc::clone(&kept.value)).collect())
    }

    async fn load(&self, tenant: &Tenant, id: EndpointId) -> Result<Option<Kept<Endpoint>>, WebhookError> {
        Ok(self.book.read(&tenant.id).await?.iter().find(|kept| kept.value.id == id).cloned())
    }
}
