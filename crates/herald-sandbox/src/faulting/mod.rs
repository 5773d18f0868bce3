//! The middleware that counts every provider request and lets faults happen to it.

mod answer;
mod body;
mod malformed;

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use tokio::sync::watch;

use crate::fault::{FaultEffect, Strike};
use crate::operation::{self, Operation, Provider};
use crate::shared::Shared;

/// Longer than anybody waits for an answer. A call that hangs ends then at the latest, so that none is kept for ever.
const LONGEST_HANG: Duration = Duration::from_secs(120);

pub(crate) async fn apply(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let found = operation::classify(request.method().as_str(), request.path(), request.query_string());
    let (Some((provider, operation)), Some(shared)) =
        (found, request.app_data::<web::Data<Shared>>().cloned())
    else {
        return next.call(request).await;
    };
    let mut cleared = shared.faults.watch();
    let Some(strike) = shared.faults.strike(provider, operation) else {
        // Counted when the handler is already at work: whoever waits for the count and then changes a session finds
        // the held poll of that session waiting for exactly this change.
        let count = async { shared.ledger.count(provider, operation) };
        return futures_util::future::join(next.call(request), count).await.0;
    };
    shared.ledger.count(provider, operation);
    pause(strike.latency_ms).await;
    if strike.effect == FaultEffect::Hold {
        // The sender lives as long as the server: an error means that it is going down.
        let _ = cleared.changed().await;
    }
    let Strike { answer_after_ms, takes_effect, effect, .. } = strike;
    let is_effective = takes_effect || matches!(effect, FaultEffect::None | FaultEffect::Hold);
    let (request, own) = if is_effective {
        let (request, own) = next.call(request).await?.into_parts();
        (request, Some(own))
    } else {
        (request.into_parts().0, None)
    };
    pause(answer_after_ms).await;
    let call = Call { shared: &shared, provider, operation, own };
    let answer = call.answered(effect, cleared).await;
    Ok(ServiceResponse::new(request, answer))
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// A call that a fault struck, with the provider's own answer when it was asked.
struct Call<'a> {
    shared: &'a Shared,
    provider: Provider,
    operation: Operation,
    own: Option<HttpResponse>,
}

impl Call<'_> {
    async fn answered(self, effect: FaultEffect, mut cleared: watch::Receiver<u64>) -> HttpResponse {
        match effect {
            FaultEffect::None | FaultEffect::Hold | FaultEffect::Mix { .. } => self.own_answer(),
            FaultEffect::Status { status, body, retry_after_seconds } => {
                self.status(status, body, retry_after_seconds)
            }
            FaultEffect::RateLimited { retry_after_seconds } => {
                self.status(429, None, Some(retry_after_seconds))
            }
            FaultEffect::Answer { status, headers, body, patch } => {
                self.given(status, &headers, body, patch.as_ref()).await
            }
            FaultEffect::Malformed { how, status } => self.malformed(how, status).await,
            FaultEffect::Garbage => self.malformed(crate::fault::Malformed::Garbage, 200).await,
            FaultEffect::Redirect { location, status } => answer::redirect(status, &location),
            FaultEffect::Flood { bytes } => body::flood(bytes),
            FaultEffect::Drip { interval_ms } => {
                body::drip(self.own_answer(), Duration::from_millis(interval_ms)).await
            }
            FaultEffect::Half => body::half(self.own_answer()).await,
            FaultEffect::Hang => {
                // Whether it was cleared or took too long: nobody gets an answer.
                let _ = tokio::time::timeout(LONGEST_HANG, cleared.changed()).await;
                body::broken()
            }
            FaultEffect::Reset | FaultEffect::Lost => body::broken(),
        }
    }
}
