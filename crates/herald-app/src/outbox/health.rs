//! What a try means for the endpoint: whether it is failing, and for how long it may.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use herald_core::{
    event::{EndpointNews, Happening},
    id::EndpointId,
    store::StoreError,
    webhook::{DisabledReason, Endpoint, FAILING_AGAIN, FAILING_MOST},
};
use jiff::{SignedDuration, Timestamp};

use super::{Outbox, count, outgoing::Reply};
use crate::{hub::Kept, webhook::Endpoints};

/// How often it is noted of an endpoint that it fails. A success only ends what was noted.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How many endpoints are remembered before those are forgotten of which something may be noted again.
const MANY: usize = 1024;

/// When it was last noted of an endpoint that it fails. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted(Arc<Mutex<HashMap<EndpointId, Timestamp>>>);

impl Noted {
    /// May it be noted now?
    fn may_note(&self, id: EndpointId, now: Timestamp) -> bool {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(&id).is_none_or(|at| now.duration_since(*at).abs() >= NOTE_EVERY)
    }

    fn note(&self, id: EndpointId, now: Timestamp) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MANY && noted.len() == noted.capacity() {
            noted.retain(|_, at| now.duration_since(*at).abs() < NOTE_EVERY);
        }
        noted.insert(id, now);
    }
}

impl Outbox {
    /// Notes on an endpoint how a try ended, if that changes anything about it as it is now. The end of an endpoint is told to
    /// the tenant's other ones.
    pub(super) async fn note_health(
        &self,
        tried: &Endpoint,
        reply: Reply,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // As it is known here: most tries change nothing, and ask nobody.
        if self.noteworthy(&self.endpoints.list(&tried.tenant).await?, tried, reply, now).is_none() {
            return Ok(());
        }
        loop {
            let endpoints = self.endpoints.read(&tried.tenant).await?;
            let Some((version, changed)) = self.noteworthy(&endpoints, tried, reply, now) else {
                return Ok(());
            };
            let is_note = changed.is_enabled && changed.failing_since.is_some();
            let disabled = (!changed.is_enabled)
                .then(|| Happening::EndpointDisabled { webhook_endpoint: EndpointNews::of(&changed) });
            let (kind, reason) = (disabled.as_ref().map(Happening::kind), changed.disabled_reason);
            let others: Vec<Kept<Endpoint>> =
                endpoints.iter().filter(|kept| kept.value.id != tried.id).cloned().collect();
            let told = self.rows_for(&tried.tenant, &others, disabled);
            let _turn = self.writes.acquire().await;
            if self.endpoints.replace(version, changed, &told).await?.is_none() {
                // Somebody else changed it in this moment.
                continue;
            }
            if is_note {
                self.noted.note(tried.id, now);
            }
            if let (Some(kind), Some(reason)) = (kind, reason) {
                count(kind);
                self.wake();
                tracing::warn!(tenant.id = %tried.tenant, endpoint.id = %tried.id, reason = reason.as_str(), "a webhook endpoint was disabled");
            }
            return Ok(());
        }
    }

    /// The endpoint with what is to be noted, and the version that it has now; nothing when nothing is.
    fn noteworthy(
        &self,
        endpoints: &Endpoints,
        tried: &Endpoint,
        reply: Reply,
        now: Timestamp,
    ) -> Option<(u64, Endpoint)> {
        // What an address answered says nothing of the one that took its place.
        let kept = endpoints.iter().find(|kept| kept.value.id == tried.id && kept.value.url == tried.url)?;
        let changed = after(&kept.value, reply, now)?;
        let is_note = changed.is_enabled && !reply.is_success();
        (!is_note || self.noted.may_note(tried.id, now)).then_some((kept.version, changed))
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
    if reply == Reply::Status(410) {
        return disabled(DisabledReason::Gone);
    }
    if reply.is_success() {
        let well = || Endpoint { failing_since: None, failed_again_at: None, ..endpoint.clone() };
        return endpoint.failing_since.map(|_| well());
    }
    match (endpoint.failing_since, endpoint.failed_again_at) {
        (None, _) => Some(Endpoint { failing_since: Some(now), failed_again_at: None, ..endpoint.clone() }),
        (Some(since), None) if now.duration_since(since) >= FAILING_AGAIN => {
            Some(Endpoint { failed_again_at: Some(now), ..endpoint.clone() })
        }
        (_, Some(again_at)) if now.duration_since(again_at) > FAILING_MOST => {
            disabled(DisabledReason::Failing)
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
