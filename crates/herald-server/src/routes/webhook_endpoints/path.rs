//! Which webhook endpoint the path names.

use actix_web::HttpRequest;
use herald_app::Tenant;
use herald_core::id::EndpointId;

use crate::{
    extract::{Parameters, path_id},
    problem::Problem,
};

/// The id in the path, which may be none.
#[derive(Clone, Copy)]
pub(super) struct PathEndpoint(Option<EndpointId>);

impl PathEndpoint {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self(path_id(request, EndpointId::parse))
    }

    /// The id. What is none is as unknown as any other.
    pub(super) fn id(self) -> Result<EndpointId, Problem> {
        self.0.ok_or_else(Problem::no_such_endpoint)
    }
}

impl Parameters for PathEndpoint {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self::of(request))
    }
}
