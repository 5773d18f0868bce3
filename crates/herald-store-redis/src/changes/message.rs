//! A change as a message between replicas: words with a space between, `origin kind tenant rest`.
//!
//! Replicas of two releases may share a channel: a message of a kind that is not known here is [`Change::Anything`].

use herald_core::{
    id::{LoginId, NotificationId, SessionId, TenantId},
    store::Change,
};

use crate::link::NO_MESSAGE;

/// The message that tells of this change, signed with the origin of who made it.
pub(crate) fn encode(origin: &str, change: &Change) -> String {
    match change {
        Change::Login { tenant, id } => format!("{origin} login {tenant} {id}"),
        Change::Notification { tenant, id } => format!("{origin} notification {tenant} {id}"),
        Change::Session { tenant, id } => format!("{origin} session {tenant} {id}"),
        Change::Outbox { tenant } => format!("{origin} outbox {tenant}"),
        Change::Endpoints { tenant } => format!("{origin} endpoints {tenant}"),
        Change::Secret { tenant, name } => format!("{origin} secret {tenant} {name}"),
        Change::Anything => format!("{origin} anything"),
    }
}

/// The change that this message tells of; nothing for one of our own origin, or that tells nothing.
pub(super) fn decode(own: &str, message: &[u8]) -> Option<Change> {
    if message == NO_MESSAGE.as_bytes() {
        return None;
    }
    let message = std::str::from_utf8(message).unwrap_or_default();
    let words: Vec<&str> = message.split(' ').collect();
    if words.first() == Some(&own) {
        return None;
    }
    Some(read(words.get(1..).unwrap_or_default()).unwrap_or(Change::Anything))
}

fn read(words: &[&str]) -> Option<Change> {
    let [kind, tenant, rest @ ..] = words else { return None };
    let tenant = TenantId::parse(tenant).ok()?;
    match (*kind, rest) {
        ("login", [id]) => Some(Change::Login { tenant, id: LoginId::parse(id).ok()? }),
        ("notification", [id]) => Some(Change::Notification { tenant, id: NotificationId::parse(id).ok()? }),
        ("session", [id]) => Some(Change::Session { tenant, id: SessionId::parse(id).ok()? }),
        ("outbox", []) => Some(Change::Outbox { tenant }),
        ("endpoints", []) => Some(Change::Endpoints { tenant }),
        ("secret", [name]) if is_name(name) => Some(Change::Secret { tenant, name: (*name).to_owned() }),
        _ => None,
    }
}

/// Is it the name of a secret: at most 128 visible ASCII characters?
fn is_name(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> Vec<Change> {
        let tenant = TenantId::parse("acme").unwrap();
        vec![
            Change::Login { tenant: tenant.clone(), id: LoginId::from_u128(1) },
            Change::Notification { tenant: tenant.clone(), id: NotificationId::from_u128(u128::MAX) },
            Change::Session { tenant: tenant.clone(), id: SessionId::from_u128(3) },
            Change::Outbox { tenant: tenant.clone() },
            Change::Endpoints { tenant: tenant.clone() },
            Change::Secret { tenant, name: "token:hook/1".to_owned() },
            Change::Anything,
        ]
    }

    #[test]
    fn a_change_survives_its_message() {
        for change in changes() {
            assert_eq!(decode("b", encode("a", &change).as_bytes()), Some(change));
        }
    }

    #[test]
    fn nobody_hears_himself() {
        for change in changes() {
            assert_eq!(decode("a", encode("a", &change).as_bytes()), None);
        }
    }

    #[test]
    fn nobody_hears_what_tells_nothing() {
        assert_eq!(decode("a", NO_MESSAGE.as_bytes()), None);
    }

    #[test]
    fn what_is_not_understood_may_be_anything() {
        for message in [
            "",
            "b",
            "b flight acme",
            "b login acme",
            "b login acme 1",
            "b login Acme log_00000000000000000000000001",
            "b login acme log_00000000000000000000000001 more",
            "b  login acme log_00000000000000000000000001",
            "b outbox acme more",
            "b secret acme ",
            "b secret acme \u{e9}",
        ] {
            assert_eq!(decode("a", message.as_bytes()), Some(Change::Anything), "{message:?}");
        }
        assert_eq!(decode("a", b"\xff\xfe"), Some(Change::Anything));
        let long = format!("b secret acme {}", "x".repeat(129));
        assert_eq!(decode("a", long.as_bytes()), Some(Change::Anything));
    }
}
