//! The webhook endpoints: a few for each tenant, in one hash, which stay until they are removed.

use std::cmp::Reverse;

use async_trait::async_trait;
use herald_core::{
    id::{EndpointId, TenantId},
    store::{Change, EndpointRow, EndpointStore, OutboxRow, StoreError},
};
use redis::cmd;

use crate::{
    RedisStore,
    names::Names,
    outbox,
    step::{Checks, Committed},
    value::{self, Kind},
};

fn key(names: &Names, tenant: &TenantId) -> Vec<u8> {
    names.of(tenant, "endpoints")
}

fn field(id: EndpointId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

fn to_value(row: &EndpointRow) -> Vec<u8> {
    value::wrap(row.version, None, Kind::Endpoint, &row.to_record())
}

fn read(tenant: &TenantId, field: &[u8], value: &[u8]) -> Result<EndpointRow, StoreError> {
    let id = field.try_into().map(|id| EndpointId::from_u128(u128::from_be_bytes(id)));
    let id = id.map_err(|_| StoreError::Corrupt("an endpoint has an id of the wrong length".to_owned()))?;
    Ok(EndpointRow::from_record(tenant, id, value::read(Kind::Endpoint, value)?.record)?)
}

fn told_of(tenant: &TenantId) -> Change {
    Change::Endpoints { tenant: tenant.clone() }
}

#[async_trait]
impl EndpointStore for RedisStore {
    async fn insert_endpoint(&self, row: &EndpointRow, most: usize) -> Result<bool, StoreError> {
        let key = key(&self.names, &row.tenant);
        let mut checks = Checks::default();
        let new = checks.field(&key, &field(row.id), 0);
        checks.fewer(&key, most);
        let mut step = checks.then();
        step.hset(&key, &field(row.id), &to_value(row));
        match self.commit(step, &[told_of(&row.tenant)]).await? {
            Committed::Done => Ok(true),
            Committed::Refused { check, .. } if check == new => {
                Err(StoreError::Corrupt(format!("the new endpoint {} is there already", row.id)))
            }
            Committed::Refused { .. } => Ok(false),
        }
    }

    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<EndpointRow>, StoreError> {
        let all: Vec<(Vec<u8>, Vec<u8>)> = self.ask(cmd("HGETALL").arg(key(&self.names, tenant))).await?;
        let rows = all.iter().map(|(field, value)| read(tenant, field, value));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| Reverse(row.id));
        Ok(rows)
    }

    async fn replace_endpoint(&self, row: &EndpointRow, told: &[OutboxRow]) -> Result<bool, StoreError> {
        // No version, and the one before the first, are no endpoint.
        let Some(version) = row.version.checked_sub(1).filter(|version| *version > 0) else {
            return Ok(false);
        };
        self.ensure_tenant(&row.tenant).await?;
        let key = key(&self.names, &row.tenant);
        let mut checks = Checks::default();
        let before = checks.field(&key, &field(row.id), version);
        outbox::expect_new(&mut checks, &self.names, &row.tenant, told)?;
        let mut step = checks.then();
        step.hset(&key, &field(row.id), &to_value(row));
        outbox::write(&mut step, &self.names, told);
        let mut changes = vec![told_of(&row.tenant)];
        changes.extend(outbox::change(&row.tenant, told));
        match self.commit(step, &changes).await? {
            Committed::Done => Ok(true),
            Committed::Refused { check, .. } if check == before => Ok(false),
            Committed::Refused { .. } => Err(outbox::already_there()),
        }
    }

    async fn remove_endpoint(&self, tenant: &TenantId, id: EndpointId) -> Result<bool, StoreError> {
        let key = key(&self.names, tenant);
        let mut met: Option<Vec<u8>> = self.ask(cmd("HGET").arg(&key).arg(&field(id))).await?;
        // Again, if it was changed meanwhile: what it says is of no matter, only that it is there.
        while let Some(value) = met {
            let mut checks = Checks::default();
            checks.field(&key, &field(id), value::read(Kind::Endpoint, &value)?.version);
            let mut step = checks.then();
            step.hdel(&key, &field(id));
            match self.commit(step, &[told_of(tenant)]).await? {
                Committed::Done => return Ok(true),
                Committed::Refused { met: now, .. } => met = now,
            }
        }
        Ok(false)
    }
}
