//! The store on Redis, against real servers.

#![expect(clippy::unwrap_used, reason = "these are tests: a call that fails fails the test that makes it")]

mod clocks;
mod conformance;
mod counter;
mod due;
mod finder;
mod lease;
mod opening;
mod order;
mod store;
mod sweep;
mod tenants;
