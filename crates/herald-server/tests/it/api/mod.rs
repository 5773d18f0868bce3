//! The API over real sockets: every bad input that `/v1` can meet, and what good ones get.

mod broken_store;
mod documents;
mod events;
mod framing;
mod keys;
mod lists;
mod logins;
mod notifications;
mod outages;
mod waiting;
mod wire;
mod world;
