//! The port that writes what happened in the shapes of the API.

use std::fmt;

use herald_core::event::Happening;
use serde_json::{Map, Value};

/// Writes what happened as callers of the API see it.
pub trait EventShapes: fmt::Debug + Send + Sync + 'static {
    /// The one member that stands beside `tenant` in an event's `data`, for example `"notification": {…}` with the object as
    /// `GET` shows it. Written once, when it happens: every try and every replay sends the same bytes.
    fn data(&self, what: &Happening) -> Map<String, Value>;
}
