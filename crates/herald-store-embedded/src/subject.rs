//! The subjects and their identities.

use std::cmp::Reverse;

use async_trait::async_trait;
use herald_core::{
    id::{SubjectId, TenantId},
    seal::BlindIndex,
    store::{IdentityRow, StoreError, SubjectStore},
};
use redb::{ReadTransaction, ReadableTable as _};

use crate::{
    EmbeddedStore,
    fault::Fault,
    tables::{IDENTITIES, IDENTITIES_BY_SUBJECT, Tables, move_entry},
};

/// Does the identity belong to nobody else than `identity.subject`?
pub(crate) fn may_have(tables: &Tables<'_>, identity: &IdentityRow) -> Result<bool, Fault> {
    let Some(stored) = tables.identities.get((identity.tenant.as_str(), identity.key.as_bytes()))? else {
        return Ok(true);
    };
    let stored = IdentityRow::from_record(&identity.tenant, identity.key, stored.value())?;
    Ok(stored.subject == identity.subject)
}

/// Stores an identity that [`may_have`] allowed.
pub(crate) fn put(tables: &mut Tables<'_>, identity: &IdentityRow) -> Result<(), Fault> {
    let (tenant, key) = (identity.tenant.as_str(), identity.key.as_bytes());
    tables.identities.insert((tenant, key), identity.to_record().as_slice())?;
    let entry = (tenant, identity.subject.as_u128(), key);
    move_entry(&mut tables.identities_by_subject, None, Some(entry))
}

fn read(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    key: BlindIndex,
) -> Result<Option<IdentityRow>, Fault> {
    let table = transaction.open_table(IDENTITIES)?;
    let bytes = table.get((tenant.as_str(), key.as_bytes()))?;
    bytes.map(|bytes| Ok(IdentityRow::from_record(tenant, key, bytes.value())?)).transpose()
}

#[async_trait]
impl SubjectStore for EmbeddedStore {
    async fn subject_of(&self, tenant: &TenantId, key: BlindIndex) -> Result<Option<SubjectId>, StoreError> {
        let transaction = self.shared.disk.read()?;
        Ok(read(&transaction, tenant, key)?.map(|row| row.subject))
    }

    async fn identities_of(
        &self,
        tenant: &TenantId,
        subject: SubjectId,
    ) -> Result<Vec<IdentityRow>, StoreError> {
        Ok(identities_of(&self.shared.disk.read()?, tenant, subject)?)
    }
}

fn identities_of(
    transaction: &ReadTransaction,
    tenant: &TenantId,
    subject: SubjectId,
) -> Result<Vec<IdentityRow>, Fault> {
    let (name, id) = (tenant.as_str(), subject.as_u128());
    let index = transaction.open_table(IDENTITIES_BY_SUBJECT)?;
    let mut rows = Vec::new();
    for entry in index.range((name, id, &[0; 32])..=(name, id, &[0xff; 32]))? {
        let key = BlindIndex::from_bytes(*entry?.0.value().2);
        let row = read(transaction, tenant, key)?;
        rows.push(row.ok_or_else(|| Fault::Unreadable(format!("an identity of {subject} is missing")))?);
    }
    rows.sort_by_key(|row| Reverse(row.verified_at));
    Ok(rows)
}
