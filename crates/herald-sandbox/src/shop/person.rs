//! Who is signed in: what a claim says of a person, in rows that people can read.

use serde_json::Value;

use crate::config::ShopTenant;

/// Who is signed in.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) tenant: String,
    pub(super) tenant_name: String,
    pub(super) subject: String,
    /// What the greeting calls them. Not every provider knows a name.
    pub(super) name: Option<String>,
    /// The identity's members, for the page: label and value.
    pub(super) identity: Vec<(String, String)>,
    /// What became of the last message.
    pub(super) outcome: Option<String>,
}

impl Person {
    /// Reads the answer to a claim.
    pub(super) fn of(tenant: &ShopTenant, claimed: &Value) -> Self {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let identity = claimed.get("identity").unwrap_or(&Value::Null);
        let name = ["name", "preferred_username", "email"]
            .into_iter()
            .find_map(|member| identity.get(member).and_then(text));
        let mut rows = Vec::new();
        add_rows(&mut rows, "", identity);
        Self {
            tenant: tenant.tenant.clone(),
            tenant_name: tenant.name.clone(),
            subject: claimed.get("subject").and_then(text).unwrap_or_default(),
            name,
            identity: rows,
            outcome: None,
        }
    }
}

/// One row for each value, however deep: `attributes` is a row for each of its members, an organization one for its name.
fn add_rows(rows: &mut Vec<(String, String)>, label: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('_', " ");
                let label = match label {
                    "" | "attributes" => name,
                    above => format!("{above} {name}"),
                };
                add_rows(rows, &label, value);
            }
        }
        value => rows.push((label.to_owned(), in_words(value))),
    }
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
