//! Many notifications accepted in one call, each on its own.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use herald_core::{store::StoreError, text::IdempotencyKey};

use super::{AcceptError, Accepted, NewNotification, Notifications};
use crate::{store_retry::MayBeAway, tenant::Tenant};

/// How many are being accepted at once: they share the store's commits, and leave room for other callers.
const AT_ONCE: usize = 64;

impl Notifications {
    /// Accepts every item as [`accept`](Self::accept) does, and answers in the items' order. Of items under one key the earlier
    /// ones come first; items under different keys are accepted in no particular order.
    ///
    /// When the store is away for one of them, those without an answer get the same at once: each would wait for as long as the first
    /// did. A caller who hangs up, or gets such an answer, may leave some accepted and others not; the same call again completes it.
    pub async fn accept_many(
        &self,
        tenant: &Tenant,
        items: Vec<(IdempotencyKey, NewNotification)>,
    ) -> Vec<Result<Accepted, AcceptError>> {
        let mut answers: Vec<Option<_>> = items.iter().map(|_| None).collect();
        let mut by_key: HashMap<IdempotencyKey, Vec<(usize, NewNotification)>> = HashMap::new();
        for (index, (key, wish)) in items.into_iter().enumerate() {
            by_key.entry(key).or_default().push((index, wish));
        }
        let one_key = |(key, wishes): (IdempotencyKey, Vec<(usize, NewNotification)>)| {
            let accept = move |(index, wish)| {
                let key = key.clone();
                async move { (index, self.accept(tenant, &key, wish).await) }
            };
            stream::iter(wishes).then(accept).boxed()
        };
        let mut accepting = stream::iter(by_key).flat_map_unordered(AT_ONCE, one_key);
        let mut cause = String::new();
        while let Some((index, answer)) = accepting.next().await {
            let away = answer.as_ref().err().and_then(MayBeAway::away).map(ToString::to_string);
            answers[index] = Some(answer);
            if let Some(away) = away {
                cause = away;
                break;
            }
        }
        let same = || Err(StoreError::Unavailable(cause.as_str().into()).into());
        answers.into_iter().map(|answer| answer.unwrap_or_else(same)).collect()
    }
}
