//! `/control/ledger` and `/control/counters`.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, get, web};
use serde::Deserialize;
use serde_json::json;

use super::{control, ok};
use crate::ledger::Effect;
use crate::operation::{Operation, Provider};
use crate::shared::Shared;

pub(super) fn configure(services: &mut web::ServiceConfig) {
    services.service(get_ledger).service(get_summary).service(clear_ledger).service(get_counters);
}

#[derive(Deserialize)]
struct LedgerQuery {
    provider: Option<Provider>,
    operation: Option<Operation>,
    recipient: Option<String>,
    /// Only effects with a greater sequence number.
    after: Option<u64>,
    /// The first so many of them.
    limit: Option<usize>,
}

#[derive(Deserialize)]
struct SummaryQuery {
    provider: Option<Provider>,
    operation: Option<Operation>,
    /// Only messages that took effect that often or more.
    at_least: Option<usize>,
}

#[get("/control/ledger")]
async fn get_ledger(shared: web::Data<Shared>, query: web::Query<LedgerQuery>) -> HttpResponse {
    let is_asked = |effect: &Effect| {
        query.provider.is_none_or(|only| only == effect.provider)
            && query.operation.is_none_or(|only| only == effect.operation)
            && query.recipient.as_ref().is_none_or(|only| *only == effect.recipient)
            && query.after.is_none_or(|after| effect.sequence > after)
    };
    let mut items = shared.ledger.effects_where(is_asked);
    items.truncate(query.limit.unwrap_or(usize::MAX));
    ok(&json!({ "items": items }))
}

#[get("/control/ledger/summary")]
async fn get_summary(shared: web::Data<Shared>, query: web::Query<SummaryQuery>) -> HttpResponse {
    let is_asked = |effect: &Effect| {
        query.provider.is_none_or(|only| only == effect.provider)
            && query.operation.is_none_or(|only| only == effect.operation)
    };
    ok(&shared.ledger.summary(is_asked).at_least(query.at_least.unwrap_or(0)))
}

#[delete("/control/ledger")]
async fn clear_ledger(shared: web::Data<Shared>) -> HttpResponse {
    control(&shared).clear_ledger();
    HttpResponse::NoContent().finish()
}

#[get("/control/counters")]
async fn get_counters(shared: web::Data<Shared>) -> HttpResponse {
    let mut tree: BTreeMap<Provider, BTreeMap<Operation, u64>> = BTreeMap::new();
    for ((provider, operation), count) in shared.ledger.all_requests() {
        tree.entry(provider).or_default().insert(operation, count);
    }
    ok(&tree)
}
