//! Bodies about notifications.

use super::*;
use crate::extract::json::{parse_object, read_body};

fn faults(body: &str) -> Vec<String> {
    match read_body::<SendNotificationRequest>(parse_object(body.as_bytes()).unwrap()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
    }
}

fn with_to(to: &str) -> Vec<String> {
    faults(&format!(r#"{{"to":{to},"message":{{"type":"text","text":"hi"}}}}"#))
}

fn with_text(text: &str) -> Vec<String> {
    let text = serde_json::to_string(text).unwrap();
    faults(&format!(
        r#"{{"to":{{"type":"phone","phone_number":"+79001234567"}},"message":{{"type":"text","text":{text}}}}}"#
    ))
}

fn with_member(member: &str) -> Vec<String> {
    faults(&format!(
        r#"{{"to":{{"type":"slug","slug":"xK9mNp"}},"message":{{"type":"text","text":"hi"}},{member}}}"#
    ))
}

#[test]
fn an_address_is_one_of_three() {
    for good in [
        r#"{"type":"phone","phone_number":"+79001234567"}"#,
        r#"{"type":"slug","slug":"xK9mNp"}"#,
        r#"{"type":"subject","subject":"sub_01h455vb4pex5vsknk084sn02q"}"#,
    ] {
        assert!(with_to(good).is_empty(), "{good}");
    }
    for (bad, fault) in [
        ("{}", "/to/type missing"),
        ("[]", "/to wrong_type"),
        ("null", "/to wrong_type"),
        (r#""+79001234567""#, "/to wrong_type"),
        (r#"{"type":"email","email":"a@b"}"#, "/to/type unknown_value"),
        (r#"{"phone_number":"+79001234567"}"#, "/to/type missing"),
        (r#"{"type":"phone"}"#, "/to/phone_number missing"),
        (r#"{"type":"phone","phone_number":"+79001234567","slug":"a"}"#, "/to/slug unknown_member"),
        (r#"{"type":"subject","subject":"sub_x"}"#, "/to/subject not_an_id"),
        (r#"{"type":"slug","slug":"a@b@useantara.com"}"#, "/to/slug not_a_slug"),
        (r#"{"type":"slug","slug":"../x"}"#, "/to/slug not_a_slug"),
    ] {
        assert_eq!(with_to(bad), [fault], "{bad}");
    }
}

#[test]
fn a_phone_number_is_e164_and_nothing_else() {
    for bad in [
        "89001234567",
        "+7 900 123-45-67",
        "+0123",
        "+",
        "+123456789012345678901234567890",
        "+٧٩٠٠١٢٣٤٥٦٧",
        "+79001234567;ext=1",
        "+79001234567\\r\\n",
        "\\u200f+79001234567",
    ] {
        let to = format!(r#"{{"type":"phone","phone_number":"{bad}"}}"#);
        assert_eq!(with_to(&to), ["/to/phone_number not_e164"], "{bad}");
    }
    let nul = r#"{"type":"phone","phone_number":"+79001234567\u0000"}"#;
    assert_eq!(with_to(nul), ["/to/phone_number contains_nul"]);
}

#[test]
fn a_text_says_something_and_is_not_too_long() {
    assert!(with_text("hi\n\t😀").is_empty());
    assert!(with_text(&"😀".repeat(4_096)).is_empty());
    for (bad, fault) in [
        ("", "/message/text empty"),
        (" \n ", "/message/text empty"),
        (&"a".repeat(10_001), "/message/text too_long"),
        ("a\0b", "/message/text contains_nul"),
        ("a\u{1b}b", "/message/text not_printable"),
    ] {
        assert_eq!(with_text(bad), [fault], "{fault}");
    }
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    assert_eq!(faults("{}"), ["/to missing", "/message missing"]);
    let bad =
        r#"{"to":{"type":"phone","phone_number":"1"},"message":{"type":"text"},"route":[],"admin":true}"#;
    assert_eq!(
        faults(bad),
        [
            "/to/phone_number not_e164",
            "/message/text missing",
            "/route out_of_range",
            "/admin unknown_member"
        ]
    );
}

#[test]
fn the_other_members_have_their_rules() {
    for good in [
        r#""send_at":"2026-01-02T03:04:05+03:00","expires_at":"2026-01-03T03:04:05.5Z""#,
        r#""route":["main","backup"],"on_unknown":"fallback","reference":"parcel-9""#,
    ] {
        assert!(with_member(good).is_empty(), "{good}");
    }
    for (bad, fault) in [
        (r#""send_at":"2026-01-02T03:04:05""#, "/send_at not_a_time"),
        (r#""send_at":1767323045"#, "/send_at wrong_type"),
        (r#""expires_at":"tomorrow""#, "/expires_at not_a_time"),
        (r#""route":"main""#, "/route wrong_type"),
        (r#""route":["main",1]"#, "/route/1 wrong_type"),
        (r#""on_unknown":"twice""#, "/on_unknown unknown_value"),
        (r#""reference":7"#, "/reference wrong_type"),
    ] {
        assert_eq!(with_member(bad), [fault], "{bad}");
    }
    let many = format!(r#""route":[{}]"#, ["\"main\""; 11].join(","));
    assert_eq!(with_member(&many), ["/route out_of_range"]);
}
