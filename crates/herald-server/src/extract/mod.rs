//! What a request must show before a handler runs.
//!
//! A handler takes one [`Call`], whose type says which scope the key needs, which parameters and which body there are. Its
//! order of checks is in one function. Without a scope there is no tenant, and without a tenant no data. An [`OAuthCall`] is
//! the same in the words of OAuth, an [`OperatorCall`] one with a key of the installation's operators (a [`TenantOperatorCall`]
//! about one tenant).

mod body;
mod call;
mod cursor;
mod etag;
mod form;
mod framing;
mod idempotency_key;
pub mod json;
mod key;
mod oauth;
mod operator;
mod paging;
mod parameters;
mod prefer;
mod query;
mod raw;
pub mod scope;

pub use call::{Body, Call, FormBody, JsonBody, NoBody};
pub use etag::{Etag, IfNoneMatch};
pub use form::{Form, FromForm};
pub use framing::{BodyFrame, MediaType};
pub use idempotency_key::idempotency_key;
pub use oauth::OAuthCall;
pub use operator::{OperatorCall, TenantOperatorCall};
pub use paging::Paging;
pub use parameters::{NoParameters, Parameters, path_id, path_tenant};
pub use prefer::{Wait, applied};
pub use query::Query;
pub use raw::RawJson;
