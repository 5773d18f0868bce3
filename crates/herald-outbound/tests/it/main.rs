//! The client against a peer that speaks raw sockets, so that every way to break can be had.

#![expect(clippy::unwrap_used, reason = "what is missing in a test fails it")]

mod courier;
mod jwks;
mod limits;
mod peer;
mod verdicts;
