//! Herald's words and contracts: domain types, state machines, ports. No IO, no runtime, no wire.
//!
//! # Where things are
//! - Words: [`id`], [`text`], [`phone`], [`return_url`], [`secret`], [`identity`]. Each is parsed once and good ever after.
//! - State machines: [`login`], [`session`] and [`notification`]. What happened to them: [`event`].
//! - Ports that a provider's adapter implements: [`provider`] (login), [`notifier`], [`credential`],
//!   [`session_control`]; they fail with [`error`]. What providers send by themselves: [`webhook_source`].
//! - Who is told of events: [`webhook`]. The port that tells them: [`courier`].
//! - Ports that a store implements: [`store`]. What goes into a store is sealed by [`seal`] first.
//! - Tokens, signed and verified strictly: [`jwt`]. JSON read as strictly: [`strict_json`].
//! - A provider's token that the replicas share: [`token_shelf`].
//! - Time and randomness: [`clock`].
//!
//! # Adding a provider
//! 1. A crate `herald-<provider>` with the same file names as the others (`lib config login notify api error`, as far as
//!    they apply), on top of `herald-outbound`.
//! 2. Implement [`provider::IdentityProvider`], and [`notifier::Notifier`] and [`credential::CredentialVerifier`] if the
//!    provider can do that. What a provider can do is which ports it has.
//! 3. Run `herald-testkit`'s suites against it; each bullet under a port's "Behaviour" that has a name is a test of that name.
//! 4. Name it in `herald-server`'s `registry.rs`, the only file that knows adapters.
//!
//! # Things to note
//! - "The person said no" and "not found" are values. Errors are for what could not be done.
//! - Whether a failed call may be made again is said by [`error::Retry`] and by nothing else.
//! - Ports have no default method bodies, so that a wrapper cannot forget one.

pub mod clock;
pub mod courier;
pub mod credential;
pub mod error;
pub mod event;
pub mod failpoint;
pub mod id;
pub mod identity;
pub mod jwt;
pub mod login;
pub mod notification;
pub mod notifier;
pub mod phone;
pub mod provider;
pub mod return_url;
pub mod seal;
pub mod secret;
pub mod session;
pub mod session_control;
pub mod store;
pub mod strict_json;
pub mod text;
pub mod token_shelf;
pub mod webhook;
pub mod webhook_source;
