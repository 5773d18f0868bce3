//! The simulated providers, asked over real HTTP: every fact of their contracts that an adapter relies on.

mod antara_login;
mod antara_messages;
mod antirius_login;
mod antirius_messages;
mod antirius_tokens;
mod authara_login;
mod authara_refresh;
mod client;
mod control;
mod faults;
mod proxy;
mod shop;
mod upstream;
