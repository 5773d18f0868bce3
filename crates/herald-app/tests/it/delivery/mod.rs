//! Delivering when something is wrong: providers that are down, slow or unwilling, and tenants that want much.

mod gate;
mod late;
mod lease;
mod outage;
mod poison;
mod route;
mod sharing;

use std::time::Duration;

use herald_app::NewNotification;
use herald_core::{
    error::{ErrorKind, Retry},
    id::{NotificationId, TenantId},
    notification::{Address, Notification},
    phone::PhoneNumber,
    seal::Sealed,
    text::IdempotencyKey,
};
use herald_testkit::fake_provider::Ends;

use crate::{accepting::wish, world::World};

/// The provider cannot be reached.
const DOWN: Ends = Ends::Fails(ErrorKind::Unavailable, Retry::After(Duration::from_secs(1)));

impl World {
    /// Lets the background do what it can do now: what it stores meanwhile is stored.
    pub(crate) async fn breath(&self, name: usize) {
        for round in 0..3 {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let name = format!("breath {name} {round} {}", self.now());
            self.store.shared_secret(&name, Sealed::from_bytes(vec![])).await.unwrap();
        }
    }

    /// What `work` gives while time passes by so many seconds at once; at most thirty real seconds.
    pub(crate) async fn passing<T>(&self, seconds: i64, work: impl Future<Output = T>) -> T {
        let time = async {
            for breath in 0.. {
                self.breath(breath).await;
                self.pass(seconds);
            }
        };
        tokio::select! {
            biased;
            done = tokio::time::timeout(Duration::from_secs(30), work) => done.expect("it ends"),
            () = time => unreachable!("the time never ends"),
        }
    }

    /// So many times so many seconds pass.
    pub(crate) async fn pass_slowly(&self, times: usize, seconds: i64) {
        for breath in 0..times {
            self.pass(seconds);
            self.breath(breath).await;
        }
    }

    /// Accepts so many like this one.
    pub(crate) async fn accept_many(
        &self,
        name: &str,
        count: usize,
        wish: &NewNotification,
    ) -> Vec<NotificationId> {
        self.accept_many_of("acme", name, count, |_| wish.clone()).await
    }

    async fn accept_many_of(
        &self,
        tenant: &str,
        name: &str,
        count: usize,
        wish: impl Fn(usize) -> NewNotification,
    ) -> Vec<NotificationId> {
        let tenants = self.herald.tenants();
        let tenant = tenants.get(&TenantId::parse(tenant).unwrap()).expect("the tenant is there");
        let mut ids = vec![];
        for first in (0..count).step_by(1_000) {
            let key = |number| IdempotencyKey::parse(&format!("{name}-{number}")).unwrap();
            let some = (first..count.min(first + 1_000)).map(|number| (key(number), wish(number))).collect();
            for accepted in self.herald.notifications().accept_many(tenant, some).await {
                ids.push(accepted.expect("it is accepted").notification.id);
            }
        }
        ids
    }

    pub(crate) async fn all_settled(&self, ids: &[NotificationId]) -> Vec<std::sync::Arc<Notification>> {
        let mut all = vec![];
        for id in ids {
            let far = self.now() + jiff::SignedDuration::from_hours(1_000);
            let found = self.herald.notifications().wait(&self.tenant(), *id, far).await;
            all.push(found.unwrap().expect("the notification is there"));
        }
        all
    }
}

/// Through both connections, `main` first.
fn through_both() -> NewNotification {
    NewNotification { route: None, ..wish("main") }
}

/// A message to the phone of this number.
fn to_phone(connection: &str, number: usize) -> NewNotification {
    let phone_number = PhoneNumber::parse(&phone(number)).unwrap();
    NewNotification { to: Address::Phone { phone_number }, ..wish(connection) }
}

fn phone(number: usize) -> String {
    format!("+7900{:07}", 1_234_567 + number)
}
