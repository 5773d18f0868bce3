//! An operation's own headers, path and query.

use std::sync::Arc;

use actix_web::HttpRequest;
use herald_app::{Herald, Tenant};
use herald_core::id::{InvalidId, TenantId};

use crate::problem::Problem;

/// What an operation reads from the head of a request, after key and scope are good.
pub trait Parameters: Sized + 'static {
    /// Reads it. Fails with 400 for what breaks the rules; an id that is none is left to the operation, as 404.
    fn read(request: &HttpRequest, tenant: &Tenant) -> Result<Self, Problem>;
}

/// The operation has none.
#[derive(Clone, Copy, Debug)]
pub struct NoParameters;

impl Parameters for NoParameters {
    fn read(_: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// The id in the path, or nothing for what is no id: it is as unknown as any other.
pub fn path_id<T>(request: &HttpRequest, parse: fn(&str) -> Result<T, InvalidId>) -> Option<T> {
    parse(request.match_info().get("id")?).ok()
}

/// The tenant in the path. What is no tenant's id is as unknown as any other.
pub fn path_tenant(request: &HttpRequest, herald: &Herald) -> Result<Arc<Tenant>, Problem> {
    let id = request.match_info().get("tenant").and_then(|text| TenantId::parse(text).ok());
    let tenants = herald.tenants();
    id.and_then(|id| tenants.get(&id)).cloned().ok_or_else(Problem::no_such_tenant)
}
