//! What a try means for the endpoint: whether it is failing, and for how long it may.

use herald_core::{
    event::{EndpointNews, Happening},
    store::StoreError,
    webhook::{DisabledReason, Endpoint, FAILING_MOST},
};
use jiff::Timestamp;

use super::{Outbox, count, outgoing::Reply};

impl Outbox {
    /// Notes on an endpoint how a try ended, if that changes anything about it; looked at as it was when it was tried, and
    /// then as it is. The end of an endpoint is told to the tenant's other ones.
    pub(super) async fn note_health(
        &self,
        tried: &Endpoint,
        reply: Reply,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if after(tried, reply, now).is_none() {
            return Ok(());
        }
        loop {
            let endpoints = self.endpoints.read(&tried.tenant).await?;
            let Some(kept) = endpoints.iter().find(|kept| kept.value.id == tried.id) else { return Ok(()) };
            let Some(changed) = after(&kept.value, reply, now) else { return Ok(()) };
            let disabled = (!changed.is_enabled)
                .then(|| Happening::EndpointDisabled { webhook_endpoint: EndpointNews::of(&changed) });
            let (kind, reason) = (disabled.as_ref().map(Happening::kind), changed.disabled_reason);
            let others = endpoints.iter().filter(|kept| kept.value.id != tried.id).cloned().collect();
            let told = self.rows_for(&tried.tenant, &others, disabled);
            if self.endpoints.replace(kept.version, changed, &told).await?.is_none() {
                // Somebody else changed it in this moment.
                continue;
            }
            if let (Some(kind), Some(reason)) = (kind, reason) {
                count(kind);
                self.wake();
                tracing::warn!(tenant.id = %tried.tenant, endpoint.id = %tried.id, reason = reason.as_str(), "a webhook endpoint was disabled");
            }
            return Ok(());
        }
    }
}

/// The endpoint after a try that ended so; nothing when it stays as it is. One that is disabled is only tried out, which
/// changes nothing.
fn after(endpoint: &Endpoint, reply: Reply, now: Timestamp) -> Option<Endpoint> {
    if !endpoint.is_enabled {
        return None;
    }
    let disabled = |reason| {
        let disabled = Endpoint { is_enabled: false, disabled_reason: Some(reason), ..endpoint.clone() };
        Some(disabled)
    };
    match (reply, endpoint.failing_since) {
        (Reply::Status(410), _) => disabled(DisabledReason::Gone),
        (reply, None) if reply.is_success() => None,
        (reply, Some(_)) if reply.is_success() => Some(Endpoint { failing_since: None, ..endpoint.clone() }),
        (_, None) => Some(Endpoint { failing_since: Some(now), ..endpoint.clone() }),
        (_, Some(since)) if now.duration_since(since) > FAILING_MOST => disabled(DisabledReason::Failing),
        (_, Some(_)) => None,
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
