//! Drives the built binary and the whole HTTP surface.

mod api;
mod binary;
mod cli;
mod config;
mod dead_letters;
mod hooks;
mod hostile;
mod lifecycle;
mod pages;
mod rotating;
mod sites;
