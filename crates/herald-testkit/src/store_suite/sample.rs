//! Rows to store, each with everything about it derived from its tenant and number.

use std::time::Duration;

use herald_core::{
    id::{ConnectionId, DeliveryId, EndpointId, LoginId, NotificationId, SessionId, SubjectId, TenantId},
    login::LoginStatus,
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
    secret::Digest,
    session::SessionStatus,
    store::{
        EndpointRow, Finder, IdentityRow, KeyRecord, LoginRow, NotificationRow, OutboxRow, SecretRow,
        SessionRow,
    },
};
use jiff::Timestamp;

/// How long a sample row lives.
pub const LIFE: Duration = Duration::from_secs(3_600);
/// How long a sample session is active.
pub const ACTIVE: Duration = Duration::from_secs(1_800);
/// A lease that ends well before a row does.
pub const LEASE: Duration = Duration::from_secs(30);
/// [`LIFE`] but for a [`SECOND`].
pub const ALMOST_LIFE: Duration = Duration::from_secs(3_599);
/// [`LEASE`] but for a [`SECOND`].
pub const ALMOST_LEASE: Duration = Duration::from_secs(29);
/// A moment.
pub const SECOND: Duration = Duration::from_secs(1);

/// A tenant at a moment.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The tenant.
    pub tenant: TenantId,
    /// When its rows are made.
    pub now: Timestamp,
}

impl Sample {
    /// The tenant of this name, at this moment.
    pub fn of(tenant: &str, now: Timestamp) -> Self {
        Self { tenant: TenantId::parse(tenant).expect("a good name"), now }
    }

    /// A hash that only this tenant gets for `kind` and `number`.
    pub fn hash(&self, kind: &str, number: u128) -> BlindIndex {
        let text = format!("{}|{kind}|{number}", self.tenant);
        BlindIndex::from_bytes(*Digest::of(text).as_bytes())
    }

    /// A body that says whose it is.
    pub fn body(&self, text: &str) -> Sealed {
        Sealed::from_bytes(format!("{}|{text}", self.tenant).into_bytes())
    }

    /// The finder of this number.
    pub fn finder(&self, number: u128) -> Finder {
        Finder(self.hash("finder", number))
    }

    /// A pending login that nobody has to attend to.
    pub fn login(&self, number: u128) -> LoginRow {
        LoginRow {
            tenant: self.tenant.clone(),
            id: LoginId::from_u128(number),
            version: 1,
            status: LoginStatus::Pending,
            reference: None,
            created_at: self.now,
            attend_at: None,
            purge_at: self.now + LIFE,
            body: self.body("login"),
        }
    }

    /// A pending login that somebody has to attend to at that time.
    pub fn due_login(&self, number: u128, attend_at: Timestamp) -> LoginRow {
        LoginRow { attend_at: Some(attend_at), ..self.login(number) }
    }

    /// The subject of this number; tenants may have the same.
    pub fn subject(number: u128) -> SubjectId {
        SubjectId::from_u128(number)
    }

    /// The identity of this number, of that subject.
    pub fn identity(&self, number: u128, subject: u128) -> IdentityRow {
        IdentityRow {
            tenant: self.tenant.clone(),
            key: self.hash("identity", number),
            account: self.hash("account", 0),
            subject: Self::subject(subject),
            verified_at: self.now,
            body: self.body("identity"),
        }
    }

    /// The connection of this name; tenants may have the same.
    pub fn connection(name: &str) -> ConnectionId {
        ConnectionId::parse(name).expect("a good name")
    }

    /// The active session of this number, of that subject, through the connection `main`.
    pub fn session(&self, number: u128, subject: u128) -> SessionRow {
        SessionRow {
            tenant: self.tenant.clone(),
            id: SessionId::from_u128(number),
            version: 1,
            status: SessionStatus::Active,
            subject: Self::subject(subject),
            connection: Self::connection("main"),
            created_at: self.now,
            expires_at: self.now + ACTIVE,
            purge_at: self.now + LIFE,
            body: self.body("session"),
        }
    }

    /// The endpoint of this number; tenants may have the same.
    pub fn endpoint_id(number: u128) -> EndpointId {
        EndpointId::from_u128(number)
    }

    /// The webhook endpoint of this number.
    pub fn endpoint(&self, number: u128) -> EndpointRow {
        EndpointRow {
            tenant: self.tenant.clone(),
            id: Self::endpoint_id(number),
            version: 1,
            body: self.body("endpoint"),
        }
    }

    /// A delivery to the endpoint 1 that nobody has to make.
    pub fn delivery(&self, number: u128) -> OutboxRow {
        OutboxRow {
            tenant: self.tenant.clone(),
            id: DeliveryId::from_u128(number),
            endpoint: Some(Self::endpoint_id(1)),
            version: 1,
            created_at: self.now,
            due_at: None,
            purge_at: self.now + LIFE,
            body: self.body("delivery"),
        }
    }

    /// A delivery that somebody has to make at that time.
    pub fn due_delivery(&self, number: u128, due_at: Timestamp) -> OutboxRow {
        OutboxRow { due_at: Some(due_at), ..self.delivery(number) }
    }

    /// The tenant's secret of this name, which stays.
    pub fn secret(&self, name: &str) -> SecretRow {
        SecretRow {
            tenant: self.tenant.clone(),
            name: name.to_owned(),
            version: 1,
            purge_at: None,
            body: self.body("secret"),
        }
    }

    /// A secret that is over when sample rows are.
    pub fn passing_secret(&self, name: &str) -> SecretRow {
        SecretRow { purge_at: Some(self.now + LIFE), ..self.secret(name) }
    }

    /// A queued notification that nobody has to attend to.
    pub fn notification(&self, number: u128) -> NotificationRow {
        NotificationRow {
            tenant: self.tenant.clone(),
            id: NotificationId::from_u128(number),
            version: 1,
            status: NotificationStatus::Queued,
            subject: None,
            reference: None,
            connection: None,
            message: None,
            created_at: self.now,
            due_at: None,
            purge_at: self.now + LIFE,
            body: self.body("notification"),
        }
    }

    /// A notification of that time, whose id sorts by it: before others of its millisecond by the number.
    pub fn notification_of(&self, created_at: Timestamp, number: u128) -> NotificationRow {
        let milliseconds = u128::try_from(created_at.as_millisecond()).expect("sample times are after 1970");
        NotificationRow { created_at, ..self.notification(milliseconds << 80 | number) }
    }

    /// A queued notification that is due at that time.
    pub fn due_notification(&self, number: u128, due_at: Timestamp) -> NotificationRow {
        NotificationRow { due_at: Some(due_at), ..self.notification(number) }
    }

    /// The key of this number, used for what that fingerprint says.
    pub fn key(&self, number: u128, fingerprint: u128) -> KeyRecord {
        KeyRecord {
            key: self.hash("key", number),
            fingerprint: self.hash("fingerprint", fingerprint),
            keep_until: self.now + LIFE,
        }
    }
}

/// The next version of a login, with another body.
pub fn next(row: &LoginRow, text: &str) -> LoginRow {
    let body = Sealed::from_bytes(format!("{}|{text}", row.tenant).into_bytes());
    LoginRow { version: row.version + 1, body, ..row.clone() }
}

/// The next version of a login, claimed.
pub fn claimed(row: &LoginRow) -> LoginRow {
    LoginRow { status: LoginStatus::Claimed, attend_at: None, ..next(row, "claimed") }
}

/// The next version of a notification, sent as this message.
pub fn sent(row: &NotificationRow, message: BlindIndex) -> NotificationRow {
    let next = NotificationRow { version: row.version + 1, message: Some(message), ..row.clone() };
    NotificationRow { status: NotificationStatus::Sent, due_at: None, ..next }
}

/// The next version of a session, with another body.
pub fn next_session(row: &SessionRow, text: &str) -> SessionRow {
    let body = Sealed::from_bytes(format!("{}|{text}", row.tenant).into_bytes());
    SessionRow { version: row.version + 1, body, ..row.clone() }
}

/// The next version of a session, ended.
pub fn ended(row: &SessionRow) -> SessionRow {
    SessionRow { status: SessionStatus::Ended, ..next_session(row, "ended") }
}
