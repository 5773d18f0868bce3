//! A call by an operator, about the installation or about one tenant.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use herald_app::{Herald, Tenant};

use super::{
    call::{herald, shared},
    framing, key,
    parameters::path_tenant,
};
use crate::{http_settings::HttpSettings, problem::Problem};

/// A call that may go on: its key is an operator's.
pub struct OperatorCall {
    /// The use cases.
    pub herald: Herald,
    /// The name of the operator's key, for the log.
    pub operator: String,
}

impl OperatorCall {
    fn check(request: &HttpRequest) -> Result<Self, Problem> {
        framing::check(request, None)?;
        let operator = key::operator(request, shared::<HttpSettings>(request)?)?;
        Ok(Self { herald: herald(request)?, operator })
    }
}

impl FromRequest for OperatorCall {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::check(request))
    }
}

/// A call that may go on: its key is an operator's, and the tenant in its path is there.
pub struct TenantOperatorCall {
    /// The use cases.
    pub herald: Herald,
    /// The tenant in the path.
    pub tenant: Arc<Tenant>,
    /// The name of the operator's key, for the log.
    pub operator: String,
}

impl TenantOperatorCall {
    fn check(request: &HttpRequest) -> Result<Self, Problem> {
        let OperatorCall { herald, operator } = OperatorCall::check(request)?;
        let tenant = path_tenant(request, &herald)?;
        request.extensions_mut().insert(tenant.id.clone());
        Ok(Self { herald, tenant, operator })
    }
}

impl FromRequest for TenantOperatorCall {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::check(request))
    }
}
