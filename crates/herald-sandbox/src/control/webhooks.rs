//! What may be done to the webhooks that Antara and Authara send.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Control, ControlError};
use crate::operation::Provider;
use crate::webhook::{Patience, WebhookDelivery, WebhookEndpoint, WebhookStatus};
use crate::{antara, authara};

/// An event of one's own making.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookEvent {
    /// `permission.changed`, `organization.created`, or something that does not exist.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its `data`; an empty object when absent.
    #[serde(default)]
    pub data: Option<Value>,
    /// Its id. When absent a fresh one, at Antara only while `webhook_has_id` is on.
    #[serde(default)]
    pub id: Option<String>,
    /// Authara: its `created_at`; now when absent.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Instead of the right signature.
    #[serde(default)]
    pub signature: Option<String>,
}

impl Control {
    /// Events of that provider go to `url` from now on: all of them, or those named; signed with `secret`, or with the
    /// one in the credentials. Antirius sends none.
    pub fn register_webhook(
        &self,
        provider: Provider,
        url: &Url,
        secret: Option<&str>,
        events: &[String],
    ) -> Result<WebhookEndpoint, ControlError> {
        let own = match provider {
            Provider::Antara => &self.shared.config.antara.webhook_secret,
            Provider::Authara => &self.shared.config.authara.webhook_secret,
            Provider::Antirius => return Err(ControlError::Invalid("Antirius sends no webhooks".to_owned())),
        };
        Ok(self.shared.webhooks.register(provider, url.clone(), secret.unwrap_or(own), events))
    }

    /// Where that provider's events go.
    pub fn webhook_endpoints(&self, provider: Provider) -> Vec<WebhookEndpoint> {
        self.shared.webhooks.endpoints(provider)
    }

    /// That provider's events go nowhere any more.
    pub fn remove_webhooks(&self, provider: Provider) {
        self.shared.webhooks.remove_endpoints(provider);
    }

    /// Every event that was posted or waits to be, oldest first.
    pub fn webhook_deliveries(&self) -> Vec<WebhookDelivery> {
        self.shared.webhooks.deliveries()
    }

    /// The same bytes under the same signature to the same address once more.
    pub fn repeat_webhook(&self, delivery: &str) -> Result<WebhookDelivery, ControlError> {
        let patience = self.antara_patience();
        let repeated = self.shared.webhooks.repeat(delivery, patience);
        repeated.ok_or_else(|| ControlError::NotFound(format!("no delivery {delivery:?}")))
    }

    /// Posts an event of one's own making in that provider's manner. Answers one delivery for each endpoint.
    pub fn send_webhook(
        &self,
        provider: Provider,
        event: &WebhookEvent,
    ) -> Result<Vec<WebhookDelivery>, ControlError> {
        let data = event.data.clone().unwrap_or_else(|| json!({}));
        let subject = ["messageId", "user_id"].iter().find_map(|name| data[*name].as_str());
        let subject = subject.unwrap_or_default();
        let (letter, patience) = match provider {
            Provider::Antara => {
                let switches = self.shared.antara().switches.clone();
                let fresh = || switches.webhook_has_id.then(|| crate::random::short("evt_"));
                let id = event.id.clone().or_else(fresh);
                let no_patch = json!({});
                let letter = antara::webhooks::letter(&switches, &event.kind, subject, id, &data, &no_patch);
                (letter, antara::webhooks::patience(&switches))
            }
            Provider::Authara => {
                let switches = self.shared.authara().switches.clone();
                let made_at = event.created_at.clone();
                let created_at = made_at.unwrap_or_else(|| authara::webhooks::nanos(self.shared.clock.now()));
                let letter =
                    authara::webhooks::letter(&event.kind, subject, event.id.clone(), &data, &created_at);
                (letter, authara::webhooks::patience(&switches))
            }
            Provider::Antirius => return Err(ControlError::Invalid("Antirius sends no webhooks".to_owned())),
        };
        let letter = crate::webhook::Letter { false_signature: event.signature.clone(), ..letter };
        Ok(self.shared.webhooks.post(&letter, patience).0)
    }

    /// Waits until so many events of that type are settled: arrived or given up. `false`: not within `timeout`.
    pub async fn wait_for_webhooks(&self, kind: &str, at_least: usize, timeout: Duration) -> bool {
        let is_met = |deliveries: &[WebhookDelivery]| {
            let is_settled = |delivery: &&WebhookDelivery| {
                delivery.kind == kind && delivery.status != WebhookStatus::Pending
            };
            deliveries.iter().filter(is_settled).count() >= at_least
        };
        self.shared.webhooks.wait_until(timeout, is_met).await
    }

    fn antara_patience(&self) -> Patience {
        antara::webhooks::patience(&self.shared.antara().switches)
    }
}
