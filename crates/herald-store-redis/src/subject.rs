//! The subjects and their identities, which stay.

use std::cmp::Reverse;

use async_trait::async_trait;
use herald_core::{
    id::{SubjectId, TenantId},
    seal::BlindIndex,
    store::{IdentityRow, StoreError, SubjectStore},
};
use redis::cmd;

use crate::{
    RedisStore,
    names::Names,
    step::{Check, Checks, Step},
    value::{self, HEADER, Kind},
};

/// Where in an identity's value its subject is: after the header, the format of the record and the account.
const SUBJECT_AT: usize = HEADER + 1 + 32;

fn key(names: &Names, tenant: &TenantId, key: &BlindIndex) -> Vec<u8> {
    names.hash(tenant, "identity", key)
}

/// The keys of a subject's identities, hashed, in no order that means anything.
fn of_subject(names: &Names, tenant: &TenantId, subject: SubjectId) -> Vec<u8> {
    names.row(tenant, "identities", subject.as_u128())
}

fn to_value(row: &IdentityRow) -> Vec<u8> {
    value::wrap(1, None, Kind::Identity, &row.to_record())
}

fn read(tenant: &TenantId, key: BlindIndex, value: &[u8]) -> Result<IdentityRow, StoreError> {
    let stored = value::read(Kind::Identity, value)?;
    Ok(IdentityRow::from_record(tenant, key, stored.record)?)
}

/// The identity belongs to nobody else than `row.subject`.
pub(crate) fn expect_same(checks: &mut Checks, names: &Names, row: &IdentityRow) -> Check {
    let subject = row.subject.as_u128().to_be_bytes();
    checks.same(&key(names, &row.tenant, &row.key), SUBJECT_AT, &subject)
}

/// Stores an identity.
pub(crate) fn put(step: &mut Step, names: &Names, row: &IdentityRow) {
    step.set(&key(names, &row.tenant, &row.key), &to_value(row));
    step.enter(&of_subject(names, &row.tenant, row.subject), row.key.as_bytes(), None);
}

#[async_trait]
impl SubjectStore for RedisStore {
    async fn subject_of(
        &self,
        tenant: &TenantId,
        index: BlindIndex,
    ) -> Result<Option<SubjectId>, StoreError> {
        let value = self.value(&key(&self.names, tenant, &index)).await?;
        value.map(|value| Ok(read(tenant, index, &value)?.subject)).transpose()
    }

    async fn identities_of(
        &self,
        tenant: &TenantId,
        subject: SubjectId,
    ) -> Result<Vec<IdentityRow>, StoreError> {
        let mut all = cmd("ZRANGE");
        all.arg(of_subject(&self.names, tenant, subject)).arg(&["-", "+", "BYLEX"]);
        let indexes: Vec<Vec<u8>> = self.ask(&all).await?;
        let unreadable = || StoreError::Corrupt(format!("an identity of {subject} is missing or has no key"));
        let indexes = indexes
            .into_iter()
            .map(|index| index.try_into().map(BlindIndex::from_bytes).map_err(|_| unreadable()));
        let indexes = indexes.collect::<Result<Vec<_>, _>>()?;
        let keys: Vec<_> = indexes.iter().map(|index| key(&self.names, tenant, index)).collect();
        let values = self.values(&keys).await?;
        let rows = indexes
            .into_iter()
            .zip(values)
            .map(|(index, value)| read(tenant, index, &value.ok_or_else(unreadable)?));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| Reverse(row.verified_at));
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use herald_core::seal::Sealed;
    use jiff::Timestamp;

    use super::*;

    /// The script that looks there knows nothing of records.
    #[test]
    fn the_subject_is_where_it_is_looked_for() {
        let row = IdentityRow {
            tenant: TenantId::parse("acme").unwrap(),
            key: BlindIndex::from_bytes([1; 32]),
            account: BlindIndex::from_bytes([2; 32]),
            subject: SubjectId::from_u128(0x0303_0303_0303_0303_0303_0303_0303_0303),
            verified_at: Timestamp::UNIX_EPOCH,
            body: Sealed::from_bytes(vec![4; 40]),
        };
        let value = to_value(&row);
        assert_eq!(value[SUBJECT_AT..SUBJECT_AT + 16], [3; 16]);
        assert!(!value[..SUBJECT_AT].contains(&3) && !value[SUBJECT_AT + 16..].contains(&3));
        assert_eq!(read(&row.tenant, row.key, &value).unwrap(), row);
    }
}
