//! JSON as others must send it, in answers and in tokens: one object, no member twice, nothing behind it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};

/// What is wrong with a body, in words that quote nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not one JSON object, or a member stands in it twice; seen here.
    #[error("the body is no JSON object, or a member stands in it twice (line {line}, column {column})")]
    Form {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// A JSON object of another shape than the wanted one.
    #[error("the body is another JSON object than expected")]
    Shape,
}

/// Reads one object. What nests deeper than 128 levels is refused by the parser.
pub fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_value(serde_json::Value::Object(members(bytes)?)).map_err(|_| Fault::Shape)
}

/// Reads one object as what stands in it, under the same rules.
pub fn members(bytes: &[u8]) -> Result<serde_json::Map<String, serde_json::Value>, Fault> {
    let form = |error: &serde_json::Error| Fault::Form { line: error.line(), column: error.column() };
    let Once(value) = serde_json::from_slice(bytes).map_err(|error| form(&error))?;
    match value {
        serde_json::Value::Object(members) => Ok(members),
        _ => Err(Fault::Form { line: 1, column: 1 }),
    }
}

/// A JSON value in which no object has a member twice. Every parser picks another of the two, and attackers pick parsers.
struct Once(serde_json::Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Once)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = serde_json::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(serde_json::Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Once(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = serde_json::Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let Once(value) = map.next_value()?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn one_object_is_read_and_nothing_else() {
        assert_eq!(
            object::<Value>(br#"{"a":[1,-2,1.5,"x",null,true,{"a":1}]}"#).unwrap()["a"][6],
            json!({"a": 1})
        );
        for bad in [
            &b""[..],
            b"[]",
            b"null",
            b"\"x\"",
            b"{} {}",
            b"{\"a\":1",
            b"{\"a\":1,\"a\":1}",
            b"{\"b\":{\"a\":1,\"\\u0061\":2}}",
            b"{\"b\":[{\"a\":1,\"a\":2}]}",
            b"{\"a\":NaN}",
            b"{\"a\":1e400}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
        ] {
            assert!(object::<Value>(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_not_a_crash() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(object::<Value>(deep.as_bytes()).is_err());
    }
}
