//! Making, changing and removing endpoints.

use std::sync::Arc;

use herald_core::{
    id::EndpointId,
    webhook::{Endpoint, EndpointSecret, SigningSecrets},
};

use super::{
    EndpointChange, MOST_ENDPOINTS, NewEndpoint, WebhookError, Webhooks,
    wish::{checked_description, checked_events},
};
use crate::tenant::Tenant;

impl Webhooks {
    /// Makes an endpoint, enabled. Its secret is to be handed out now and never again.
    pub async fn create(&self, tenant: &Tenant, wish: NewEndpoint) -> Result<Arc<Endpoint>, WebhookError> {
        let entropy = self.context.entropy.as_ref();
        let now = self.context.clock.now();
        let endpoint = Endpoint {
            id: EndpointId::generate(now, entropy),
            tenant: tenant.id.clone(),
            url: self.checked_url(&wish.url)?,
            events: checked_events(&wish.events)?,
            description: checked_description(wish.description)?,
            is_enabled: true,
            disabled_reason: None,
            secrets: SigningSecrets::new(EndpointSecret::generate(entropy)),
            created_at: now,
            failing_since: None,
            failed_again_at: None,
            replay: None,
        };
        let book = Arc::clone(&self.book);
        let insert = async move { book.insert(endpoint, MOST_ENDPOINTS).await };
        self.context.tasks.finish(insert).await??.ok_or(WebhookError::TooMany)
    }

    /// Changes an endpoint. All of the wish is done, or nothing.
    pub async fn update(
        &self,
        tenant: &Tenant,
        id: EndpointId,
        wish: EndpointChange,
    ) -> Result<Arc<Endpoint>, WebhookError> {
        let url = wish.url.as_deref().map(|url| self.checked_url(url)).transpose()?;
        let events = wish.events.as_deref().map(checked_events).transpose()?;
        let description = wish.description.map(|text| checked_description(Some(text))).transpose()?;
        self.change(tenant, id, move |endpoint| {
            if let Some(url) = &url
                && *url != endpoint.url
            {
                endpoint.url = url.clone();
                endpoint.start_over();
            }
            if let Some(events) = &events {
                endpoint.events.clone_from(events);
            }
            if let Some(description) = &description {
                endpoint.description.clone_from(description);
            }
            if let Some(is_enabled) = wish.is_enabled
                && is_enabled != endpoint.is_enabled
            {
                endpoint.is_enabled = is_enabled;
                endpoint.start_over();
            }
        })
        .await
    }

    /// Removes an endpoint; false when there is none. What is still to be told there is not told any more.
    pub async fn delete(&self, tenant: &Tenant, id: EndpointId) -> Result<bool, WebhookError> {
        let (book, tenant) = (Arc::clone(&self.book), tenant.id.clone());
        Ok(self.context.tasks.finish(async move { book.remove(&tenant, id).await }).await??)
    }

    /// Gives an endpoint a new secret, to be handed out now and never again. The one before signs too for a day.
    pub async fn rotate_secret(
        &self,
        tenant: &Tenant,
        id: EndpointId,
    ) -> Result<Arc<Endpoint>, WebhookError> {
        let fresh = EndpointSecret::generate(self.context.entropy.as_ref());
        let now = self.context.clock.now();
        self.change(tenant, id, move |endpoint| {
            endpoint.secrets = endpoint.secrets.clone().rotate(fresh.clone(), now);
        })
        .await
    }

    /// Changes an endpoint as it is now, whatever else changes it at the same time. One that is enabled by that is told what was
    /// held back in this moment, and its replay goes on.
    pub(super) async fn change(
        &self,
        tenant: &Tenant,
        id: EndpointId,
        change: impl Fn(&mut Endpoint) + Send + 'static,
    ) -> Result<Arc<Endpoint>, WebhookError> {
        let (book, outbox, tenant) = (Arc::clone(&self.book), self.outbox.clone(), tenant.id.clone());
        let write = async move {
            loop {
                let endpoints = book.read(&tenant).await?;
                let kept = endpoints.iter().find(|kept| kept.value.id == id).ok_or(WebhookError::NotFound)?;
                let mut endpoint = Endpoint::clone(&kept.value);
                change(&mut endpoint);
                if let Some(endpoint) = book.replace(kept.version, endpoint, &[]).await? {
                    if endpoint.is_enabled && !kept.value.is_enabled {
                        outbox.was_enabled(&tenant, id);
                    }
                    return Ok(endpoint);
                }
            }
        };
        self.context.tasks.finish(write).await?
    }
}
