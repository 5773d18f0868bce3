//! The tenants that something was stored of, so that every replica finds what there is to do for them.

use std::{
    collections::BTreeSet,
    slice::from_ref,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use futures_util::{StreamExt as _, stream};
use herald_core::{id::TenantId, store::StoreError};
use redis::cmd;

use crate::{RedisStore, answer, names::Agenda};

/// How many tenants are asked about at a time.
const AT_ONCE: usize = 64;

/// The tenants that this handle knows.
#[derive(Debug, Default)]
pub(crate) struct Tenants(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Those that it registered.
    registered: BTreeSet<TenantId>,
    /// Those that were registered when that was last read, if it ever was.
    read: Option<BTreeSet<TenantId>>,
}

impl Tenants {
    fn has(&self, tenant: &TenantId) -> bool {
        self.known().registered.contains(tenant)
    }

    fn add(&self, tenant: TenantId) {
        self.known_mut().registered.insert(tenant);
    }

    fn registered(&self) -> Vec<TenantId> {
        self.known().registered.iter().cloned().collect()
    }

    /// Keeps what was read.
    fn keep(&self, read: BTreeSet<TenantId>) {
        self.known_mut().read = Some(read);
    }

    /// All that are known; none when nothing ever was.
    fn all(&self) -> Vec<TenantId> {
        let known = self.known();
        known
            .read
            .iter()
            .flatten()
            .chain(&known.registered)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect()
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What each tenant's agenda says, many asked at a time. Where nothing is known of some, because their node of a cluster is away, the
/// others do not wait for it: it fails when nothing is known of any.
pub(crate) async fn of_each<T>(
    agenda: Agenda,
    asked: impl Iterator<Item = impl Future<Output = Result<T, StoreError>>>,
) -> Result<Vec<T>, StoreError> {
    let mut answers = stream::iter(asked).buffer_unordered(AT_ONCE);
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => all.push(answer),
            Err(error) => failures.push(error),
        }
    }
    let count = failures.len();
    match failures.pop() {
        Some(error) if all.is_empty() => Err(error),
        Some(error) => {
            tracing::warn!(?agenda, tenants = count, %error, "what is due of some tenants is not known");
            Ok(all)
        }
        None => Ok(all),
    }
}

impl RedisStore {
    /// Registers a tenant: before the first write of a row of it that somebody has to attend to or to sweep.
    pub(crate) async fn ensure_tenant(&self, tenant: &TenantId) -> Result<(), StoreError> {
        if self.tenants.has(tenant) {
            return Ok(());
        }
        self.register(from_ref(tenant)).await?;
        self.tenants.add(tenant.clone());
        Ok(())
    }

    /// Registers again the tenants that this handle registered: Redis may have lost that, when a replica of it took over.
    pub(crate) async fn register_again(&self) -> Result<(), StoreError> {
        match self.tenants.registered() {
            tenants if tenants.is_empty() => Ok(()),
            tenants => self.register(&tenants).await,
        }
    }

    async fn register(&self, tenants: &[TenantId]) -> Result<(), StoreError> {
        let mut add = cmd("SADD");
        add.arg(self.names.tenants());
        for tenant in tenants {
            add.arg(tenant.as_str());
        }
        self.link.query(add).await?;
        Ok(())
    }

    /// All tenants that something was stored of, by whatever replica. When the server that has their names is away, as one node
    /// of a cluster may be, it is those that are known here: the others are not to wait for it.
    pub(crate) async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        match self.read_tenants().await {
            Ok(read) => self.tenants.keep(read),
            Err(error @ StoreError::Unavailable(_)) => {
                let known = self.tenants.all();
                if known.is_empty() {
                    return Err(error);
                }
                tracing::warn!(%error, "the tenants cannot be read; those that are known are attended to");
                return Ok(known);
            }
            Err(error) => return Err(error),
        }
        Ok(self.tenants.all())
    }

    async fn read_tenants(&self) -> Result<BTreeSet<TenantId>, StoreError> {
        let mut members = cmd("SMEMBERS");
        members.arg(self.names.tenants());
        let names: Vec<Vec<u8>> = answer::read(self.link.query(members).await?)?;
        let tenants = names.iter().filter_map(|name| {
            let tenant = std::str::from_utf8(name).ok().and_then(|name| TenantId::parse(name).ok());
            if tenant.is_none() {
                tracing::error!("a tenant in Redis has a name that is none; it is passed over");
            }
            tenant
        });
        Ok(tenants.collect())
    }
}
