//! Is a value what the document says? For tests: knows the keywords that the document uses, and fails at any other.
//!
//! Stricter than the document in one thing: a member that no schema names is a fault, so that nothing is shown or sent that
//! is not documented.

use jiff::Timestamp;
use serde_json::Value;

/// Keywords that say nothing of the value.
const WORDS: [&str; 3] = ["description", "example", "examples"];
/// The one pattern of the document: a phone number in E.164 form.
const E164: &str = r"^\+[1-9][0-9]{6,14}$";

/// The document, as JSON.
pub(crate) fn document() -> Value {
    serde_json::to_value(super::document()).expect("JSON")
}

/// Fails unless the value is what the schema of this name says.
pub(crate) fn check(document: &Value, schema: &str, value: &Value) {
    let schema = &document["components"]["schemas"][schema];
    assert!(schema.is_object(), "no schema for {value}");
    assert_eq!(fault(document, schema, value), None, "{value}");
}

/// What is wrong with a value, if something is.
pub(crate) fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return fault(document, document.pointer(&reference[1..]).expect("a reference"), value);
    }
    let faults =
        schema.as_object().expect("a schema").iter().filter(|(key, _)| !WORDS.contains(&key.as_str()));
    faults.map(|(keyword, rule)| broken(document, schema, keyword, rule, value)).find_map(|fault| fault)
}

/// What the value breaks of one keyword.
fn broken(document: &Value, schema: &Value, keyword: &str, rule: &Value, value: &Value) -> Option<String> {
    let wrong = |is_good: bool| (!is_good).then(|| format!("{value} breaks {keyword}: {rule}"));
    let text = value.as_str();
    let limit = || rule.as_u64().and_then(|limit| usize::try_from(limit).ok()).expect("a limit");
    match keyword {
        "type" => wrong(match rule.as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            other => panic!("type {other:?}"),
        }),
        "required" => {
            let names = rule.as_array().expect("names");
            wrong(names.iter().all(|name| value.get(name.as_str().expect("a name")).is_some()))
        }
        "properties" => value.as_object()?.iter().find_map(|(name, value)| match rule.get(name) {
            None => Some(format!("{name} is not documented")),
            Some(schema) => fault(document, schema, value).map(|fault| format!("{name}: {fault}")),
        }),
        // What is not among the properties is a fault anyhow.
        "additionalProperties" => None,
        "items" => value.as_array()?.iter().find_map(|value| fault(document, rule, value)),
        "enum" => wrong(rule.as_array().expect("words").contains(value)),
        "oneOf" => {
            let variants = rule.as_array().expect("variants").iter();
            wrong(variants.filter(|schema| fault(document, schema, value).is_none()).count() == 1)
        }
        "minLength" => wrong(text?.chars().count() >= limit()),
        "maxLength" => wrong(text?.chars().count() <= limit()),
        "minItems" => wrong(value.as_array()?.len() >= limit()),
        "maxItems" => wrong(value.as_array()?.len() <= limit()),
        "minimum" => wrong(value.as_f64() >= rule.as_f64()),
        "maximum" => wrong(value.as_f64() <= rule.as_f64()),
        "pattern" => {
            assert_eq!(rule, E164);
            let digits = text?.strip_prefix('+').unwrap_or_default();
            let is_good =
                (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            wrong(is_good && !digits.starts_with('0'))
        }
        "format" => match rule.as_str() {
            Some("date-time") => wrong(text?.ends_with('Z') && text?.parse::<Timestamp>().is_ok()),
            Some("uri") => wrong(text?.parse::<url::Url>().is_ok()),
            Some("int32" | "int64" | "double") => wrong(value.is_number()),
            other => panic!("format {other:?}"),
        },
        _ => panic!("{keyword} in {schema}"),
    }
}
