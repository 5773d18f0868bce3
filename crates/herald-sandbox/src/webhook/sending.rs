//! The task that posts: each delivery on its own, again after a network error, 429 and 5xx.

use std::sync::Arc;
use std::time::Duration;

use herald_outbound::forward::Call;
use tokio::sync::{Semaphore, oneshot};

use super::delivery::{Parcel, WebhookAttempt, WebhookStatus};
use super::{Errands, Patience};
use crate::shared::{Shared, locked};

/// Posts at the same time.
const MOST_AT_ONCE: usize = 64;
/// How long an endpoint may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A delivery to be posted.
pub(crate) struct Errand {
    pub(super) id: String,
    pub(super) patience: Patience,
    /// Told when the first try is over, whatever came of it.
    pub(super) is_tried: oneshot::Sender<()>,
}

/// Posts until the server ends.
pub(crate) async fn run(shared: Arc<Shared>, mut errands: Errands) {
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    while let Some(errand) = errands.recv().await {
        actix_web::rt::spawn(deliver(Arc::clone(&shared), Arc::clone(&places), errand));
    }
}

async fn deliver(shared: Arc<Shared>, places: Arc<Semaphore>, errand: Errand) {
    let Errand { id, patience, is_tried } = errand;
    let mut is_tried = Some(is_tried);
    let mut wait_ms = patience.delay_ms;
    for number in 1..=patience.attempts.max(1) {
        if wait_ms > 0 {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
        wait_ms = patience.retry_ms.saturating_mul(1 << (number - 1).min(16));
        // Not on record any more: the sandbox was reset.
        let Some(parcel) = locked(&shared.webhooks.book).parcel(&id) else { return };
        let place = places.acquire().await;
        let answer = post(&shared, parcel).await;
        drop(place);
        let is_last = number >= patience.attempts;
        let status = match &answer {
            Ok(200..=299) => WebhookStatus::Delivered,
            Ok(429 | 500..=599) | Err(_) if !is_last => WebhookStatus::Pending,
            Ok(_) | Err(_) => WebhookStatus::Failed,
        };
        let attempt = WebhookAttempt {
            at: shared.clock.now(),
            response_status: answer.as_ref().ok().copied(),
            error: answer.err(),
        };
        let is_known = locked(&shared.webhooks.book).tried(&id, attempt, status);
        shared.webhooks.changed();
        if let Some(is_tried) = is_tried.take() {
            // Whoever waited for it may be gone.
            let _ = is_tried.send(());
        }
        if !is_known || status != WebhookStatus::Pending {
            return;
        }
    }
}

/// The status of the answer, or why there is none.
async fn post(shared: &Shared, parcel: Parcel) -> Result<u16, String> {
    let mut call = Call::new("POST", parcel.url).body("application/json", parcel.body);
    for (name, value) in &parcel.headers {
        call = call.header(name, value);
    }
    match tokio::time::timeout(TIMEOUT, shared.forwarder.send(call)).await {
        Ok(Ok(answer)) => Ok(answer.status),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}
