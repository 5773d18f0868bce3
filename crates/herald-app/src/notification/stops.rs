//! Through which stop of its route a notification goes now.

use std::sync::Arc;

use herald_core::{
    notification::{Notification, OnUnknown},
    notifier::Recipient,
};
use jiff::{SignedDuration, Timestamp};

use super::{Notifications, policy, reach::Known};
use crate::tenant::{Connection, Tenant};

/// What became of a look for a stop that can carry a notification.
#[derive(Debug)]
pub(super) enum Stop {
    /// This one.
    Go(Chosen),
    /// Not now; look again then.
    Later(Timestamp),
    /// None any more.
    None,
    /// Perhaps, but not with this replica's configuration.
    Elsewhere,
}

/// A stop that can carry a notification now.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// Which stop of the route.
    pub(super) hop: usize,
    /// Its connection.
    pub(super) connection: Arc<Connection>,
    /// To whom there.
    pub(super) recipient: Recipient,
    /// Was it tried there before?
    pub(super) is_repeat: bool,
    /// The next stop that could carry it, were this one not to.
    pub(super) next: Option<usize>,
}

impl Chosen {
    fn honours_key(&self) -> bool {
        self.connection.notifier.as_ref().is_some_and(|notifier| notifier.honours_key())
    }
}

impl Notifications {
    /// The first stop, from the present one on, that can carry it and lets it through now.
    ///
    /// Only the present one, until it was tried for as long as the tenant has it (or was closed for so long); then a later one
    /// that lets it through comes first. That is also so where nothing was tried, but it `has_waited` so long for a place. A stop that may have sent it already is not passed by, unless the tenant's rule is
    /// to go on.
    pub(super) fn stop_for(
        &self,
        notification: &Notification,
        tenant: &Tenant,
        known: &Known,
        has_waited: bool,
        now: Timestamp,
    ) -> Stop {
        let (mut able, is_elsewhere) = self.able(notification, tenant, known);
        let is_held = notification.is_unknown_here() && notification.on_unknown != OnUnknown::Fallback;
        if is_held {
            able.retain(|chosen| chosen.hop == notification.hop);
        }
        if notification.on_unknown != OnUnknown::AtLeastOnce && policy::is_forgotten(notification, now) {
            // Only repeats that the provider recognises were harmless, and it may have forgotten.
            able.retain(|chosen| chosen.hop != notification.hop || !chosen.honours_key());
        }
        let Some(first) = able.first() else {
            return if is_elsewhere { Stop::Elsewhere } else { Stop::None };
        };
        let over_at = notification.hop_since() + hop_timeout(tenant);
        let has_time = first.hop == notification.hop && able.len() > 1;
        if !has_time || now < over_at {
            able.truncate(1);
        } else if first.is_repeat || has_waited {
            able.rotate_left(1);
        }
        let mut later = has_time.then_some(over_at).filter(|over_at| *over_at > now);
        for chosen in able {
            let Chosen { connection, is_repeat, .. } = &chosen;
            match self.gates.closed_until(&tenant.id, connection, notification.id, *is_repeat) {
                None => return Stop::Go(chosen),
                Some(until) => later = Some(later.map_or(until, |later| later.min(until))),
            }
        }
        Stop::Later(later.unwrap_or(now))
    }

    /// What follows the present stop, for one that was being tried there.
    pub(super) fn next_stop(
        &self,
        notification: &Notification,
        tenant: &Tenant,
        known: &Known,
    ) -> Option<usize> {
        let (able, _) = self.able(notification, tenant, known);
        able.iter().map(|chosen| chosen.hop).find(|hop| *hop > notification.hop)
    }

    /// The stops, from the present one on, that can carry it. True: this replica does not know the account of some.
    fn able(&self, notification: &Notification, tenant: &Tenant, known: &Known) -> (Vec<Chosen>, bool) {
        let mut is_elsewhere = false;
        let mut able: Vec<Chosen> = Vec::new();
        for (hop, stop) in notification.route.iter().enumerate().skip(notification.hop) {
            let Some(connection) = tenant.connection_of(&stop.connection, &stop.account) else {
                is_elsewhere = true;
                continue;
            };
            if let Some(recipient) = self.recipient(tenant, connection, &notification.to, known) {
                if let Some(before) = able.last_mut() {
                    before.next = Some(hop);
                }
                let is_repeat = hop == notification.hop && notification.attempts_here().next().is_some();
                let connection = Arc::clone(connection);
                able.push(Chosen { hop, connection, recipient, is_repeat, next: None });
            }
        }
        (able, is_elsewhere)
    }
}

/// How long a tenant has one stop tried while there is a next one.
pub(super) fn hop_timeout(tenant: &Tenant) -> SignedDuration {
    SignedDuration::from_secs(tenant.delivery.hop_timeout_seconds.into())
}
