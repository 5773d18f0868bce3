//! The JSON Schema of the file, made from the sections themselves.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::ConfigFile;

/// The JSON Schema (2020-12) of `herald.toml`, for editors and for the reference.
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ConfigFile>();
    schema.insert("title".to_owned(), "herald.toml".into());
    schema.to_value()
}
