//! Authara tells by itself: the measured headers and the body as PostgreSQL prints `jsonb`, which only its raw bytes
//! verify.

use jiff::Timestamp;
use serde_json::Value;

use super::config::AutharaSwitches;
use crate::operation::Provider;
use crate::random;
use crate::webhook::{Letter, Patience, SignatureEncoding};

/// An event as it is posted. Without `id` it gets a fresh UUID.
pub(crate) fn letter(
    kind: &str,
    subject: &str,
    id: Option<String>,
    data: &Value,
    created_at: &str,
) -> Letter {
    let id = id.unwrap_or_else(random::uuid);
    let body = serde_json::json!({ "id": id, "type": kind, "data": data, "created_at": created_at });
    let headers = [("X-Authara-Event", kind), ("X-Authara-Delivery", id.as_str())];
    Letter {
        provider: Provider::Authara,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        body: jsonb(&body).into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        event_id: Some(id),
        signature_header: "X-Authara-Signature".to_owned(),
        encoding: SignatureEncoding::Sha256Hex,
        false_signature: None,
    }
}

pub(crate) fn patience(switches: &AutharaSwitches) -> Patience {
    Patience { delay_ms: 0, attempts: switches.webhook_attempts, retry_ms: switches.webhook_retry_ms }
}

/// `at` with nine fractional digits. The sandbox's clock has three; the others are made up.
pub(crate) fn nanos(at: Timestamp) -> String {
    let [a, b, c, d] = random::bytes::<4>();
    format!("{at:.3}").replace('Z', &format!("{:06}Z", u32::from_be_bytes([a, b, c, d]) % 1_000_000))
}

/// As `jsonb` is printed: members by the length of their names and then by the names, a space after each colon and comma.
fn jsonb(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| (name.len(), *name));
            let name_of = |name: &str| Value::from(name).to_string();
            let printed: Vec<String> = members
                .into_iter()
                .map(|(name, member)| format!("{}: {}", name_of(name), jsonb(member)))
                .collect();
            format!("{{{}}}", printed.join(", "))
        }
        Value::Array(items) => {
            let printed: Vec<String> = items.iter().map(jsonb).collect();
            format!("[{}]", printed.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_printed_as_postgresql_prints_it() {
        let body = json!({ "created_at": "t", "type": "user.deleted", "id": "u", "data": { "user_id": "x", "a": [1, 2] } });
        assert_eq!(
            jsonb(&body),
            r#"{"id": "u", "data": {"a": [1, 2], "user_id": "x"}, "type": "user.deleted", "created_at": "t"}"#
        );
    }

    #[test]
    fn a_time_has_nine_fractional_digits() {
        let text = nanos(Timestamp::UNIX_EPOCH);
        assert!(
            text.starts_with("1970-01-01T00:00:00.000") && text.len() == 30 && text.ends_with('Z'),
            "{text}"
        );
        assert!(text.parse::<Timestamp>().is_ok());
    }
}
