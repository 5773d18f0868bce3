//! What is waiting, of all tenants.

use herald_core::store::{Backlog, StoreError};

use super::Waiting;
use crate::{RedisStore, names::Agenda, tenants::of_each};

impl RedisStore {
    /// What is waiting in these agendas, of every tenant that has something.
    pub(crate) async fn backlog(&self, agenda: Agenda) -> Result<Vec<Backlog>, StoreError> {
        let asked = self.tenants().await?.into_iter().map(|tenant| async move {
            let waiting = self.agenda_waiting(&tenant, agenda).await?;
            let backlog = |Waiting { count: waiting, oldest_due_at, next_at }| Backlog {
                tenant,
                waiting,
                oldest_due_at,
                next_at,
            };
            Ok(waiting.map(backlog))
        });
        Ok(of_each(agenda, asked).await?.into_iter().flatten().collect())
    }
}
