//! What is waiting, of all tenants.

use futures_util::{StreamExt as _, stream};
use herald_core::store::{Backlog, StoreError};

use super::Waiting;
use crate::{RedisStore, names::Agenda};

/// How many tenants are asked about at a time.
const AT_ONCE: usize = 64;

impl RedisStore {
    /// What is waiting in these agendas, of every tenant that has something. Where nothing is known of some tenants, because
    /// their node of a cluster is away, the others do not wait for it.
    pub(crate) async fn backlog(&self, agenda: Agenda) -> Result<Vec<Backlog>, StoreError> {
        let tenants = self.tenants().await?;
        let asked = tenants.into_iter().map(|tenant| async move {
            let waiting = self.agenda_waiting(&tenant, agenda).await;
            (tenant, waiting)
        });
        let mut answers = stream::iter(asked).buffer_unordered(AT_ONCE);
        let (mut backlog, mut is_any_known, mut failure) = (Vec::new(), false, None);
        while let Some((tenant, waiting)) = answers.next().await {
            match waiting {
                Ok(waiting) => {
                    is_any_known = true;
                    backlog.extend(waiting.map(|Waiting { count, oldest_due_at, next_at }| Backlog {
                        tenant,
                        waiting: count,
                        oldest_due_at,
                        next_at,
                    }));
                }
                Err(error) => {
                    tracing::warn!(tenant.id = %tenant, ?agenda, %error, "what is waiting is not known");
                    failure = Some(error);
                }
            }
        }
        failure.filter(|_| !is_any_known).map_or(Ok(backlog), Err)
    }
}
