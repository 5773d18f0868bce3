//! Sites: origins that a proxy protects with Herald. Who may in, how they get a session there, how they leave.
//!
//! # Where things are
//! - `admit`: is this request of somebody who is signed in? Asked for every request, so answered from memory where it can be;
//!   `key` is what that is found by.
//! - `identity`: what a site is told about them, signed.
//! - `visit`: starting a login at a site, entering it, leaving it.
//! - `path`: where a person may be sent back to.

mod admit;
mod identity;
mod key;
mod path;
mod visit;

pub use admit::{Admitted, SiteCredential};
pub use path::local_path;

use std::{fmt, sync::Arc};

use herald_core::id::{ConnectionId, SessionId};
use quick_cache::sync::Cache;

use self::{identity::Identity, key::Key};
use crate::{
    herald::Context,
    login::Logins,
    session::Sessions,
    tenant::{Connection, Site, Tenant},
};

/// How many credentials are remembered with what they are worth; some 3 KiB each, and the one not seen for longest goes first.
const REMEMBERED: usize = 50_000;

/// The use cases of sites. Cheap to clone.
#[derive(Clone)]
pub struct Sites {
    context: Arc<Context>,
    logins: Logins,
    sessions: Sessions,
    admitted: Arc<Cache<Key, Arc<Admitted>>>,
    /// By session, and by the address of the site as configured at the moment.
    identities: Arc<Cache<(SessionId, usize), Arc<Identity>>>,
}

impl fmt::Debug for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sites({} remembered)", self.admitted.len())
    }
}

impl Sites {
    pub(crate) fn new(context: Arc<Context>, logins: Logins, sessions: Sessions) -> Self {
        let (admitted, identities) = (Arc::new(Cache::new(REMEMBERED)), Arc::new(Cache::new(REMEMBERED)));
        Self { context, logins, sessions, admitted, identities }
    }
}

/// The connection that people sign in with at a site.
fn connection_of<'a>(tenant: &'a Tenant, site: &'a Site) -> Option<&'a Arc<Connection>> {
    let id: &ConnectionId = site.connection.as_ref().or(tenant.login.as_ref())?;
    tenant.connections.get(id)
}
