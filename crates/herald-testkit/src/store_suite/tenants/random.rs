//! Random calls of many tenants at once over the same few ids. Every body says whose it is, so that a stray row gives itself away.

use std::{cell::Cell, collections::HashMap, sync::Arc, time::Duration};

use herald_core::{
    id::TenantId,
    login::LoginStatus,
    seal::{BlindIndex, Sealed},
    secret::Digest,
    store::{
        Accepted, ClaimWritten, Cursor, IdentityRow, KeyRecord, LoginFilter, LoginRow, NotificationRow, Page,
        Store,
    },
};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use tokio::{
    runtime::Handle,
    task::{JoinSet, block_in_place},
};

use crate::store_suite::{StoreFixture, sample::Sample};

/// Together at least 10,000 calls.
const CASES: u32 = 9;
const TENANTS: usize = 20;
const CALLS_PER_TENANT: usize = 60;
/// Few, so that the tenants' names for things coincide all the time.
const NUMBERS: u8 = 6;

#[derive(Clone, Copy, Debug)]
enum Call {
    Insert,
    Replace,
    Claim { identity: u8 },
    Find,
    List { reference: bool },
    Lease,
    Accept { key: u8 },
    ReplaceNotification,
    Reads,
}

/// What each tenant does.
fn calls() -> impl Strategy<Value = Vec<Vec<(u8, Call)>>> {
    let call = prop_oneof![
        3 => Just(Call::Insert),
        2 => Just(Call::Replace),
        1 => (0..NUMBERS).prop_map(|identity| Call::Claim { identity }),
        1 => Just(Call::Find),
        1 => any::<bool>().prop_map(|reference| Call::List { reference }),
        1 => Just(Call::Lease),
        2 => (0..NUMBERS).prop_map(|key| Call::Accept { key }),
        1 => Just(Call::ReplaceNotification),
        1 => Just(Call::Reads),
    ];
    vec(vec((0..NUMBERS, call), CALLS_PER_TENANT), TENANTS)
}

/// No call of one tenant finds, changes or is hindered by a row of another.
pub async fn random_calls_of_many_tenants_never_cross(fixture: impl StoreFixture) {
    let (store, now) = (fixture.store(), fixture.now());
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let cases = Cell::new(0_u32);
    let outcome = block_in_place(|| {
        runner.run(&calls(), |calls| {
            // Every case has tenants of its own, in the store that the others have filled.
            let case = cases.replace(cases.get() + 1);
            let mut tenants = JoinSet::new();
            for (tenant, calls) in calls.into_iter().enumerate() {
                let mut tenant = Tenant::new(&format!("t{case}-{tenant}"), now, &store);
                tenants.spawn_on(
                    async move {
                        for (number, call) in calls {
                            tenant.run(number, call).await;
                        }
                    },
                    &Handle::current(),
                );
            }
            Handle::current().block_on(tenants.join_all());
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// A tenant and what it must see.
struct Tenant {
    store: Arc<dyn Store>,
    sample: Sample,
    logins: HashMap<u8, LoginRow>,
    notifications: HashMap<u8, NotificationRow>,
    keys: HashMap<u8, u8>,
    identities: HashMap<u8, IdentityRow>,
}

/// A hash that every tenant gets.
fn shared(kind: &str, number: u8) -> BlindIndex {
    BlindIndex::from_bytes(*Digest::of(format!("{kind}|{number}")).as_bytes())
}

impl Tenant {
    fn new(name: &str, now: jiff::Timestamp, store: &Arc<dyn Store>) -> Self {
        Self {
            store: Arc::clone(store),
            sample: Sample::of(name, now),
            logins: HashMap::new(),
            notifications: HashMap::new(),
            keys: HashMap::new(),
            identities: HashMap::new(),
        }
    }

    fn tenant(&self) -> &TenantId {
        &self.sample.tenant
    }

    fn next(&self, number: u8) -> Option<LoginRow> {
        let row = self.logins.get(&number)?;
        let body = self.sample.body(&format!("version {}", row.version + 1));
        Some(LoginRow { version: row.version + 1, body, ..row.clone() })
    }

    async fn run(&mut self, number: u8, call: Call) {
        match call {
            Call::Insert => self.insert(number).await,
            Call::Replace => self.replace(number).await,
            Call::Claim { identity } => self.claim(number, identity).await,
            Call::Find => {
                let found = self.store.find_login(self.sample.finder(number.into())).await.unwrap();
                assert_eq!(found.as_ref(), self.logins.get(&number));
            }
            Call::List { reference } => self.list(reference.then(|| shared("reference", number % 2))).await,
            Call::Lease => self.lease().await,
            Call::Accept { key } => self.accept(number, key).await,
            Call::ReplaceNotification => self.replace_notification(number).await,
            Call::Reads => self.reads(number).await,
        }
    }

    async fn insert(&mut self, number: u8) {
        let row = LoginRow {
            reference: Some(shared("reference", number % 2)),
            ..self.sample.due_login(number.into(), self.sample.now)
        };
        let is_new = self.store.insert_login(&row, &[self.sample.finder(number.into())]).await.unwrap();
        assert_eq!(is_new, !self.logins.contains_key(&number));
        self.logins.entry(number).or_insert(row);
    }

    async fn replace(&mut self, number: u8) {
        let Some(row) = self.next(number) else { return };
        assert!(self.store.replace_login(&row).await.unwrap());
        self.logins.insert(number, row);
    }

    async fn claim(&mut self, number: u8, identity: u8) {
        let Some(row) = self.next(number) else { return };
        let row = LoginRow { status: LoginStatus::Claimed, attend_at: None, ..row };
        let key = shared("identity", identity);
        let identity_row = IdentityRow { key, ..self.sample.identity(identity.into(), number.into()) };
        let belongs_to = self.identities.get(&identity).map(|row| row.subject);
        let written = self.store.claim_login(&row, &identity_row).await.unwrap();
        if belongs_to.is_none_or(|subject| subject == identity_row.subject) {
            assert_eq!(written, ClaimWritten::Done);
            self.logins.insert(number, row);
            self.identities.insert(identity, identity_row);
        } else {
            assert_eq!(written, ClaimWritten::SubjectChanged);
        }
    }

    async fn list(&self, reference: Option<BlindIndex>) {
        let filter = LoginFilter { reference, status: None };
        let after = Some(Cursor { created_at: self.sample.now, id: u128::MAX });
        let rows = self.store.list_logins(self.tenant(), filter, Page { after, limit: 99 }).await.unwrap();
        let mut expected: Vec<&LoginRow> =
            self.logins.values().filter(|row| reference.is_none() || row.reference == reference).collect();
        expected.sort_by_key(|row| std::cmp::Reverse(row.id));
        assert_eq!(rows.iter().collect::<Vec<_>>(), expected);
    }

    async fn lease(&self) {
        let holder = self.tenant().as_str();
        for row in self.store.lease_logins(holder, Duration::from_secs(9), 4).await.unwrap() {
            assert!(row.body.as_bytes().starts_with(format!("{}|", row.tenant).as_bytes()));
            self.store.release_login(holder, &row.tenant, row.id).await.unwrap();
        }
    }

    async fn accept(&mut self, number: u8, key: u8) {
        if self.notifications.contains_key(&number) && !self.keys.contains_key(&key) {
            // An id is never accepted twice: nobody but the store's port could ask for it.
            return;
        }
        let row = self.sample.notification(number.into());
        let keep_until = row.purge_at;
        let record = KeyRecord { key: shared("key", key), fingerprint: shared("fingerprint", 0), keep_until };
        let accepted = self.store.accept_notification(&row, &record).await.unwrap();
        if let Some(used) = self.keys.get(&key) {
            assert_eq!(accepted, Accepted::Replay(Box::new(self.notifications[used].clone())));
            return;
        }
        assert_eq!(accepted, Accepted::New);
        self.keys.insert(key, number);
        self.notifications.insert(number, row);
    }

    async fn replace_notification(&mut self, number: u8) {
        let Some(row) = self.notifications.get(&number) else { return };
        let body: Sealed = self.sample.body("sent");
        let row = NotificationRow { version: row.version + 1, body, ..row.clone() };
        assert!(self.store.replace_notification(&row).await.unwrap());
        self.notifications.insert(number, row);
    }

    async fn reads(&self, number: u8) {
        let login = self.store.login(self.tenant(), self.sample.login(number.into()).id).await.unwrap();
        assert_eq!(login.as_ref(), self.logins.get(&number));
        let id = self.sample.notification(number.into()).id;
        let notification = self.store.notification(self.tenant(), id).await.unwrap();
        assert_eq!(notification.as_ref(), self.notifications.get(&number));
        let identity = self.identities.get(&number);
        let subject = self.store.subject_of(self.tenant(), shared("identity", number)).await.unwrap();
        assert_eq!(subject, identity.map(|row| row.subject));
        let subject = Sample::subject(number.into());
        let rows = self.store.identities_of(self.tenant(), subject).await.unwrap();
        assert!(rows.iter().all(|row| self.identities.values().any(|known| known == row)));
        let expected = self.identities.values().filter(|row| row.subject == subject).count();
        assert_eq!(rows.len(), expected);
    }
}
