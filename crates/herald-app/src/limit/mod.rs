//! Limits: how often a tenant may call, an address may begin logins, and a recipient may be written to.
//!
//! They are counted in the store, so that all replicas count together. While the store cannot count, each replica counts for itself, its
//! part of what is allowed: the only thing here that goes on without the store, because a limit that fails closed would be an outage
//! of its own.

mod names;
mod rules;

pub use names::LimitName;
pub use rules::LimitRules;

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use herald_core::{
    id::TenantId,
    notifier::Recipient,
    seal::BlindIndex,
    store::{MemoryCounters, Quota, StoreError, Taken},
};
use jiff::{SignedDuration, Timestamp};

use crate::{herald::Context, tenant::Tenant};

/// How long the store may take to count.
const PATIENCE: SignedDuration = SignedDuration::from_millis(250);
/// How long a store that did not count is left alone.
const ALONE_FOR: SignedDuration = SignedDuration::from_secs(1);

/// How one limit stands after it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which limit.
    pub name: LimitName,
    /// What it allows.
    pub quota: Quota,
    /// What is left of it.
    pub taken: Taken,
}

/// A limit is used up.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the limit `{}` is used up", .0.name.as_str())]
pub struct LimitReached(pub Standing);

/// Counts against limits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Limits {
    context: Arc<Context>,
    local: Arc<MemoryCounters>,
    /// Until when the store is not asked about a tenant, because it did not answer. It may do so for another, on another node.
    alone_until: Arc<Mutex<HashMap<TenantId, Timestamp>>>,
}

impl Limits {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, local: Arc::default(), alone_until: Arc::default() }
    }

    /// A call of a tenant; nothing where its calls are not limited.
    pub async fn call(&self, tenant: &Tenant) -> Option<Standing> {
        let quota = tenant.limits.calls?;
        Some(self.take(tenant, LimitName::Tenant, "", quota).await)
    }

    /// The start of a login by who has this address.
    pub(crate) async fn login_from(&self, tenant: &Tenant, address: IpAddr) -> Result<(), LimitReached> {
        let Some(quota) = tenant.limits.logins_per_address else { return Ok(()) };
        allowed(self.take(tenant, LimitName::Address, &bucket(address), quota).await)
    }

    /// A notification for this recipient. A person is one however the caller names them, and another where another provider knows
    /// them by another name.
    pub(crate) async fn notification_to(&self, tenant: &Tenant, to: &Recipient) -> Result<(), LimitReached> {
        let Some(quota) = tenant.limits.notifications_per_recipient else { return Ok(()) };
        allowed(self.take(tenant, LimitName::Recipient, to.expose(), quota).await)
    }

    async fn take(&self, tenant: &Tenant, name: LimitName, whose: &str, quota: Quota) -> Standing {
        let counter = self.context.vault.index(&tenant.id, name.counter(), whose);
        let taken = if let Some(taken) = self.take_together(tenant, counter, quota).await {
            taken
        } else {
            metrics::counter!("herald_limits_counted_alone_total").increment(1);
            self.take_alone(tenant, counter, quota)
        };
        if !taken.is_allowed {
            metrics::counter!("herald_limits_reached_total", "limit" => name.as_str()).increment(1);
        }
        Standing { name, quota, taken }
    }

    /// What the store counts, if it answers soon. One that did not is not asked for a while: a call that then fails for want of the
    /// store has to do so in time.
    async fn take_together(&self, tenant: &Tenant, counter: BlindIndex, quota: Quota) -> Option<Taken> {
        let clock = &self.context.clock;
        if self.is_alone(&tenant.id) {
            return None;
        }
        let asked = [(counter, quota)];
        let taken = tokio::select! {
            biased;
            taken = self.context.store.take(&tenant.id, &asked) => taken,
            () = clock.sleep_until(clock.now() + PATIENCE) => Err(StoreError::Unavailable("it took too long".into())),
        };
        match taken {
            Ok(taken) => taken.first().copied(),
            Err(error) => {
                tracing::warn!(%error, "limits are counted by this replica alone for a moment");
                self.alone_until().insert(tenant.id.clone(), clock.now() + ALONE_FOR);
                None
            }
        }
    }

    /// Is the store not to be asked about this tenant now?
    fn is_alone(&self, tenant: &TenantId) -> bool {
        let mut alone_until = self.alone_until();
        let Some(until) = alone_until.get(tenant) else { return false };
        let is_alone = self.context.clock.now() < *until;
        if !is_alone {
            alone_until.remove(tenant);
        }
        is_alone
    }

    fn alone_until(&self) -> MutexGuard<'_, HashMap<TenantId, Timestamp>> {
        self.alone_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This replica's part of the quota.
    fn take_alone(&self, tenant: &Tenant, counter: BlindIndex, quota: Quota) -> Taken {
        let part = quota.limit.get() / self.context.replicas.max(1);
        let limit = NonZeroU32::new(part).unwrap_or(NonZeroU32::MIN);
        let asked = [(counter, Quota { limit, ..quota })];
        let taken = self.local.take(&tenant.id, &asked, self.context.clock.now());
        // One was asked for.
        taken.first().copied().unwrap_or(Taken {
            is_allowed: false,
            remaining: 0,
            reset_after: quota.period,
            retry_after: quota.period,
        })
    }
}

fn allowed(standing: Standing) -> Result<(), LimitReached> {
    if standing.taken.is_allowed { Ok(()) } else { Err(LimitReached(standing)) }
}

/// What counts as one address: an IPv4 address however it is written, and the network of 64 bits that an IPv6 host can choose from.
fn bucket(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_however_it_is_written_and_ipv6_is_its_network() {
        let of = |text: &str| bucket(text.parse().unwrap());
        assert_eq!(of("203.0.113.7"), of("::ffff:203.0.113.7"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
