//! What a step does to notifications.

use herald_core::{
    id::TenantId,
    notification::NotificationStatus,
    store::{Change, NotificationRow, OutboxRow, Replaced, StoreError},
};

use super::{list, message_key};
use crate::{
    RedisStore, expiry,
    names::{Agenda, Names},
    notice, order, outbox, row,
    step::{Checks, Committed, Step},
    value::{self, Kind},
};

/// The order of the dead letters of a status.
pub(super) fn dead(names: &Names, tenant: &TenantId, status: NotificationStatus) -> Vec<u8> {
    names.word(tenant, "ntfs:dead", status.as_str())
}

/// The orders that a notification is in, whatever becomes of it: all, those with its reference, those for its subject.
fn lasting_orders(names: &Names, row: &NotificationRow) -> Vec<Vec<u8>> {
    let reference = row.reference.map(|reference| list::by_reference(names, &row.tenant, &reference));
    let subject = row.subject.map(|subject| list::by_subject(names, &row.tenant, subject));
    [Some(list::all(names, &row.tenant)), reference, subject].into_iter().flatten().collect()
}

/// Stores a notification, new or changed, with all that leads to it.
pub(super) fn put(step: &mut Step, names: &Names, row: &NotificationRow) {
    let NotificationRow { tenant, status, purge_at, .. } = row;
    let id = row.id.as_u128();
    let key = row::key::<NotificationRow>(names, tenant, id);
    step.set(&key, &value::wrap(row.version, Some(*purge_at), Kind::Notification, &row.to_record()));
    step.due(&names.agenda(tenant, Agenda::Notifications), id, row.due_at);
    if let Some(message) = &row.message {
        let led_to = value::wrap_plain(0, Some(*purge_at), Kind::Message, id.to_be_bytes());
        step.set(&message_key(names, tenant, message), &led_to);
    }

    let member = order::member(list::time_of(id), id);
    let mut orders = lasting_orders(names, row);
    for dead_status in NotificationStatus::ALL.into_iter().filter(|status| status.is_dead()) {
        let order = dead(names, tenant, dead_status);
        if dead_status == *status {
            orders.push(order);
        } else if row.version > 1 {
            step.leave(&order, &member);
        }
    }
    let entries: Vec<_> = orders.into_iter().map(|order| (order, member.clone())).collect();
    for (order, member) in &entries {
        step.enter(order, member, Some(*purge_at));
    }
    expiry::note_due(step, names, tenant, *purge_at, &key, (Agenda::Notifications, id), &entries);
}

/// What other replicas hear of a notification that was written, and of what is told of it.
pub(super) fn changes(row: &NotificationRow, told: &[OutboxRow]) -> Vec<Change> {
    let tenant = &row.tenant;
    let own = Change::Notification { tenant: tenant.clone(), id: row.id };
    [own].into_iter().chain(outbox::change(tenant, told)).collect()
}

impl RedisStore {
    /// See `NotificationStore::replace_notification`.
    pub(super) async fn replace_row(
        &self,
        row: &NotificationRow,
        told: &[OutboxRow],
    ) -> Result<Replaced, StoreError> {
        let (names, tenant) = (&self.names, &row.tenant);
        let Some(before) = row.version.checked_sub(1) else { return Ok(Replaced::Stale) };
        let mut checks = Checks::default();
        let version = checks.version(&row::key::<NotificationRow>(names, tenant, row.id.as_u128()), before);
        // An outcome that knows of the delivery need not be told.
        let message = row.message.filter(|_| row.status != NotificationStatus::Delivered);
        let early = message.map(|message| checks.absent(&notice::delivered_key(names, tenant, &message)));
        outbox::expect_new(&mut checks, names, tenant, told)?;
        let mut step = checks.then();
        put(&mut step, names, row);
        outbox::write(&mut step, names, told);
        match self.commit(step, &changes(row, told)).await? {
            Committed::Done => Ok(Replaced::Done),
            Committed::Refused { check, .. } if check == version => Ok(Replaced::Stale),
            Committed::Refused { check, met } if Some(check) == early => {
                Ok(Replaced::DeliveredAt(notice::delivered_at(&met.unwrap_or_default())?))
            }
            Committed::Refused { .. } => Err(outbox::already_there()),
        }
    }
}
