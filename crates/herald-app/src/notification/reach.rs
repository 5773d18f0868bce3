//! Through which connections an address can be reached.

use std::sync::Arc;

use herald_core::{
    identity::Identity,
    notification::{Address, Hop, Message, Notification},
    notifier::Recipient,
    seal::BlindIndex,
};

use super::{Notifications, NotifyError};
use crate::tenant::{Connection, Tenant};

/// The identities of the subject that an address names; none for other addresses.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<(BlindIndex, Identity)>);

/// Why no connection carries a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHop {
    Unsupported,
    Unreachable,
    TooLong(usize),
}

impl Notifications {
    /// What is known of the subject, latest first.
    pub(super) async fn known(&self, tenant: &Tenant, to: &Address) -> Result<Known, NotifyError> {
        let Address::Subject { subject } = to else { return Ok(Known::default()) };
        let rows = self.context.store.identities_of(&tenant.id, *subject).await?;
        let open = |row| Ok((Clone::clone(&row), self.context.vault.open_identity(&row)?));
        let opened: Vec<(herald_core::store::IdentityRow, Identity)> =
            rows.into_iter().map(open).collect::<Result<_, NotifyError>>()?;
        Ok(Known(opened.into_iter().map(|(row, identity)| (row.account, identity)).collect()))
    }

    /// Whom the connection would deliver to, if it can.
    pub(super) fn recipient(
        &self,
        tenant: &Tenant,
        connection: &Connection,
        to: &Address,
        known: &Known,
    ) -> Option<Recipient> {
        let account = self.context.vault.account_key(&tenant.id, connection.account());
        // The latest one: rows come with the identity verified last first.
        let identity = known.0.iter().find(|(of, _)| *of == account).map(|(_, identity)| identity);
        connection.notifier.as_ref()?.address(to, identity)
    }

    /// The stops of `route` that can carry this, in its order.
    pub(super) fn hops(
        &self,
        tenant: &Tenant,
        route: &[Arc<Connection>],
        to: &Address,
        message: &Message,
        known: &Known,
    ) -> Result<Vec<Hop>, NoHop> {
        let is_subject = matches!(to, Address::Subject { .. });
        let mut problem = NoHop::Unsupported;
        let mut hops = Vec::with_capacity(route.len());
        for connection in route {
            let Some(notifier) = &connection.notifier else { continue };
            if self.recipient(tenant, connection, to, known).is_none() {
                // A notifier takes subjects, though not this one; of other types it says so itself.
                if is_subject && problem == NoHop::Unsupported {
                    problem = NoHop::Unreachable;
                }
                continue;
            }
            let Message::Text { text } = message;
            let longest = notifier.limits().longest_text;
            if text.as_str().chars().count() > longest {
                problem = NoHop::TooLong(longest);
                continue;
            }
            hops.push(Hop { connection: connection.id.clone(), account: connection.account().clone() });
        }
        if hops.is_empty() { Err(problem) } else { Ok(hops) }
    }

    /// Can a stop of its route, from `first` on, carry the notification?
    pub(super) fn is_carried_from(
        &self,
        tenant: &Tenant,
        notification: &Notification,
        first: usize,
        known: &Known,
    ) -> bool {
        notification.route.iter().skip(first).any(|hop| {
            let connection = tenant.connection_of(&hop.connection, &hop.account);
            connection.is_some_and(|connection| {
                self.recipient(tenant, connection, &notification.to, known).is_some()
            })
        })
    }
}
