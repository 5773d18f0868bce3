//! The tables, and all of them open for one write transaction.
//!
//! Every key of a tenant's row or index begins with the tenant, but for the orders of time (`*_due`, `expiries`), which
//! only the store itself reads, and the finders, whose hashes have the tenant in them. Times are nanoseconds.

use jiff::Timestamp;
use redb::{Key, Table, TableDefinition, WriteTransaction};

use crate::{due::DueChange, fault::Fault};

/// Names a row of one kind: tenant and the 128 bits of its id.
pub(crate) type RowKey = (&'static str, u128);
/// Names something by tenant and hash.
pub(crate) type HashKey = (&'static str, &'static [u8; 32]);
/// Orders a tenant's rows with one hash by their id: tenant, hash, id.
pub(crate) type HashIdKey = (&'static str, &'static [u8; 32], u128);
/// Orders rows by time across tenants.
pub(crate) type DueKey = (i128, &'static str, u128);
/// Orders a tenant's rows by time: tenant, time, id.
pub(crate) type TimeKey = (&'static str, i128, u128);
/// Names a secret by tenant and name.
pub(crate) type NameKey = (&'static str, &'static str);
/// When what is over: time, kind, tenant, the rest of its key.
pub(crate) type ExpiryKey = (i128, u8, &'static str, &'static [u8]);

type Definition<K, V> = TableDefinition<'static, K, V>;
/// An encoded row, or what is sealed.
pub(crate) type Bytes = &'static [u8];

/// The release of this layout.
pub(crate) const META: Definition<&str, u64> = Definition::new("meta");
/// The logins.
pub(crate) const LOGINS: Definition<RowKey, Bytes> = Definition::new("logins");
/// Which login a finder finds.
pub(crate) const LOGIN_FINDERS: Definition<&[u8; 32], RowKey> = Definition::new("login_finders");
/// Tenant, time, id: the order of lists.
pub(crate) const LOGINS_BY_TIME: Definition<TimeKey, ()> = Definition::new("logins_by_time");
/// Tenant, reference, time, id: the order of lists of one reference.
pub(crate) const LOGINS_BY_REFERENCE: Definition<(&str, &[u8; 32], i128, u128), ()> =
    Definition::new("logins_by_reference");
/// The logins that somebody has to attend to.
pub(crate) const LOGINS_DUE: Definition<DueKey, ()> = Definition::new("logins_due");
/// The sessions.
pub(crate) const SESSIONS: Definition<RowKey, Bytes> = Definition::new("sessions");
/// Tenant, time, id: the order of lists.
pub(crate) const SESSIONS_BY_TIME: Definition<TimeKey, ()> = Definition::new("sessions_by_time");
/// Tenant, subject, time, id: the order of lists of one subject.
pub(crate) const SESSIONS_BY_SUBJECT: Definition<(&str, u128, i128, u128), ()> =
    Definition::new("sessions_by_subject");
/// Tenant, connection, time, id: the order of lists of one connection.
pub(crate) const SESSIONS_BY_CONNECTION: Definition<(&str, &str, i128, u128), ()> =
    Definition::new("sessions_by_connection");
/// The notifications.
pub(crate) const NOTIFICATIONS: Definition<RowKey, Bytes> = Definition::new("notifications");
/// The idempotency keys.
pub(crate) const NOTIFICATION_KEYS: Definition<HashKey, Bytes> = Definition::new("notification_keys");
/// The notifications that somebody has to attend to.
pub(crate) const NOTIFICATIONS_DUE: Definition<DueKey, ()> = Definition::new("notifications_due");
/// Tenant, reference, id: the order of lists of one reference.
pub(crate) const NOTIFICATIONS_BY_REFERENCE: Definition<HashIdKey, ()> =
    Definition::new("notifications_by_reference");
/// Tenant, subject, id: the order of lists of one subject.
pub(crate) const NOTIFICATIONS_BY_SUBJECT: Definition<(&str, u128, u128), ()> =
    Definition::new("notifications_by_subject");
/// Tenant, status, id: the dead letters.
pub(crate) const NOTIFICATIONS_DEAD: Definition<(&str, &str, u128), ()> =
    Definition::new("notifications_dead");
/// Which notification a provider's message is.
pub(crate) const NOTIFICATION_MESSAGES: Definition<HashKey, u128> = Definition::new("notification_messages");
/// Until when a provider's notice is remembered.
pub(crate) const NOTICES: Definition<HashKey, i128> = Definition::new("notices");
/// When a message was delivered that no notification has yet, and until when that is kept.
pub(crate) const NOTED_DELIVERIES: Definition<HashKey, (i128, i128)> = Definition::new("noted_deliveries");
/// The identities.
pub(crate) const IDENTITIES: Definition<HashKey, Bytes> = Definition::new("identities");
/// Tenant, subject, identity: whose they are.
pub(crate) const IDENTITIES_BY_SUBJECT: Definition<(&str, u128, &[u8; 32]), ()> =
    Definition::new("identities_by_subject");
/// The deliveries of the outbox.
pub(crate) const OUTBOX: Definition<RowKey, Bytes> = Definition::new("outbox");
/// The deliveries that somebody has to make.
pub(crate) const OUTBOX_DUE: Definition<DueKey, ()> = Definition::new("outbox_due");
/// Tenant, endpoint, time, id: the order of lists.
pub(crate) const OUTBOX_BY_ENDPOINT: Definition<(&str, u128, i128, u128), ()> =
    Definition::new("outbox_by_endpoint");
/// The webhook endpoints.
pub(crate) const ENDPOINTS: Definition<RowKey, Bytes> = Definition::new("endpoints");
/// The secrets of the tenants.
pub(crate) const TENANT_SECRETS: Definition<NameKey, Bytes> = Definition::new("tenant_secrets");
/// The secrets of the installation.
pub(crate) const SECRETS: Definition<&str, Bytes> = Definition::new("secrets");
/// What the sweeper deletes, and when.
pub(crate) const EXPIRIES: Definition<ExpiryKey, ()> = Definition::new("expiries");

/// All tables of a write transaction, its time, and what it changes about who is due.
pub(crate) struct Tables<'txn> {
    /// The time of every step in this transaction.
    pub(crate) now: Timestamp,
    /// Told to the agendas after the commit.
    pub(crate) changes: Vec<DueChange>,
    pub(crate) logins: Table<'txn, RowKey, Bytes>,
    pub(crate) login_finders: Table<'txn, &'static [u8; 32], RowKey>,
    pub(crate) logins_by_time: Table<'txn, TimeKey, ()>,
    pub(crate) logins_by_reference: Table<'txn, (&'static str, &'static [u8; 32], i128, u128), ()>,
    pub(crate) logins_due: Table<'txn, DueKey, ()>,
    pub(crate) sessions: Table<'txn, RowKey, Bytes>,
    pub(crate) sessions_by_time: Table<'txn, TimeKey, ()>,
    pub(crate) sessions_by_subject: Table<'txn, (&'static str, u128, i128, u128), ()>,
    pub(crate) sessions_by_connection: Table<'txn, (&'static str, &'static str, i128, u128), ()>,
    pub(crate) notifications: Table<'txn, RowKey, Bytes>,
    pub(crate) notification_keys: Table<'txn, HashKey, Bytes>,
    pub(crate) notifications_due: Table<'txn, DueKey, ()>,
    pub(crate) notifications_by_reference: Table<'txn, HashIdKey, ()>,
    pub(crate) notifications_by_subject: Table<'txn, (&'static str, u128, u128), ()>,
    pub(crate) notifications_dead: Table<'txn, (&'static str, &'static str, u128), ()>,
    pub(crate) notification_messages: Table<'txn, HashKey, u128>,
    pub(crate) notices: Table<'txn, HashKey, i128>,
    pub(crate) noted_deliveries: Table<'txn, HashKey, (i128, i128)>,
    pub(crate) identities: Table<'txn, HashKey, Bytes>,
    pub(crate) identities_by_subject: Table<'txn, (&'static str, u128, &'static [u8; 32]), ()>,
    pub(crate) outbox: Table<'txn, RowKey, Bytes>,
    pub(crate) outbox_due: Table<'txn, DueKey, ()>,
    pub(crate) outbox_by_endpoint: Table<'txn, (&'static str, u128, i128, u128), ()>,
    pub(crate) endpoints: Table<'txn, RowKey, Bytes>,
    pub(crate) tenant_secrets: Table<'txn, NameKey, Bytes>,
    pub(crate) secrets: Table<'txn, &'static str, Bytes>,
    pub(crate) expiries: Table<'txn, ExpiryKey, ()>,
}

impl<'txn> Tables<'txn> {
    /// Opens all tables; those that are not there yet are made.
    pub(crate) fn open(transaction: &'txn WriteTransaction, now: Timestamp) -> Result<Self, Fault> {
        Ok(Self {
            now,
            changes: Vec::new(),
            logins: transaction.open_table(LOGINS)?,
            login_finders: transaction.open_table(LOGIN_FINDERS)?,
            logins_by_time: transaction.open_table(LOGINS_BY_TIME)?,
            logins_by_reference: transaction.open_table(LOGINS_BY_REFERENCE)?,
            logins_due: transaction.open_table(LOGINS_DUE)?,
            sessions: transaction.open_table(SESSIONS)?,
            sessions_by_time: transaction.open_table(SESSIONS_BY_TIME)?,
            sessions_by_subject: transaction.open_table(SESSIONS_BY_SUBJECT)?,
            sessions_by_connection: transaction.open_table(SESSIONS_BY_CONNECTION)?,
            notifications: transaction.open_table(NOTIFICATIONS)?,
            notification_keys: transaction.open_table(NOTIFICATION_KEYS)?,
            notifications_due: transaction.open_table(NOTIFICATIONS_DUE)?,
            notifications_by_reference: transaction.open_table(NOTIFICATIONS_BY_REFERENCE)?,
            notifications_by_subject: transaction.open_table(NOTIFICATIONS_BY_SUBJECT)?,
            notifications_dead: transaction.open_table(NOTIFICATIONS_DEAD)?,
            notification_messages: transaction.open_table(NOTIFICATION_MESSAGES)?,
            notices: transaction.open_table(NOTICES)?,
            noted_deliveries: transaction.open_table(NOTED_DELIVERIES)?,
            identities: transaction.open_table(IDENTITIES)?,
            identities_by_subject: transaction.open_table(IDENTITIES_BY_SUBJECT)?,
            outbox: transaction.open_table(OUTBOX)?,
            outbox_due: transaction.open_table(OUTBOX_DUE)?,
            outbox_by_endpoint: transaction.open_table(OUTBOX_BY_ENDPOINT)?,
            endpoints: transaction.open_table(ENDPOINTS)?,
            tenant_secrets: transaction.open_table(TENANT_SECRETS)?,
            secrets: transaction.open_table(SECRETS)?,
            expiries: transaction.open_table(EXPIRIES)?,
        })
    }
}

/// Moves an index entry; writes nothing when it stays where it is.
pub(crate) fn move_entry<'k, K>(
    table: &mut Table<'_, K, ()>,
    from: Option<K::SelfType<'k>>,
    to: Option<K::SelfType<'k>>,
) -> Result<(), Fault>
where
    K: Key + 'static,
    K::SelfType<'k>: PartialEq,
{
    if from == to {
        return Ok(());
    }
    if let Some(from) = from {
        table.remove(from)?;
    }
    if let Some(to) = to {
        table.insert(to, ())?;
    }
    Ok(())
}
