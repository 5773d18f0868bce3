//! The adapter against the simulated Authara.

mod conformance;
mod harness;
mod local;
mod login;
mod logout;
mod open;
mod peer;
mod refresh;
mod refresh_trouble;
mod verify;
mod webhook;
mod wire;
