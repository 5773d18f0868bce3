//! The message of a webhook (Standard Webhooks 1.0.0).

use herald_core::{
    courier::Parcel,
    event::Event,
    id::EventId,
    webhook::{self, Endpoint},
};
use jiff::Timestamp;
use serde_json::json;

use super::Outbox;

/// What every request says that it comes from.
const USER_AGENT: &str = concat!("herald/", env!("CARGO_PKG_VERSION"));

impl Outbox {
    /// The body that tells of this event, to everybody and at every try.
    pub(super) fn body(&self, event: &Event) -> String {
        let mut data = self.context.shapes.data(&event.what);
        data.insert("tenant".to_owned(), event.tenant.as_str().into());
        json!({ "type": event.what.kind().as_str(), "timestamp": format!("{:.3}", event.at), "data": data })
            .to_string()
    }

    /// The message to an endpoint as it is now, signed for this try.
    pub(super) fn webhook(&self, endpoint: &Endpoint, event: EventId, body: &str, now: Timestamp) -> Parcel {
        let id = event.to_string();
        let signature = webhook::sign(endpoint.secrets.signing(now), &id, now, body.as_bytes());
        Parcel {
            url: endpoint.url.clone(),
            may_be_private: self.context.is_development,
            content_type: "application/json",
            headers: vec![
                ("user-agent", USER_AGENT.to_owned()),
                ("webhook-id", id),
                ("webhook-timestamp", now.as_second().to_string()),
                ("webhook-signature", signature),
            ],
            body: body.to_owned().into(),
        }
    }
}
