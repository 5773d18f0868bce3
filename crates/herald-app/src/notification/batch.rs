//! Many notifications accepted in one call, each on its own.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use herald_core::text::IdempotencyKey;

use super::{AcceptError, Accepted, NewNotification, Notifications};
use crate::tenant::Tenant;

/// How many are being accepted at once: they share the store's commits, and leave room for other callers.
const AT_ONCE: usize = 64;

impl Notifications {
    /// Accepts every item as [`accept`](Self::accept) does, and answers in the items' order. Of items under one key the earlier
    /// ones come first; items under different keys are accepted in no particular order.
    ///
    /// A caller who hangs up may leave some accepted and others not; the same call again completes it.
    pub async fn accept_many(
        &self,
        tenant: &Tenant,
        items: Vec<(IdempotencyKey, NewNotification)>,
    ) -> Vec<Result<Accepted, AcceptError>> {
        let mut by_key: HashMap<IdempotencyKey, Vec<(usize, NewNotification)>> = HashMap::new();
        for (index, (key, wish)) in items.into_iter().enumerate() {
            by_key.entry(key).or_default().push((index, wish));
        }
        let one_key = |(key, wishes): (IdempotencyKey, Vec<(usize, NewNotification)>)| async move {
            let mut answers = Vec::with_capacity(wishes.len());
            for (index, wish) in wishes {
                answers.push((index, self.accept(tenant, &key, wish).await));
            }
            answers
        };
        let answers: Vec<_> = stream::iter(by_key).map(one_key).buffer_unordered(AT_ONCE).collect().await;
        let mut answers: Vec<_> = answers.into_iter().flatten().collect();
        answers.sort_unstable_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}
