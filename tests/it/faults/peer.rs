//! What a peer says that stands in for Antirius.

pub(crate) use herald_testkit::peer::{Act, Peer, answer};

/// What Antirius says to a message that it took.
pub(crate) fn taken(message_id: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", &success(message_id))
}

/// The body of [`taken`].
pub(crate) fn success(message_id: &str) -> String {
    format!(r#"{{"success":true,"platform":"telegram","message_id":"{message_id}","correlation_id":"c-1"}}"#)
}
