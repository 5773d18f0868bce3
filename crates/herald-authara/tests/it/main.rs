//! The adapter against the simulated Authara.

mod conformance;
mod harness;
mod local;
mod login;
mod open;
mod verify;
