//! Bodies read member by member, with every fault pointed at.

use super::*;
use crate::extract::json::parse_object;

struct Sample;

impl FromJson for Sample {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let name = object.required("name", |place, json| place.text_up_to(json, 3));
        let count = object.optional("count", |place, json| place.integer(json, 1..=9));
        let kind = object.optional("kind", |place, json| place.word(json, &[("a", 1), ("b", 2)]));
        let list = object.optional("list", |place, json| place.array(json, 1..=2, text));
        let inner =
            object.optional("inner", |place, json| place.object(json, |object| object.required("x", text)));
        let _ = (count, kind, list, inner);
        name.map(|_| Self)
    }
}

fn faults(body: &str) -> Vec<String> {
    match read_body::<Sample>(parse_object(body.as_bytes()).unwrap()) {
        Ok(Sample) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
    }
}

#[test]
fn a_good_body_has_no_faults() {
    let good = r#"{"name":"abc","count":9,"kind":"b","list":["x"],"inner":{"x":""}}"#;
    assert!(faults(good).is_empty());
    assert!(faults(r#"{"name":"é€😀"}"#).is_empty());
}

#[test]
fn every_fault_is_listed_with_its_pointer() {
    let bad = r#"{"count":10,"kind":"c","list":["x",1],"inner":{"y":1},"extra":1}"#;
    assert_eq!(
        faults(bad),
        [
            "/name missing",
            "/count out_of_range",
            "/kind unknown_value",
            "/list/1 wrong_type",
            "/inner/x missing",
            "/inner/y unknown_member",
            "/extra unknown_member",
        ]
    );
}

#[test]
fn wrong_types_are_wrong_types_and_null_is_one() {
    for value in ["null", "true", "1", "1.5", "[]", "{}"] {
        assert_eq!(faults(&format!(r#"{{"name":{value}}}"#)), ["/name wrong_type"], "{value}");
    }
    for value in ["null", "\"5\"", "1.5", "[]"] {
        assert_eq!(faults(&format!(r#"{{"name":"a","count":{value}}}"#)), ["/count wrong_type"], "{value}");
    }
    for value in ["null", "[]", "[\"x\"]", "\"x\"", "1"] {
        assert_eq!(faults(&format!(r#"{{"name":"a","inner":{value}}}"#)), ["/inner wrong_type"], "{value}");
    }
}

#[test]
fn numbers_beyond_their_bounds_are_out_of_range() {
    for value in ["0", "-1", "10", "1e12", "18446744073709551615", "-9223372036854775808"] {
        assert_eq!(faults(&format!(r#"{{"name":"a","count":{value}}}"#)), ["/count out_of_range"], "{value}");
    }
}

#[test]
fn nul_is_refused_wherever_a_string_is_read() {
    assert_eq!(faults(r#"{"name":"\u0000"}"#), ["/name contains_nul"]);
    assert_eq!(faults(r#"{"name":"a","list":["\u0000"]}"#), ["/list/0 contains_nul"]);
    assert_eq!(faults(r#"{"name":"a","inner":{"x":"a\u0000b"}}"#), ["/inner/x contains_nul"]);
}

#[test]
fn what_is_no_id_is_told_in_the_callers_words() {
    let mut faults = Vec::new();
    let place = Place { pointer: "/subject".to_owned(), faults: &mut faults };
    let read = place.id(Json::Text("sub_1".to_owned()), "a subject's id", herald_core::id::SubjectId::parse);
    assert!(read.is_none());
    assert_eq!((faults[0].code, &*faults[0].detail), ("not_an_id", "not a subject's id"));
}

#[test]
fn pointers_are_escaped() {
    assert_eq!(
        faults(r#"{"name":"a","a/b":1,"m~n":2,"":3}"#),
        ["/ unknown_member", "/a~1b unknown_member", "/m~0n unknown_member"]
    );
}

#[test]
fn a_name_that_could_be_a_phone_number_or_a_secret_is_not_repeated() {
    let secret = "hcs_".to_owned() + &"a".repeat(43);
    for name in ["+79001234567", "٧٩٠٠١٢٣", &secret] {
        assert_eq!(faults(&format!(r#"{{"name":"a","{name}":1}}"#)), [" unknown_member"], "{name}");
    }
}

#[test]
fn the_list_of_faults_ends_somewhere() {
    let many: Vec<_> = (0..1_000).map(|i| format!("\"x{i}\":1")).collect();
    assert_eq!(faults(&format!("{{\"name\":\"a\",{}}}", many.join(","))).len(), MOST_FAULTS);
}
