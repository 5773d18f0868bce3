//! What an endpoint was told, and having it told again.

use std::sync::Arc;

use herald_core::{
    id::{DeliveryId, EndpointId, EventId},
    store::{Cursor, OutboxFilter, Page},
    webhook::{Endpoint, Replay},
};
use jiff::{SignedDuration, Timestamp};

use super::{WebhookError, Webhooks};
use crate::{
    outbox::{Attempt, Outgoing, Reply, Settlement, State},
    tenant::Tenant,
};

/// One event on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The event, which the receiver sees as `webhook-id`.
    pub event: EventId,
    /// The event's type.
    pub kind: String,
    /// Where it is.
    pub status: DeliveryStatus,
    /// When the event happened.
    pub created_at: Timestamp,
    /// When it is tried next, if it is.
    pub next_attempt_at: Option<Timestamp>,
    /// The last 20 tries, the earliest first.
    pub attempts: Vec<DeliveryAttempt>,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is tried later; or, without a time for that, after a replay only, because the endpoint is disabled.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// It is not tried any more, unless there is a replay.
    Failed,
}

impl DeliveryStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// Its number, 1 for the first.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration: SignedDuration,
    /// The HTTP status of the answer, if there was one.
    pub response_status: Option<u16>,
    /// Why it failed, as a word; nothing when it did not: `gone` (410), `refused` (any other answer but 2xx), or what
    /// [`NoAnswerKind::as_str`](herald_core::courier::NoAnswerKind::as_str) gives.
    pub failure: Option<&'static str>,
}

impl Webhooks {
    /// A page of the endpoint's deliveries, newest first, and where the next one begins. They are kept for three days after
    /// they are settled.
    pub async fn deliveries(
        &self,
        tenant: &Tenant,
        id: EndpointId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<Cursor>), WebhookError> {
        self.load(tenant, id).await?.ok_or(WebhookError::NotFound)?;
        let filter = OutboxFilter { endpoint: id, created_from: None };
        let page = Page { after, limit: limit + 1 };
        let mut rows = self.context.store.list_deliveries(&tenant.id, filter, page).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows
            .last()
            .filter(|_| has_more)
            .map(|row| Cursor { created_at: row.created_at, id: row.id.as_u128() });
        let deliveries = rows
            .iter()
            // One that cannot be read hides no other.
            .filter_map(|row| self.outbox.readable(row).map(Delivery::of))
            .collect();
        Ok((deliveries, next))
    }

    /// Tells the endpoint of a trial, once, also when it is disabled. It is under way when this returns, also when the caller
    /// hangs up before.
    pub async fn test(&self, tenant: &Tenant, id: EndpointId) -> Result<Delivery, WebhookError> {
        let kept = self.load(tenant, id).await?.ok_or(WebhookError::NotFound)?;
        let row = self.outbox.trial(&kept.value);
        let this = self.clone();
        let write = async move {
            this.context.store.append_outbox(std::slice::from_ref(&row)).await?;
            this.outbox.wake();
            Ok(Delivery::of(this.outbox.open(&row)?))
        };
        self.context.tasks.finish(write).await?
    }

    /// Has every event told again, under its own id, that is kept for the endpoint and happened at or after `since` and before
    /// now, whatever became of it. It goes on in the background, also after a restart, until the endpoint has no `replay` any
    /// more. What another replay has left to do is done as well. An endpoint that is left alone because it did not answer is
    /// called again.
    pub async fn replay(
        &self,
        tenant: &Tenant,
        id: EndpointId,
        since: Timestamp,
    ) -> Result<Arc<Endpoint>, WebhookError> {
        let until = self.context.clock.now();
        if since > until {
            return Err(WebhookError::invalid("/since", "out_of_range", "the time is yet to come"));
        }
        let endpoint = self
            .change(tenant, id, move |endpoint| {
                let since = endpoint.replay.map_or(since, |other| other.since.min(since));
                endpoint.replay = Some(Replay { since, until, done_from: None });
            })
            .await?;
        self.outbox.begin_replay(&tenant.id, id);
        Ok(endpoint)
    }
}

impl Delivery {
    fn of(outgoing: Outgoing) -> Self {
        let (status, next_attempt_at) = match outgoing.state {
            State::Open { next_at } => (DeliveryStatus::Pending, Some(next_at)),
            State::Held => (DeliveryStatus::Pending, None),
            State::Settled { how: Settlement::Delivered, .. } => (DeliveryStatus::Delivered, None),
            State::Settled { .. } => (DeliveryStatus::Failed, None),
        };
        Self {
            id: outgoing.id,
            event: outgoing.event,
            kind: outgoing.kind,
            status,
            created_at: outgoing.created_at,
            next_attempt_at,
            attempts: outgoing.attempts.into_iter().map(DeliveryAttempt::of).collect(),
        }
    }
}

impl DeliveryAttempt {
    fn of(attempt: Attempt) -> Self {
        let Attempt { number, started_at, ended_at, reply } = attempt;
        let (response_status, failure) = match reply {
            Reply::Status(410) => (Some(410), Some("gone")),
            Reply::Status(status) => (Some(status), (!reply.is_success()).then_some("refused")),
            Reply::NoAnswer(why) => (None, Some(why.as_str())),
        };
        // A clock that is set back makes no time negative.
        let duration = ended_at.duration_since(started_at).max(SignedDuration::ZERO);
        Self { number, started_at, duration, response_status, failure }
    }
}
