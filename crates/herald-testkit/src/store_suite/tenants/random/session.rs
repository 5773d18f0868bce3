//! What a tenant does with its sessions and secrets.

use std::cmp::Reverse;

use herald_core::store::{Cursor, Page, SecretRow, SessionFilter, SessionRow};

use super::tenant::Tenant;
use crate::store_suite::sample::{Sample, ended, next_session};

/// Which sessions to list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Tenant,
    Subject,
    Connection,
}

/// The session that a claim of this login gives at this version: every tenant's has the same id.
pub(super) fn of_claim(sample: &Sample, login: u8, version: u64) -> SessionRow {
    let connection = Sample::connection(["main", "other"][usize::from(login % 2)]);
    let number = u128::from(login) << 64 | u128::from(version);
    SessionRow { connection, ..sample.session(number, login.into()) }
}

impl Tenant {
    /// The next version of one of the sessions, with a delivery when it ends.
    pub(super) async fn replace_session(&mut self, number: u8, ends: bool) {
        let Some(row) = self.sessions.values().cycle().nth(number.into()) else { return };
        let row = if ends { ended(row) } else { next_session(row, "used") };
        let number = self.deliveries.len() as u128;
        let delivery = ends.then(|| self.sample.due_delivery(number, self.sample.now));
        assert!(self.store.replace_session(&row, delivery.as_slice()).await.unwrap());
        self.sessions.insert(row.id.as_u128(), row);
        self.deliveries.extend(delivery.map(|delivery| (number, delivery)));
    }

    pub(super) async fn list_sessions(&self, of: Of, number: u8) {
        let wanted = of_claim(&self.sample, number, 0);
        let filter = match of {
            Of::Tenant => SessionFilter { active_at: Some(self.sample.now), ..SessionFilter::default() },
            Of::Subject => SessionFilter { subject: Some(wanted.subject), ..SessionFilter::default() },
            Of::Connection => {
                SessionFilter { connection: Some(wanted.connection.clone()), ..SessionFilter::default() }
            }
        };
        let after = Some(Cursor { created_at: self.sample.now, id: u128::MAX });
        let rows =
            self.store.list_sessions(self.id(), &filter, Page { after, limit: 999 }).await.unwrap().rows;
        let is_listed = |row: &&SessionRow| match of {
            Of::Tenant => row.is_active(self.sample.now),
            Of::Subject => row.subject == wanted.subject,
            Of::Connection => row.connection == wanted.connection,
        };
        let mut expected: Vec<&SessionRow> = self.sessions.values().filter(is_listed).collect();
        expected.sort_by_key(|row| Reverse(row.id));
        assert_eq!(rows.iter().collect::<Vec<_>>(), expected);
    }

    /// By who saw the last one, or by who saw none.
    pub(super) async fn replace_secret(&mut self, number: u8, seen: bool) {
        let last = self.secrets.get(&number).map_or(0, |row| row.version);
        let version = if seen { last + 1 } else { 1 };
        let row = SecretRow { version, ..self.sample.passing_secret(&name(number)) };
        assert_eq!(self.store.replace_secret(&row).await.unwrap(), version == last + 1);
        if version == last + 1 {
            self.secrets.insert(number, row);
        }
    }

    pub(super) async fn read_sessions_and_secrets(&self, number: u8) {
        for version in 1..9 {
            let id = of_claim(&self.sample, number, version).id;
            let session = self.store.session(self.id(), id).await.unwrap();
            assert_eq!(session.as_ref(), self.sessions.get(&id.as_u128()));
        }
        let secret = self.store.secret(self.id(), &name(number)).await.unwrap();
        assert_eq!(secret.as_ref(), self.secrets.get(&number));
    }
}

fn name(number: u8) -> String {
    format!("secret-{number}")
}
