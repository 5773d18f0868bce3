//! What other replicas change, and who looks again here because of it.
//!
//! | change | here |
//! |---|---|
//! | login, notification | read once and told to who waits for it: callers, browsers, the login's watcher |
//! | session | looked at again by the next check of a credential |
//! | endpoints | the list is read anew when it is needed next |
//! | secret | who waits for a provider's session is told; signing keys that are in memory are read again |
//! | outbox | nothing |
//! | anything | every login and notification that callers or browsers wait for is read once |
//!
//! # Things to note
//! - Who waits has subscribed before it read, and a change is told of when it can be read: so none is missed between the two.
//! - Nobody begins work because of a change. The replica that wrote it is awake already, and if every other one asked for what
//!   is due too, each accept would cost as many looks as there are replicas. What a dead one leaves is found by the looks that
//!   every replica makes every few seconds in any case.
//! - Changes may be missed. What is kept in memory is therefore never believed for longer than some seconds (sessions two,
//!   signing keys four, endpoints five), so `Anything` has nothing to do there, and costs nothing while nobody waits.

use std::{
    collections::HashSet,
    fmt::Display,
    sync::{Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};
use herald_core::{
    id::TenantId,
    store::{Change, StoreError},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::herald::Herald;

/// How many changes are looked into at once. More wait in the store, or come as `Anything`.
const AT_ONCE: usize = 64;
/// How many of those that are waited for are read at once when anything may have changed.
const READ_AT_ONCE: usize = 16;

/// Takes in what other replicas change until told to stop.
pub(crate) async fn run(herald: &Herald, stop: CancellationToken) {
    // One permit at most: what is told while everything is being looked at is one more look, however often it is told.
    let anything = Notify::new();
    let store = herald.context().store.as_ref();
    let changes = stream::unfold(store, |store| async move { Some((store.next_change().await, store)) });
    let hear = changes
        .take_until(stop.cancelled())
        .for_each_concurrent(AT_ONCE, |change| take_in(herald, change, &anything));
    let look = async {
        loop {
            anything.notified().await;
            look_at_all(herald).await;
        }
    };
    tokio::select! {
        biased;
        () = hear => {}
        () = look => {}
    }
}

async fn take_in(herald: &Herald, change: Change, anything: &Notify) {
    match change {
        Change::Login { tenant, id } => said(herald.logins().heard(tenant, id).await),
        Change::Notification { tenant, id } => said(herald.notifications().heard(tenant, id).await),
        Change::Session { tenant, id } => herald.sessions().heard(&tenant, id),
        Change::Endpoints { tenant } => herald.endpoints().forget(&tenant),
        Change::Secret { tenant, name } => {
            said(herald.sessions().heard_of_secret(&tenant, &name).await);
            said(herald.signing_keys().heard_of_secret(&tenant, &name).await);
        }
        Change::Outbox { .. } => {}
        Change::Anything => anything.notify_one(),
    }
}

/// Reads whatever callers and browsers wait for, some at a time.
async fn look_at_all(herald: &Herald) {
    let away = Away::default();
    stream::iter(herald.logins().relied_on())
        .for_each_concurrent(READ_AT_ONCE, |(tenant, id)| {
            away.unless(tenant.clone(), herald.logins().heard(tenant, id))
        })
        .await;
    stream::iter(herald.notifications().relied_on())
        .for_each_concurrent(READ_AT_ONCE, |(tenant, id)| {
            away.unless(tenant.clone(), herald.notifications().heard(tenant, id))
        })
        .await;
}

/// The tenants whose part of the store is away. What one tenant has lies together: where one of its rows cannot be had, none can,
/// while others' may lie on another node.
#[derive(Default)]
struct Away(Mutex<HashSet<TenantId>>);

impl Away {
    /// Reads something of the tenant's, unless its part of the store is known to be away. Says what could not be read.
    async fn unless(&self, tenant: TenantId, read: impl Future<Output = Result<(), StoreError>>) {
        let is_away = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_away().contains(&tenant) {
            return;
        }
        let read = read.await;
        if matches!(read, Err(StoreError::Unavailable(_))) && !is_away().insert(tenant) {
            // Said already, by who was at it at the same time.
            return;
        }
        said(read);
    }
}

/// What could not be read now is read when anything may have changed, which is said every few seconds.
fn said<E: Display>(read: Result<(), E>) {
    if let Err(error) = read {
        tracing::warn!(%error, "what another replica changed could not be read");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_of_the_store_that_is_away_keeps_nobody_of_another_part_waiting() {
        let [gone, there] = ["gone", "there"].map(|id| TenantId::parse(id).unwrap());
        let (away, reads) = (Away::default(), Mutex::new(Vec::new()));
        let read = async |tenant: &TenantId, what: &'static str, fails: Option<StoreError>| {
            let read = async {
                reads.lock().unwrap().push(what);
                fails.map_or(Ok(()), Err)
            };
            away.unless(tenant.clone(), read).await;
        };
        read(&gone, "its first", Some(StoreError::Unavailable("cut off".into()))).await;
        read(&gone, "its second", None).await;
        read(&there, "another's broken one", Some(StoreError::Corrupt("one row".to_owned()))).await;
        read(&there, "another's good one", None).await;
        assert_eq!(*reads.lock().unwrap(), ["its first", "another's broken one", "another's good one"]);
    }
}
