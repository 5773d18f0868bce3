//! A login as it is stored: its row and the finders that die with it.

use herald_core::{
    id::{LoginId, TenantId},
    login::LoginStatus,
    seal::{BlindIndex, Sealed},
    store::{Finder, LoginRow},
};

use crate::{
    codec::{Decoder, Encoder},
    fault::Fault,
};

/// A login and its finders.
#[derive(Clone, Debug)]
pub(super) struct StoredLogin {
    pub(super) row: LoginRow,
    pub(super) finders: Vec<BlindIndex>,
}

impl StoredLogin {
    pub(super) fn new(row: &LoginRow, finders: &[Finder]) -> Self {
        Self { row: row.clone(), finders: finders.iter().map(|finder| finder.0).collect() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let row = &self.row;
        let body = row.body.as_bytes();
        Encoder::new(body.len())
            .number(row.version)
            .word(row.status.as_str())
            .time(row.created_at)
            .optional_time(row.attend_at)
            .time(row.purge_at)
            .indexes(row.reference.into_iter().collect::<Vec<_>>().into_iter())
            .indexes(self.finders.iter().copied())
            .body(body)
    }

    pub(super) fn decode(tenant: &TenantId, id: LoginId, bytes: &[u8]) -> Result<Self, Fault> {
        let mut bytes = Decoder::new(bytes)?;
        let version = bytes.number()?;
        let status = bytes.word(LoginStatus::parse)?;
        let created_at = bytes.time()?;
        let attend_at = bytes.optional_time()?;
        let purge_at = bytes.time()?;
        let reference = bytes.indexes()?.first().copied();
        let finders = bytes.indexes()?;
        let body = Sealed::from_bytes(bytes.body());
        let tenant = tenant.clone();
        let row = LoginRow { tenant, id, version, status, reference, created_at, attend_at, purge_at, body };
        Ok(Self { row, finders })
    }
}
