//! A login and the finders that die with it.

use super::{Unreadable, decoder::Decoder, encoder::Encoder};
use crate::{
    id::{LoginId, TenantId},
    login::LoginStatus,
    store::{Finder, LoginRow},
};

impl LoginRow {
    /// The login's record, with its finders, of which there are at most 255.
    pub fn to_record(&self, finders: &[Finder]) -> Vec<u8> {
        let body = self.body.as_bytes();
        Encoder::new(body.len())
            .number(self.version)
            .word(self.status.as_str())
            .time(self.created_at)
            .optional_time(self.attend_at)
            .time(self.purge_at)
            .optional_index(self.reference)
            .indexes(finders.iter().map(|finder| finder.0))
            .body(body)
    }

    /// The login and its finders, from the record that is stored under this tenant and id.
    pub fn from_record(
        tenant: &TenantId,
        id: LoginId,
        bytes: &[u8],
    ) -> Result<(Self, Vec<Finder>), Unreadable> {
        let mut bytes = Decoder::new(bytes)?;
        let version = bytes.number()?;
        let status = bytes.word(LoginStatus::parse)?;
        let created_at = bytes.time()?;
        let attend_at = bytes.optional_time()?;
        let purge_at = bytes.time()?;
        let reference = bytes.optional_index()?;
        let finders = bytes.indexes()?.into_iter().map(Finder).collect();
        let (tenant, body) = (tenant.clone(), bytes.body());
        Ok((Self { tenant, id, version, status, reference, created_at, attend_at, purge_at, body }, finders))
    }
}
