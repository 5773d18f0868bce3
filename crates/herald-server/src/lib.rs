//! The `herald` binary's parts: configuration, commands, the HTTP server and the composition root.
//!
//! # Where things are
//! - [`config`] reads and checks `herald.toml`; [`registry`] turns it into tenants, adapters and a store, and is the only
//!   file that names any of them.
//! - [`startup`] binds the two listeners and runs until it is told to stop; [`stopping`] is how the rest learns of it.
//! - [`management`] is the second listener; [`request_log`] the one line and the metrics of each request.
//! - [`routes`] are the API's operations: [`extract`] checks a call before its handler runs, [`views`] are what callers see,
//!   [`problem`] what they see when it went wrong, [`openapi`] the document of it all; [`fallback`] answers the rest.
//! - `event_stream` is a login live, for callers ([`routes`]) and for browsers ([`pages`]).
//! - [`pages`] are what browsers see; [`forward_auth`] what proxies ask; [`hooks`] what providers send; [`site`] what these two know of a site.
//! - [`cli`] holds one file per command.
//! - `failpoints`, under the feature of that name only, lets a test kill the process where it chooses.

pub mod cli;
pub mod config;
pub mod demo;
pub mod development_key;
pub mod docs_page;
pub(crate) mod event_stream;
pub mod extract;
#[cfg(feature = "failpoints")]
pub mod failpoints;
pub mod fallback;
pub mod forward_auth;
pub mod hooks;
pub mod http_settings;
pub mod management;
pub mod openapi;
pub mod pages;
pub mod problem;
pub(crate) mod rate_limit;
pub mod registry;
pub mod reload;
pub mod request_log;
pub mod routes;
pub mod security_headers;
pub mod site;
pub mod startup;
pub mod stopping;
pub mod telemetry;
pub mod views;
