//! What a tenant does with its logins, and the claims that begin its sessions.

use std::{cmp::Reverse, time::Duration};

use herald_core::{
    login::LoginStatus,
    seal::BlindIndex,
    store::{ClaimWritten, Cursor, IdentityRow, LoginFilter, LoginRow, Page},
};

use super::{
    session,
    tenant::{Tenant, is_of, shared},
};

impl Tenant {
    fn next(&self, number: u8) -> Option<LoginRow> {
        let row = self.logins.get(&number)?;
        let body = self.sample.body(&format!("version {}", row.version + 1));
        Some(LoginRow { version: row.version + 1, body, ..row.clone() })
    }

    pub(super) async fn insert(&mut self, number: u8) {
        let row = LoginRow {
            reference: Some(shared("reference", number % 2)),
            ..self.sample.due_login(number.into(), self.sample.now)
        };
        let is_new = self.store.insert_login(&row, &[self.sample.finder(number.into())]).await.unwrap();
        assert_eq!(is_new, !self.logins.contains_key(&number));
        self.logins.entry(number).or_insert(row);
    }

    pub(super) async fn replace(&mut self, number: u8) {
        let Some(row) = self.next(number) else { return };
        assert!(self.store.replace_login(&row, &[]).await.unwrap());
        self.logins.insert(number, row);
    }

    pub(super) async fn claim(&mut self, number: u8, identity: u8) {
        let Some(row) = self.next(number) else { return };
        let row = LoginRow { status: LoginStatus::Claimed, attend_at: None, ..row };
        let key = shared("identity", identity);
        let identity_row = IdentityRow { key, ..self.sample.identity(identity.into(), number.into()) };
        let session = session::of_claim(&self.sample, number, row.version);
        let belongs_to = self.identities.get(&identity).map(|row| row.subject);
        let written = self.store.claim_login(&row, &identity_row, &session, &[]).await.unwrap();
        if belongs_to.is_none_or(|subject| subject == identity_row.subject) {
            assert_eq!(written, ClaimWritten::Done);
            self.logins.insert(number, row);
            self.identities.insert(identity, identity_row);
            self.sessions.insert(session.id.as_u128(), session);
        } else {
            assert_eq!(written, ClaimWritten::SubjectChanged);
            assert_eq!(self.store.session(self.id(), session.id).await.unwrap(), None);
        }
    }

    pub(super) async fn list(&self, reference: Option<BlindIndex>) {
        let filter = LoginFilter { reference, status: None };
        let after = Some(Cursor { created_at: self.sample.now, id: u128::MAX });
        let rows = self.store.list_logins(self.id(), filter, Page { after, limit: 99 }).await.unwrap();
        let mut expected: Vec<&LoginRow> =
            self.logins.values().filter(|row| reference.is_none() || row.reference == reference).collect();
        expected.sort_by_key(|row| Reverse(row.id));
        assert_eq!(rows.iter().collect::<Vec<_>>(), expected);
    }

    pub(super) async fn lease(&self) {
        let holder = self.id().as_str();
        for row in self.store.lease_logins(holder, Duration::from_secs(9), 4).await.unwrap() {
            assert!(is_of(&row.tenant, &row.body));
            self.store.release_login(holder, &row.tenant, row.id).await.unwrap();
        }
    }
}
