//! What a tenant does with its webhook endpoints and deliveries.

use std::time::Duration;

use herald_core::store::{OutboxRow, Page};

use super::tenant::{Tenant, is_of};
use crate::store_suite::{outbox_list::of_endpoint, sample::Sample};

/// Fewer than there are numbers, so that the bound is met.
const MOST: usize = 4;

impl Tenant {
    /// A tenant leases its own deliveries only.
    pub(super) async fn make_deliveries(&mut self) {
        let holder = self.id().as_str().to_owned();
        for row in self.store.lease_deliveries(self.id(), &holder, Duration::from_secs(9), 4).await.unwrap() {
            assert!(row.tenant == *self.id() && is_of(&row.tenant, &row.body));
            assert_eq!(self.deliveries.get(&row.id.as_u128()), Some(&row));
            let made = OutboxRow { version: row.version + 1, due_at: None, ..row.clone() };
            assert!(self.store.replace_delivery(&made).await.unwrap());
            self.deliveries.insert(row.id.as_u128(), made);
            self.store.release_delivery(&holder, &row.tenant, row.id, None).await.unwrap();
        }
    }

    pub(super) async fn list_deliveries(&self) {
        let page = Page { after: None, limit: 999 };
        let rows = self.store.list_deliveries(self.id(), of_endpoint(1), page).await.unwrap();
        assert!(rows.iter().eq(self.deliveries.values().rev()));
    }

    pub(super) async fn insert_endpoint(&mut self, number: u8) {
        if self.endpoints.contains_key(&number) {
            return;
        }
        let row = self.sample.endpoint(number.into());
        let is_inserted = self.store.insert_endpoint(&row, MOST).await.unwrap();
        assert_eq!(is_inserted, self.endpoints.len() < MOST);
        if is_inserted {
            self.endpoints.insert(number, row);
        }
    }

    pub(super) async fn remove_endpoint(&mut self, number: u8) {
        let id = Sample::endpoint_id(number.into());
        let is_removed = self.store.remove_endpoint(self.id(), id).await.unwrap();
        assert_eq!(is_removed, self.endpoints.remove(&number).is_some());
        let rows = self.store.endpoints(self.id()).await.unwrap();
        assert!(rows.iter().eq(self.endpoints.values().rev()));
    }
}
