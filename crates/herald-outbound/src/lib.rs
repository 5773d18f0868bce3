//! The only place that speaks HTTP to the outside.
//!
//! # Where things are
//! - [`client`] opens one client per connection to a provider; [`request`] builds and sends; [`response`] reads and judges.
//!   What a failure means is decided here once, in two tables: statuses in [`response`], broken transport in `call`.
//!   [`lenient`] reads members that are no more than details.
//! - [`reach`] says which addresses a client may talk to; the guard sits in the name resolver and on literal addresses.
//! - [`token_cache`] keeps one secret token, [`jwks`] the keys of a provider; both fetch once however many callers wait.
//! - [`courier`] hands messages to addresses that tenants name.
//! - [`forward`] passes requests on as they are, for the sandbox only.
//!
//! # Things to note
//! - A [`request::Request`] is either [`request::Repeatable`] or [`request::OneShot`]; the type decides whether a failure
//!   after the first byte may have left says "again" or "nobody knows". Nothing here ever repeats a request.
//! - No error, no log line and no `Debug` output holds a token, a query, a path or a byte of what the other side sent.

mod call;
pub mod client;
pub mod courier;
pub mod forward;
pub mod jwks;
mod key_set;
mod member;
pub mod reach;
pub mod request;
mod resolver;
pub mod response;
mod retry_after;
pub mod token_cache;

pub use client::{Client, ClientConfig, OpenError};
pub use courier::OutboundCourier;
pub use jwks::JwksCache;
pub use member::lenient;
pub use reach::{Reach, has_public_host};
pub use request::{Lane, Method, OneShot, Repeatable, Request};
pub use response::Response;
pub use token_cache::{FreshToken, TokenCache};
