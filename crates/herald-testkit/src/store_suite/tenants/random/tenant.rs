//! A tenant, and what it must see.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use herald_core::{
    id::TenantId,
    seal::{BlindIndex, Sealed},
    secret::Digest,
    store::{EndpointRow, IdentityRow, LoginRow, NotificationRow, OutboxRow, SecretRow, SessionRow, Store},
};

use super::Call;
use crate::store_suite::sample::Sample;

/// A tenant and what it must see.
pub(super) struct Tenant {
    pub(super) store: Arc<dyn Store>,
    pub(super) sample: Sample,
    pub(super) logins: HashMap<u8, LoginRow>,
    pub(super) sessions: BTreeMap<u128, SessionRow>,
    pub(super) deliveries: BTreeMap<u128, OutboxRow>,
    pub(super) endpoints: BTreeMap<u8, EndpointRow>,
    pub(super) secrets: HashMap<u8, SecretRow>,
    pub(super) notifications: BTreeMap<u8, NotificationRow>,
    /// Whose messages were delivered before the store heard of them.
    pub(super) noted: HashSet<u8>,
    pub(super) keys: HashMap<u8, u8>,
    pub(super) identities: HashMap<u8, IdentityRow>,
}

/// A hash that every tenant gets.
pub(super) fn shared(kind: &str, number: u8) -> BlindIndex {
    BlindIndex::from_bytes(*Digest::of(format!("{kind}|{number}")).as_bytes())
}

/// Does the body say that it is this tenant's?
pub(super) fn is_of(tenant: &TenantId, body: &Sealed) -> bool {
    body.as_bytes().starts_with(format!("{tenant}|").as_bytes())
}

impl Tenant {
    pub(super) fn new(name: &str, now: jiff::Timestamp, store: &Arc<dyn Store>) -> Self {
        Self {
            store: Arc::clone(store),
            sample: Sample::of(name, now),
            logins: HashMap::new(),
            sessions: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            secrets: HashMap::new(),
            notifications: BTreeMap::new(),
            noted: HashSet::new(),
            keys: HashMap::new(),
            identities: HashMap::new(),
        }
    }

    pub(super) fn id(&self) -> &TenantId {
        &self.sample.tenant
    }

    pub(super) async fn run(&mut self, number: u8, call: Call) {
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
            Call::ReplaceSession { ends } => self.replace_session(number, ends).await,
            Call::ListSessions { of } => self.list_sessions(of, number).await,
            Call::MakeDeliveries => self.make_deliveries().await,
            Call::ListDeliveries => self.list_deliveries().await,
            Call::ReplaceSecret { seen } => self.replace_secret(number, seen).await,
            Call::Accept { key } => self.accept(number, key).await,
            Call::ReplaceNotification => self.replace_notification(number).await,
            Call::LeaseNotifications => self.lease_notifications().await,
            Call::ListNotifications { of } => self.list_notifications(of, number).await,
            Call::NoteDelivered => self.note_delivered(number).await,
            Call::InsertEndpoint => self.insert_endpoint(number).await,
            Call::RemoveEndpoint => self.remove_endpoint(number).await,
            Call::Reads => self.reads(number).await,
        }
    }

    async fn reads(&self, number: u8) {
        let login = self.store.login(self.id(), self.sample.login(number.into()).id).await.unwrap();
        assert_eq!(login.as_ref(), self.logins.get(&number));
        let id = self.sample.notification(number.into()).id;
        let notification = self.store.notification(self.id(), id).await.unwrap();
        assert_eq!(notification.as_ref(), self.notifications.get(&number));
        let identity = self.identities.get(&number);
        let subject = self.store.subject_of(self.id(), shared("identity", number)).await.unwrap();
        assert_eq!(subject, identity.map(|row| row.subject));
        let subject = Sample::subject(number.into());
        let rows = self.store.identities_of(self.id(), subject).await.unwrap();
        assert!(rows.iter().all(|row| self.identities.values().any(|known| known == row)));
        let expected = self.identities.values().filter(|row| row.subject == subject).count();
        assert_eq!(rows.len(), expected);
        self.read_sessions_and_secrets(number).await;
    }
}
