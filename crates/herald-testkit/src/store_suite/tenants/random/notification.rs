//! What a tenant does with its notifications.

use std::time::Duration;

use herald_core::{
    seal::BlindIndex,
    store::{Accepted, KeyRecord, NotificationFilter, NotificationRow, Page, Replaced},
};

use super::{
    session::Of,
    tenant::{Tenant, is_of, shared},
};
use crate::store_suite::sample::{LIFE, Sample};

/// The message that every tenant's notification of this number becomes.
fn message(number: u8) -> BlindIndex {
    shared("message", number)
}

impl Tenant {
    pub(super) async fn accept(&mut self, number: u8, key: u8) {
        if self.notifications.contains_key(&number) && !self.keys.contains_key(&key) {
            // An id is never accepted twice: nobody but the store's port could ask for it.
            return;
        }
        let row = NotificationRow {
            reference: Some(shared("reference", number % 2)),
            subject: (number < 3).then(|| Sample::subject((number % 2).into())),
            ..self.sample.due_notification(number.into(), self.sample.now)
        };
        let keep_until = row.purge_at;
        let record = KeyRecord { key: shared("key", key), fingerprint: shared("fingerprint", 0), keep_until };
        let accepted = self.store.accept_notification(&row, &record, &[]).await.unwrap();
        if let Some(used) = self.keys.get(&key) {
            assert_eq!(accepted, Accepted::Replay(Box::new(self.notifications[used].clone())));
            return;
        }
        assert_eq!(accepted, Accepted::New);
        self.keys.insert(key, number);
        self.notifications.insert(number, row);
    }

    pub(super) async fn replace_notification(&mut self, number: u8) {
        let Some(row) = self.notifications.get(&number) else { return };
        let (version, body) = (row.version + 1, self.sample.body("sent"));
        let row = NotificationRow { version, body, message: Some(message(number)), ..row.clone() };
        let replaced = self.store.replace_notification(&row, &[]).await.unwrap();
        if self.noted.contains(&number) {
            assert_eq!(replaced, Replaced::DeliveredAt(self.sample.now));
            return;
        }
        assert_eq!(replaced, Replaced::Done);
        self.notifications.insert(number, row);
    }

    pub(super) async fn lease_notifications(&self) {
        let lease = Duration::from_secs(9);
        for row in self.store.lease_notifications(self.id(), "one for all", lease, 4).await.unwrap() {
            assert!(is_of(self.id(), &row.body));
            assert!(self.notifications.values().any(|known| *known == row));
            self.store.release_notification("one for all", self.id(), row.id, None).await.unwrap();
        }
        let backlog = self.store.notification_backlog().await.unwrap();
        let own = backlog.iter().find(|backlog| backlog.tenant == *self.id());
        assert_eq!(own.map_or(0, |own| own.waiting), self.notifications.len() as u64);
    }

    pub(super) async fn list_notifications(&self, of: Of, number: u8) {
        let reference = shared("reference", number % 2);
        let subject = Sample::subject((number % 2).into());
        let all = NotificationFilter::default();
        let filter = match of {
            Of::Subject => NotificationFilter { subject: Some(subject), ..all },
            Of::Connection => NotificationFilter { reference: Some(reference), ..all },
            Of::Tenant => all,
        };
        let page = Page { after: None, limit: 99 };
        let listed = self.store.list_notifications(self.id(), &filter, page).await.unwrap();
        let expected = self.notifications.values().rev().filter(|row| {
            filter.subject.is_none_or(|_| row.subject == Some(subject))
                && filter.reference.is_none_or(|_| row.reference == Some(reference))
        });
        assert!(listed.rows.iter().eq(expected));
        assert_eq!(listed.next, None);
    }

    pub(super) async fn note_delivered(&mut self, number: u8) {
        let now = self.sample.now;
        let found = self.store.note_delivered(self.id(), message(number), now, now + LIFE).await.unwrap();
        let row = self.notifications.get(&number).filter(|row| row.message.is_some());
        assert_eq!(found, row.map(|row| row.id));
        if found.is_none() {
            self.noted.insert(number);
        }
        let notice = shared("notice", number);
        self.store.remember_notice(self.id(), notice, now + LIFE).await.unwrap();
        assert!(self.store.is_noticed(self.id(), notice).await.unwrap());
    }
}
