//! What a tenant does with its notifications.

use herald_core::store::{Accepted, KeyRecord, NotificationRow};

use super::tenant::{Tenant, shared};

impl Tenant {
    pub(super) async fn accept(&mut self, number: u8, key: u8) {
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

    pub(super) async fn replace_notification(&mut self, number: u8) {
        let Some(row) = self.notifications.get(&number) else { return };
        let body = self.sample.body("sent");
        let row = NotificationRow { version: row.version + 1, body, ..row.clone() };
        assert!(self.store.replace_notification(&row).await.unwrap());
        self.notifications.insert(number, row);
    }
}
