//! The API over real sockets: every bad input that `/v1` can meet, and what good ones get.

mod admin;
pub(crate) mod broken_store;
mod discovery;
mod documents;
mod events;
mod foreign_cookies;
mod foreign_tokens;
mod framing;
mod keys;
mod lists;
mod logins;
mod notifications;
mod oauth;
mod outages;
mod provider_sessions;
mod sandboxed;
mod session_lists;
mod sessions;
mod waiting;
pub(crate) mod wire;
mod world;
