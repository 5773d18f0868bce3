//! What the simulated providers send by themselves: to whom, when, and a record of every try.

mod delivery;
mod outgoing;
mod sending;
mod signature;

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use url::Url;

use crate::operation::Provider;
use crate::random;
use crate::shared::locked;

pub use delivery::{WebhookAttempt, WebhookDelivery, WebhookStatus};
pub use signature::SignatureEncoding;

pub(crate) use outgoing::{Letter, Patience};
pub(crate) use sending::run;

use delivery::Book;
use sending::Errand;

/// An address that a provider tells its events.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookEndpoint {
    /// `wh_…`
    pub id: String,
    /// Whose events.
    pub provider: Provider,
    /// Where they are posted.
    pub url: Url,
    /// Which; all of the provider's when empty.
    pub events: Vec<String>,
    /// What they are signed with.
    #[serde(skip)]
    pub secret: String,
}

impl std::fmt::Debug for WebhookEndpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("WebhookEndpoint")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .field("url", &self.url.as_str())
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// The endpoints, the record, and the way to the task that posts.
pub(crate) struct Webhooks {
    endpoints: Mutex<Vec<WebhookEndpoint>>,
    book: Mutex<Book>,
    version: watch::Sender<u64>,
    errands: mpsc::UnboundedSender<Errand>,
}

/// What the posting task takes its work from.
pub(crate) type Errands = mpsc::UnboundedReceiver<Errand>;

impl Webhooks {
    /// The work goes to whoever runs [`run`] with the second half.
    pub(crate) fn new() -> (Self, Errands) {
        let (errands, receiver) = mpsc::unbounded_channel();
        let new = Self {
            endpoints: Mutex::default(),
            book: Mutex::default(),
            version: watch::Sender::new(0),
            errands,
        };
        (new, receiver)
    }

    /// Events of `provider` go to `url` from now on; what was there for the same address goes.
    pub(crate) fn register(
        &self,
        provider: Provider,
        url: Url,
        secret: &str,
        events: &[String],
    ) -> WebhookEndpoint {
        let endpoint = WebhookEndpoint {
            id: random::short("wh_"),
            provider,
            url,
            events: events.to_vec(),
            secret: secret.to_owned(),
        };
        let mut endpoints = locked(&self.endpoints);
        endpoints.retain(|known| known.provider != provider || known.url != endpoint.url);
        endpoints.push(endpoint.clone());
        endpoint
    }

    pub(crate) fn endpoints(&self, provider: Provider) -> Vec<WebhookEndpoint> {
        locked(&self.endpoints).iter().filter(|endpoint| endpoint.provider == provider).cloned().collect()
    }

    pub(crate) fn remove_endpoints(&self, provider: Provider) {
        locked(&self.endpoints).retain(|endpoint| endpoint.provider != provider);
    }

    /// Posts the letter to every endpoint that wants it. Answers the records, and what tells that each first try is over.
    pub(crate) fn post(
        &self,
        letter: &Letter,
        patience: Patience,
    ) -> (Vec<WebhookDelivery>, Vec<oneshot::Receiver<()>>) {
        let wants =
            |endpoint: &WebhookEndpoint| endpoint.events.is_empty() || endpoint.events.contains(&letter.kind);
        let endpoints = self.endpoints(letter.provider).into_iter().filter(wants);
        endpoints.map(|endpoint| self.enqueue(letter.parcel(&endpoint), patience)).unzip()
    }

    /// The same bytes under the same signature once more. `None`: no such record.
    pub(crate) fn repeat(&self, id: &str, patience: Patience) -> Option<WebhookDelivery> {
        let parcel = locked(&self.book).parcel(id)?;
        Some(self.enqueue(parcel, patience).0)
    }

    pub(crate) fn deliveries(&self) -> Vec<WebhookDelivery> {
        locked(&self.book).all()
    }

    /// Nothing on record; what is on its way is not tried again.
    pub(crate) fn clear(&self) {
        locked(&self.book).clear();
        self.changed();
    }

    pub(crate) fn reset(&self) {
        locked(&self.endpoints).clear();
        self.clear();
    }

    /// Waits until `is_met` of the record holds; `false` when it did not within `timeout`.
    pub(crate) async fn wait_until(
        &self,
        timeout: Duration,
        is_met: impl Fn(&[WebhookDelivery]) -> bool,
    ) -> bool {
        let mut version = self.version.subscribe();
        let wait = async {
            while !is_met(&self.deliveries()) {
                // The sender lives in `self`, so this cannot fail.
                if version.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(timeout, wait).await.unwrap_or(false)
    }

    fn enqueue(
        &self,
        parcel: delivery::Parcel,
        patience: Patience,
    ) -> (WebhookDelivery, oneshot::Receiver<()>) {
        let (is_tried, first_try) = oneshot::channel();
        let record = locked(&self.book).open(parcel);
        self.changed();
        // Without a receiver the server is going down, and nothing is sent any more.
        drop(self.errands.send(Errand { id: record.id.clone(), patience, is_tried }));
        (record, first_try)
    }

    fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }
}
