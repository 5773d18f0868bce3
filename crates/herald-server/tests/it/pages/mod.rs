//! The hosted pages over real sockets: a Herald, the three providers simulated, and browsers with cookies of their own.

mod antara;
mod antirius;
mod authara;
mod binding;
mod broken_callback;
pub(crate) mod browser;
mod callback;
mod hosted;
mod trouble;
pub(crate) mod world;
