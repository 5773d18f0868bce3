//! Which session the path names.

use actix_web::HttpRequest;
use herald_app::Tenant;
use herald_core::id::SessionId;

use crate::{
    extract::{Parameters, path_id},
    problem::Problem,
};

/// The id in the path, which may be none.
#[derive(Clone, Copy)]
pub(super) struct PathSession(Option<SessionId>);

impl PathSession {
    /// The id. What is none is as unknown as any other.
    pub(super) fn id(self) -> Result<SessionId, Problem> {
        self.0.ok_or_else(Problem::no_such_session)
    }
}

impl Parameters for PathSession {
    fn read(request: &HttpRequest, _: &Tenant) -> Result<Self, Problem> {
        Ok(Self(path_id(request, SessionId::parse)))
    }
}
