//! One agenda for each tenant.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use herald_core::{id::TenantId, store::Backlog};
use jiff::Timestamp;

use super::{Agenda, RowName, Waiting};
use crate::fault::Fault;

/// The agendas of the tenants. One that was made stays: there are as many as tenants.
#[derive(Debug, Default)]
pub(crate) struct TenantAgendas(RwLock<BTreeMap<TenantId, Arc<Agenda>>>);

impl TenantAgendas {
    /// The agenda of a tenant; an empty one if it has none yet.
    pub(crate) fn of(&self, tenant: &TenantId) -> Arc<Agenda> {
        let agendas = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(agenda) = agendas.get(tenant) {
            return Arc::clone(agenda);
        }
        drop(agendas);
        let mut agendas = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(agendas.entry(tenant.clone()).or_default())
    }

    fn all(&self) -> BTreeMap<TenantId, Arc<Agenda>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins anew with what the due table says; see [`Agenda::load`].
    pub(crate) fn load(
        &self,
        due: impl Iterator<Item = Result<(Timestamp, RowName), Fault>>,
    ) -> Result<(), Fault> {
        // Also those of which nothing is due any more.
        let mut rows: BTreeMap<TenantId, Vec<(Timestamp, RowName)>> =
            self.all().into_keys().map(|tenant| (tenant, Vec::new())).collect();
        for entry in due {
            let (due, row) = entry?;
            match rows.get_mut(&row.tenant) {
                Some(rows) => rows.push((due, row)),
                None => {
                    rows.insert(row.tenant.clone(), vec![(due, row)]);
                }
            }
        }
        rows.into_iter().try_for_each(|(tenant, rows)| self.of(&tenant).load(rows.into_iter().map(Ok)))
    }

    /// What is waiting, of every tenant that has something.
    pub(crate) fn backlog(&self, now: Timestamp) -> Vec<Backlog> {
        let waiting = self.all().into_iter().filter_map(|(tenant, agenda)| {
            let Waiting { count, oldest_due_at, next_at } = agenda.waiting(now)?;
            Some(Backlog { tenant, waiting: count, oldest_due_at, next_at })
        });
        waiting.collect()
    }
}
