//! JSON bodies: read strictly, then member by member.

mod body;
mod reader;
mod value;

pub use body::{LARGEST_BODY, receive, too_large};
pub use reader::{FromJson, ObjectReader, Place, read_body, text};
pub use value::{Json, Malformed, Members, parse_object};
