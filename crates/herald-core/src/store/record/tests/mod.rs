//! One row of every kind, with all that it may have.

mod layout;
mod refusal;

use jiff::Timestamp;

use super::*;
use crate::{
    id::{ConnectionId, DeliveryId, EndpointId, LoginId, NotificationId, SessionId, SubjectId, TenantId},
    login::LoginStatus,
    notification::NotificationStatus,
    seal::{BlindIndex, Sealed},
    session::SessionStatus,
    store::{EndpointRow, Finder, IdentityRow, LoginRow, NotificationRow, OutboxRow, SecretRow, SessionRow},
};

const ID: u128 = 0x0198_0000_0000_7000_8000_0000_0000_0001;
const SUBJECT: u128 = u128::MAX;
const VERSION: u64 = 0x0102_0304_0506_0708;
const BODY: &[u8] = b"sealed";

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn connection() -> ConnectionId {
    ConnectionId::parse("antara-1").unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::new(second, 5).unwrap()
}

fn hash(byte: u8) -> BlindIndex {
    BlindIndex::from_bytes([byte; 32])
}

fn body() -> Sealed {
    Sealed::from_bytes(BODY.to_vec())
}

fn login() -> LoginRow {
    LoginRow {
        tenant: tenant(),
        id: LoginId::from_u128(ID),
        version: VERSION,
        status: LoginStatus::Pending,
        reference: Some(hash(1)),
        created_at: at(-1),
        attend_at: Some(at(2)),
        purge_at: at(3),
        body: body(),
    }
}

fn finders() -> Vec<Finder> {
    vec![Finder(hash(2)), Finder(hash(3))]
}

fn session() -> SessionRow {
    SessionRow {
        tenant: tenant(),
        id: SessionId::from_u128(ID),
        version: VERSION,
        status: SessionStatus::Active,
        subject: SubjectId::from_u128(SUBJECT),
        connection: connection(),
        created_at: at(1),
        expires_at: at(2),
        purge_at: at(3),
        body: body(),
    }
}

fn notification() -> NotificationRow {
    NotificationRow {
        tenant: tenant(),
        id: NotificationId::from_u128(ID),
        version: VERSION,
        status: NotificationStatus::Sent,
        subject: Some(SubjectId::from_u128(SUBJECT)),
        reference: Some(hash(1)),
        connection: Some(connection()),
        message: Some(hash(2)),
        created_at: at(1),
        due_at: Some(at(2)),
        purge_at: at(3),
        body: body(),
    }
}

fn key() -> KeyEntry {
    KeyEntry { fingerprint: hash(1), keep_until: at(1), notification: NotificationId::from_u128(ID) }
}

fn delivery() -> OutboxRow {
    OutboxRow {
        tenant: tenant(),
        id: DeliveryId::from_u128(ID),
        endpoint: Some(EndpointId::from_u128(SUBJECT)),
        version: VERSION,
        created_at: at(1),
        due_at: Some(at(2)),
        purge_at: at(3),
        body: body(),
    }
}

fn endpoint() -> EndpointRow {
    EndpointRow { tenant: tenant(), id: EndpointId::from_u128(ID), version: VERSION, body: body() }
}

fn identity() -> IdentityRow {
    let (key, account, subject) = (hash(1), hash(2), SubjectId::from_u128(SUBJECT));
    IdentityRow { tenant: tenant(), key, account, subject, verified_at: at(1), body: body() }
}

fn secret() -> SecretRow {
    let name = "signing-keys".to_owned();
    SecretRow { tenant: tenant(), name, version: VERSION, purge_at: Some(at(1)), body: body() }
}

fn reread_login(bytes: &[u8]) -> Result<(LoginRow, Vec<Finder>), Unreadable> {
    LoginRow::from_record(&tenant(), login().id, bytes)
}

fn reread_notification(bytes: &[u8]) -> Result<NotificationRow, Unreadable> {
    NotificationRow::from_record(&tenant(), notification().id, bytes)
}
