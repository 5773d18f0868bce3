//! The adapter against the simulated Antara.

mod conformance;
mod errors;
mod harness;
mod login;
mod notify;
mod tokens;
mod verify;
mod webhook;
