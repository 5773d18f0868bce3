//! Spoiling a good answer.

use serde_json::{Value, json};

use crate::fault::Malformed;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const PAGE: &str =
    "<!doctype html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>";
/// What names the thing that came of a call, in the providers' spellings.
const IDS: [&str; 6] = ["messageId", "message_id", "correlation_id", "accessToken", "session_id", "token"];

/// The content type and the body of `good` spoilt in that way.
pub(super) fn spoilt(good: &[u8], how: Malformed) -> (&'static str, Vec<u8>) {
    let parsed = || serde_json::from_slice::<Value>(good).unwrap_or_else(|_| json!({}));
    let body = match how {
        Malformed::Garbage => b"<<not json>>".to_vec(),
        Malformed::Html => return (HTML, PAGE.into()),
        Malformed::Empty => Vec::new(),
        Malformed::Truncated => good.iter().copied().take(good.len() / 2).collect(),
        Malformed::Array => b"[]".to_vec(),
        Malformed::NotSuccessful => {
            let mut body = parsed();
            without_ids(&mut body);
            for (name, value) in [
                ("success", json!(false)),
                ("error", json!("send_failed")),
                ("message", json!("A fault of the sandbox")),
            ] {
                body[name] = value;
            }
            body.to_string().into_bytes()
        }
        Malformed::WithoutId => {
            let mut body = parsed();
            without_ids(&mut body);
            body.to_string().into_bytes()
        }
        Malformed::WrongTypes => {
            let mut body = parsed();
            of_other_types(&mut body);
            body.to_string().into_bytes()
        }
        Malformed::DuplicateKeys => doubled(&parsed()),
        Malformed::InvalidUtf8 => not_utf8(good),
    };
    (JSON, body)
}

fn without_ids(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|name, _| !IDS.contains(&name.as_str()));
        members.values_mut().for_each(without_ids);
    }
}

fn of_other_types(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(of_other_types),
        Value::Array(_) => *value = json!({ "0": null }),
        Value::String(text) => *value = json!([text]),
        Value::Bool(_) => *value = json!("yes"),
        Value::Number(number) => *value = json!({ "value": number }),
        Value::Null => *value = json!(0),
    }
}

/// Every member of the outermost object twice, the second time with other ids.
fn doubled(body: &Value) -> Vec<u8> {
    let mut second = body.clone();
    with_other_ids(&mut second);
    let inner = |value: &Value| {
        let text = value.to_string();
        text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned()
    };
    format!("{{{},{}}}", inner(body), inner(&second)).into_bytes()
}

fn with_other_ids(value: &mut Value) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        if IDS.contains(&name.as_str()) {
            *member = json!("another");
        } else {
            with_other_ids(member);
        }
    }
}

/// Two bytes that occur nowhere in UTF-8, at the beginning of the first string that is a value.
fn not_utf8(good: &[u8]) -> Vec<u8> {
    let place = good.windows(2).position(|two| two == br#":""#).map_or(0, |place| place + 2);
    let (before, after) = good.split_at(place.min(good.len()));
    [before, &[0xff, 0xfe], after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] =
        br#"{"data":{"messageId":"msg_1","status":"queued"},"meta":{"requestId":"req_1","issuedAt":17}}"#;

    fn text(how: Malformed) -> String {
        String::from_utf8(spoilt(GOOD, how).1).expect("UTF-8")
    }

    #[test]
    fn each_way_spoils_what_it_says() {
        assert!(serde_json::from_str::<Value>(&text(Malformed::Truncated)).is_err());
        assert_eq!((text(Malformed::Empty).as_str(), text(Malformed::Array).as_str()), ("", "[]"));
        assert!(!text(Malformed::WithoutId).contains("messageId"));
        assert!(text(Malformed::WithoutId).contains("queued"));
        assert!(text(Malformed::NotSuccessful).contains(r#""success":false"#));
        assert!(text(Malformed::WrongTypes).contains(r#""messageId":["msg_1"]"#));
        let doubled = text(Malformed::DuplicateKeys);
        assert_eq!(doubled.matches(r#""messageId""#).count(), 2);
        assert!(doubled.contains("msg_1") && doubled.contains("another"));
        assert!(serde_json::from_str::<Value>(&doubled).is_ok(), "well-formed, as far as that goes");
        assert_eq!(spoilt(GOOD, Malformed::Html).0, HTML);
    }

    #[test]
    fn invalid_utf8_sits_inside_of_a_string() {
        let body = spoilt(GOOD, Malformed::InvalidUtf8).1;
        assert!(std::str::from_utf8(&body).is_err());
        assert!(body.windows(6).any(|six| six == b"\"\xff\xfemsg"));
    }
}
