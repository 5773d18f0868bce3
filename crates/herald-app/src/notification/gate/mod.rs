//! The gate of every connection: a provider that is down, or overrun, or refuses our credential, is left alone, and what it
//! would have been sent is put off.
//!
//! It lives in memory: another replica, or this one after a restart, learns by itself.

mod breaker;
mod budget;
mod parking;
mod state;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use herald_core::{
    error::ProviderError,
    event::{ConnectionCondition, ConnectionNews, Happening},
    id::{ConnectionId, NotificationId, TenantId},
    provider::ProviderAccount,
};
use jiff::Timestamp;

use self::state::{Gate, Ticket};
use super::Notifications;
use crate::{herald::Context, outbox::Outbox, tenant::Connection};

/// How the way through a connection is, as this replica sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStanding {
    /// Whose connection it is.
    pub tenant: TenantId,
    /// The connection.
    pub connection: ConnectionId,
    /// How it is.
    pub condition: ConnectionCondition,
    /// Since when.
    pub since: Timestamp,
}

/// What names a gate. A connection that has become another account begins anew.
type Key = (TenantId, ConnectionId, ProviderAccount);

/// A gate, and the connection as it was configured when it was last used.
#[derive(Debug)]
struct Entry {
    gate: Gate,
    configured: Weak<Connection>,
}

/// The gates of all connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    context: Arc<Context>,
    outbox: Outbox,
    all: Arc<Mutex<HashMap<Key, Entry>>>,
    since: Timestamp,
}

impl Gates {
    pub(super) fn new(context: Arc<Context>, outbox: Outbox) -> Self {
        let since = context.clock.now();
        Self { context, outbox, all: Arc::default(), since }
    }

    /// Nothing when this could be sent now, else when to look again.
    pub(super) fn closed_until(
        &self,
        tenant: &TenantId,
        connection: &Arc<Connection>,
        id: NotificationId,
        is_repeat: bool,
    ) -> Option<Timestamp> {
        let now = self.context.clock.now();
        self.with(key(tenant, connection), connection, now, |gate| gate.closed_until(id, is_repeat, now))
    }

    /// Lets this be sent, or says when to look again.
    pub(super) fn pass(
        &self,
        tenant: &TenantId,
        connection: &Arc<Connection>,
        id: NotificationId,
        is_repeat: bool,
    ) -> Result<Permit, Timestamp> {
        let now = self.context.clock.now();
        let key = key(tenant, connection);
        let ticket = self.with(key.clone(), connection, now, |gate| gate.pass(id, is_repeat, now))?;
        Ok(Permit { gates: self.clone(), key, ticket: Some(ticket) })
    }

    /// Tells of a connection whose condition has changed. That it cannot be told stops nothing.
    pub(super) async fn tell(&self, tenant: &TenantId, news: ConnectionNews) {
        let ConnectionNews { id, condition, .. } = &news;
        tracing::warn!(tenant.id = %tenant, connection.id = %id, ?condition, "the way through a connection has changed");
        if let Err(error) = self.outbox.tell(tenant, Happening::Connection { connection: news }).await {
            tracing::warn!(tenant.id = %tenant, %error, "an event of a connection could not be stored");
        }
    }

    fn with<T>(
        &self,
        key: Key,
        connection: &Arc<Connection>,
        now: Timestamp,
        look: impl FnOnce(&mut Gate) -> T,
    ) -> T {
        let mut all = self.locked();
        let configured = Arc::downgrade(connection);
        let entry =
            all.entry(key).or_insert_with(|| Entry { gate: Gate::new(now), configured: configured.clone() });
        if !entry.configured.ptr_eq(&configured) {
            entry.configured = configured;
            entry.gate.reconfigured(now);
        }
        look(&mut entry.gate)
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(tenant: &TenantId, connection: &Connection) -> Key {
    (tenant.clone(), connection.id.clone(), connection.account().clone())
}

/// Leave to make one call.
#[derive(Debug)]
#[must_use = "a gate that is told of no end lets no other try through"]
pub(super) struct Permit {
    gates: Gates,
    key: Key,
    ticket: Option<Ticket>,
}

impl Permit {
    /// The call has ended, well or like this. Gives what is to be told of the connection.
    pub(super) fn ended(mut self, error: Option<&ProviderError>) -> Option<ConnectionNews> {
        let ticket = self.ticket.take()?;
        let Context { clock, entropy, .. } = &*self.gates.context;
        let mut all = self.gates.locked();
        let gate = &mut all.get_mut(&self.key)?.gate;
        let condition = gate.ended(ticket, error.into(), clock.now(), entropy.as_ref())?;
        let (tenant, id, account) = &self.key;
        let labels = [("tenant", tenant.as_str().to_owned()), ("connection", id.as_str().to_owned())];
        metrics::gauge!("herald_connection_condition", &labels).set(match condition {
            ConnectionCondition::Available => 0,
            ConnectionCondition::Unavailable => 1,
            ConnectionCondition::CredentialsInvalid => 2,
        });
        Some(ConnectionNews { id: id.clone(), provider: account.provider.clone(), condition })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take()
            && let Some(entry) = self.gates.locked().get_mut(&self.key)
        {
            entry.gate.uncalled(ticket);
        }
    }
}

impl Notifications {
    /// How every connection that can notify is, as this replica sees it; by tenant and name.
    pub fn connections(&self) -> Vec<ConnectionStanding> {
        let tenants = self.context.tenants.load_full();
        let all = self.gates.locked();
        let mut standings = Vec::new();
        for tenant in tenants.iter() {
            for connection in tenant.connections.values().filter(|connection| connection.notifier.is_some()) {
                let known = all.get(&key(&tenant.id, connection)).map(|entry| entry.gate.standing());
                let (condition, since) = known.unwrap_or((ConnectionCondition::Available, self.gates.since));
                let (tenant, connection) = (tenant.id.clone(), connection.id.clone());
                standings.push(ConnectionStanding { tenant, connection, condition, since });
            }
        }
        drop(all);
        standings
            .sort_by(|one, other| (&one.tenant, &one.connection).cmp(&(&other.tenant, &other.connection)));
        standings
    }
}
