//! Members of an answer that may be there or not.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// An optional member; one of another type counts as absent, so that a detail cannot break a login.
///
/// For `#[serde(default, deserialize_with = "lenient")]`.
pub fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "lenient")]
        name: Option<String>,
    }

    #[test]
    fn a_member_of_another_type_counts_as_absent() {
        for (text, name) in [
            (r#"{"name":"Ada"}"#, Some("Ada")),
            ("{}", None),
            (r#"{"name":null}"#, None),
            (r#"{"name":7}"#, None),
            (r#"{"name":["Ada"]}"#, None),
        ] {
            assert_eq!(serde_json::from_str::<Answer>(text).unwrap().name.as_deref(), name, "{text}");
        }
    }
}
