//! Bodies about logins.

use super::*;
use crate::extract::json::{parse_object, read_body};

fn faults<T: FromJson>(body: &str) -> Vec<String> {
    match read_body::<T>(parse_object(body.as_bytes()).unwrap()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
    }
}

#[test]
fn a_login_may_be_started_with_nothing_or_with_everything() {
    assert!(faults::<StartLoginRequest>("{}").is_empty());
    let all = r#"{"return_url":"https://a.example/in","connection":"main","locale":"pt-BR","reference":"cart-4711",
        "expires_in_seconds":60,"client":{"ip_address":"2001:db8::1","user_agent":"curl"}}"#;
    let read = read_body::<StartLoginRequest>(parse_object(all.as_bytes()).unwrap()).unwrap();
    assert_eq!(read.expires_in_seconds, Some(60));
    assert_eq!(read.client.unwrap().ip_address.unwrap().to_string(), "2001:db8::1");
}

#[test]
fn every_member_of_a_start_has_its_rule() {
    for (body, fault) in [
        (r#"{"return_url":1}"#, "/return_url wrong_type"),
        (r#"{"return_url":"a\u0000"}"#, "/return_url contains_nul"),
        (r#"{"connection":null}"#, "/connection wrong_type"),
        (r#"{"locale":"en_US"}"#, "/locale not_a_locale"),
        (r#"{"reference":""}"#, "/reference empty"),
        (r#"{"reference":"a\nb"}"#, "/reference not_printable"),
        (r#"{"expires_in_seconds":59}"#, "/expires_in_seconds out_of_range"),
        (r#"{"expires_in_seconds":601}"#, "/expires_in_seconds out_of_range"),
        (r#"{"expires_in_seconds":-1}"#, "/expires_in_seconds out_of_range"),
        (r#"{"expires_in_seconds":1e12}"#, "/expires_in_seconds out_of_range"),
        (r#"{"expires_in_seconds":60.5}"#, "/expires_in_seconds wrong_type"),
        (r#"{"expires_in_seconds":"60"}"#, "/expires_in_seconds wrong_type"),
        (r#"{"client":["203.0.113.7"]}"#, "/client wrong_type"),
        (r#"{"client":{"ip_address":"203.0.113.7:80"}}"#, "/client/ip_address not_an_ip_address"),
        (r#"{"client":{"ip":"203.0.113.7"}}"#, "/client/ip unknown_member"),
        (r#"{"admin":true}"#, "/admin unknown_member"),
    ] {
        assert_eq!(faults::<StartLoginRequest>(body), [fault], "{body}");
    }
    let long =
        format!(r#"{{"reference":"{}","client":{{"user_agent":"{}"}}}}"#, "é".repeat(129), "a".repeat(1025));
    assert_eq!(faults::<StartLoginRequest>(&long), ["/reference too_long", "/client/user_agent too_long"]);
}

#[test]
fn a_claim_needs_its_secret() {
    assert_eq!(faults::<ClaimRequest>("{}"), ["/claim_secret missing"]);
    assert_eq!(
        faults::<ClaimRequest>(r#"{"claim_secret":1,"code":null,"x":1}"#),
        ["/claim_secret wrong_type", "/code wrong_type", "/x unknown_member"]
    );
    assert!(faults::<ClaimRequest>(r#"{"claim_secret":"hcs_x"}"#).is_empty());
}
