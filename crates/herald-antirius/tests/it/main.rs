//! Antirius' adapter against the sandbox, over real HTTP.

#![expect(clippy::unwrap_used, reason = "what is missing in a test fails it")]

mod begin;
mod conformance;
mod harness;
mod hosted;
mod identify;
mod keys;
mod messages;
mod polls;
mod redeem;
mod verify;
