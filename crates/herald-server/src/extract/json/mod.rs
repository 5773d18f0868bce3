//! JSON bodies: read strictly, then member by member.

mod reader;
mod value;

pub use reader::{FromJson, ObjectReader, Place, read_body, text};
pub use value::{Json, Malformed, Members, parse_object};
