//! What providers send by themselves: `POST /hooks/{tenant}/{connection}`.
//!
//! # Things to note
//! - Nobody has a key here: who sends it is proven by the signature over the raw body, so the body is read as it came and
//!   handed on.
//! - 204 says that everything that follows is stored. A 5xx asks the provider to send it again.
//! - An address is the same 404 for a tenant that does not exist, a connection that it does not have, and one that has no
//!   secret to check signatures with.

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse, post,
    web::{Data, ServiceConfig},
};
use herald_app::{Herald, HookError};
use herald_core::{
    id::{ConnectionId, TenantId},
    webhook_source::Header,
};

use crate::{extract::RawJson, problem::Problem};

/// Registers the address. Needs [`herald_app::Herald`] as shared data.
pub fn configure(services: &mut ServiceConfig) {
    services.service(hook);
}

#[post("/hooks/{tenant}/{connection}")]
async fn hook(herald: Data<Herald>, request: HttpRequest, body: RawJson) -> Result<HttpResponse, Problem> {
    let segment = |name| request.match_info().query(name);
    let (Ok(tenant), Ok(connection)) =
        (TenantId::parse(segment("tenant")), ConnectionId::parse(segment("connection")))
    else {
        return Err(HookError::Unknown.into());
    };
    let headers: Vec<Header<'_>> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let taken = herald.hooks().take_in(&tenant, &connection, &headers, &body.0).await;
    if let Err(HookError::Refused(reason)) = &taken {
        let (tenant, connection) = (tenant.as_str(), connection.as_str());
        // Anybody can send one, so it alarms nobody; the metric says how many there are.
        tracing::info!(tenant.id = tenant, connection, %reason, "a provider's notice was refused");
    }
    if !matches!(taken, Err(HookError::Unknown)) {
        request.extensions_mut().insert(tenant);
    }
    taken?;
    Ok(HttpResponse::NoContent().finish())
}
