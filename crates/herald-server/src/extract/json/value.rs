//! JSON read strictly (RFC 8259, RFC 7493): one object, UTF-8, no member twice, not too deep, not too much.

use std::{cell::Cell, collections::BTreeMap, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

/// The most values of a body, at any depth; the largest batch has less than half as many. An object of a few bytes takes hundreds of
/// them in memory, so that the size of a body alone is no bound.
const MOST_VALUES: usize = 50_000;

/// The members of a JSON object.
pub type Members = BTreeMap<String, Json>;

/// A JSON value whose objects have each member once.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Members),
}

/// The bytes are not one JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Reads bytes that must be one JSON object and nothing else.
///
/// A byte order mark, a lone surrogate, a number beyond a double, a member given twice at any depth and nesting beyond
/// 127 levels are refused: two parsers could read them differently, or not at all. So are more values than a body needs.
pub fn parse_object(bytes: &[u8]) -> Result<Members, Malformed> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Malformed("The body is empty."));
    }
    let left = Cell::new(Some(MOST_VALUES));
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = JsonReader { left: &left }.deserialize(&mut deserializer);
    match read.and_then(|json| deserializer.end().map(|()| json)) {
        Ok(Json::Object(members)) => Ok(members),
        Ok(_) => Err(Malformed("The body is an array or a scalar where an object belongs.")),
        Err(_) if left.get().is_none() => Err(Malformed("The body has more than 50,000 values.")),
        // serde_json's words would repeat what the caller sent.
        Err(_) => Err(Malformed("The body is not well-formed JSON in UTF-8, or has a member twice.")),
    }
}

/// Reads one value, and those in it.
#[derive(Clone, Copy)]
struct JsonReader<'a> {
    /// How many values may still come; nothing when there was one more.
    left: &'a Cell<Option<usize>>,
}

impl<'de> DeserializeSeed<'de> for JsonReader<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        self.left.set(self.left.get().and_then(|left| left.checked_sub(1)));
        if self.left.get().is_none() {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonReader<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = Members::new();
        while let Some(name) = entries.next_key::<String>()? {
            if members.insert(name, entries.next_value_seed(self)?).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_as_it_is() {
        let members =
            parse_object(br#" {"a": [1, -1, 1.5, true, null], "b": {"c": "\u0000\ud83d\ude00"}} "#).unwrap();
        assert!(matches!(&members["a"], Json::Array(items) if items.len() == 5));
        let Json::Object(inner) = &members["b"] else { panic!("an object") };
        assert_eq!(inner["c"], Json::Text("\0😀".to_owned()));
    }

    #[test]
    fn what_is_not_one_object_is_malformed() {
        let deep = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        let deep_array = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let utf16: Vec<u8> = r#"{"a":1}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bad: Vec<&[u8]> = vec![
            b"",
            b"  \r\n",
            b"[]",
            b"null",
            b"\"x\"",
            b"1",
            b"[\"+79001234567\", \"hi\"]",
            b"{\"a\":1",
            b"{\"a\":1}x",
            b"{\"a\":1}{}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":1,\"a\":1}",
            b"{\"b\":{\"a\":1,\"a\":2}}",
            b"{\"b\":[{\"a\":1,\"\\u0061\":2}]}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\\udc00\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":NaN}",
            b"{\"a\":1e400}",
            b"{\"a\":+1}",
            b"{a:1}",
            b"{'a':1}",
            b"{\"a\":1,}",
            b"{\"a\":\"\n\"}",
            deep.as_bytes(),
            deep_array.as_bytes(),
            &utf16,
        ];
        for bytes in bad {
            assert!(
                parse_object(bytes).is_err(),
                "{:?}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(40)])
            );
        }
    }

    #[test]
    fn a_body_of_very_many_values_is_refused_before_they_are_kept() {
        let of = |value: &str, count: usize| format!(r#"{{"a":[{}]}}"#, vec![value; count].join(","));
        let refused = |body: &str| parse_object(body.as_bytes()).err();
        let too_many = Some(Malformed("The body has more than 50,000 values."));
        // The object, the array, and what is in it.
        for (value, most) in [
            ("1", MOST_VALUES - 2),
            ("[]", MOST_VALUES - 2),
            (r#""""#, MOST_VALUES - 2),
            (r#"{"":{"":1}}"#, (MOST_VALUES - 2) / 3),
        ] {
            assert_eq!(refused(&of(value, most)), None, "{value}");
            assert_eq!(refused(&of(value, most + 1)), too_many, "{value}");
        }
        // What is wrong with as many as may be is told as what it is.
        let trailing = refused(&(of("1", MOST_VALUES - 2) + "x"));
        assert!(trailing.is_some_and(|malformed| malformed.0.contains("not well-formed")));
    }
}
