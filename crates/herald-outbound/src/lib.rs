//! The only place that speaks HTTP to the outside.

pub mod forward;
