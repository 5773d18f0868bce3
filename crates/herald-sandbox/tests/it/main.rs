//! The simulated providers, asked over real HTTP: every fact of their contracts that an adapter relies on.

mod antara_login;
mod antara_messages;
mod antara_webhooks;
mod antirius_login;
mod antirius_messages;
mod antirius_tokens;
mod authara_login;
mod authara_refresh;
mod authara_webhooks;
mod client;
mod control;
mod fault_answers;
mod faults;
mod ledger;
mod proxy;
mod receiver;
mod shop;
mod upstream;
