//! The use cases over the embedded store, a clock that stands still and scripted providers.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod accepting;
mod batches;
mod claiming;
mod crashing;
mod delivering;
mod delivery;
mod failing;
mod foreign;
mod hooks;
mod listing;
mod managing;
mod outbox;
mod polling;
mod replicas;
mod returning;
mod sessions;
mod shared_tokens;
mod sites;
mod storm;
mod telling;
mod world;
