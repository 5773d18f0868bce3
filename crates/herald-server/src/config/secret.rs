//! A secret in the file: a value, the name of an environment variable, or the path of a file.

use std::{borrow::Cow, fmt, path::Path};

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap as _,
};

use super::Checker;

/// The shortest secret that is taken outside development, in bytes.
const SHORTEST: usize = 12;
/// The longest file that is read as a secret, in bytes.
const LONGEST_FILE: u64 = 64 * 1024;
/// What examples and templates write where a secret belongs.
const EXAMPLES: [&str; 8] =
    ["changeme", "change-me", "change_me", "replace-me", "placeholder", "example", "sandbox", "insecure"];

/// Where a secret is.
#[derive(Clone)]
pub enum Secret {
    /// In the file itself.
    Value(SecretString),
    /// In this environment variable.
    Environment(String),
    /// In this file; one line end after it is left out.
    File(String),
}

impl Secret {
    /// The secret itself. Notes a fault when it is missing, empty, not text, or has control characters in it.
    pub fn resolve(&self, check: &mut Checker<'_>) -> Option<SecretString> {
        let secret = match self {
            Self::Value(value) => value.clone(),
            Self::Environment(name) => match check.environment(name) {
                Some(value) => SecretString::from(value),
                None => return refuse(check, format!("the environment variable {name} is not set")),
            },
            Self::File(path) => match read(Path::new(path)) {
                Ok(text) => SecretString::from(text),
                Err(error) => return refuse(check, format!("the file {path} cannot be read: {error}")),
            },
        };
        let text = secret.expose_secret();
        if text.trim().is_empty() {
            return refuse(check, "the secret is empty");
        }
        if text.chars().any(char::is_control) {
            return refuse(check, "the secret has a line end or another control character in it");
        }
        Some(secret)
    }

    /// Like [`Secret::resolve`], and outside development also refuses what is too short or only an example.
    pub fn resolve_strong(&self, check: &mut Checker<'_>) -> Option<SecretString> {
        let secret = self.resolve(check)?;
        let text = secret.expose_secret();
        if check.is_development {
            return Some(secret);
        }
        if text.len() < SHORTEST {
            return refuse(check, format!("the secret is shorter than {SHORTEST} bytes"));
        }
        let lower = text.to_ascii_lowercase();
        if EXAMPLES.iter().any(|example| lower.contains(example)) || is_one_byte(text.as_bytes()) {
            return refuse(check, "this is an example value, not a secret");
        }
        Some(secret)
    }
}

fn refuse(check: &mut Checker<'_>, message: impl Into<String>) -> Option<SecretString> {
    check.fault(message);
    None
}

/// Is it the same byte all over?
pub(super) fn is_one_byte(bytes: &[u8]) -> bool {
    bytes.windows(2).all(|pair| pair[0] == pair[1])
}

fn read(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > LONGEST_FILE {
        return Err(std::io::Error::other("it is longer than 64 KiB"));
    }
    let mut text = std::fs::read_to_string(path)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("Secret(…)"),
            Self::Environment(name) => write!(f, "Secret(env {name})"),
            Self::File(path) => write!(f, "Secret(file {path})"),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (key, place) = match self {
            Self::Value(_) => return serializer.serialize_str("***"),
            Self::Environment(name) => ("env", name),
            Self::File(path) => ("file", path),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(key, place)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a secret: \"value\", { env = \"NAME\" } or { file = \"path\" }")
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Secret, E> {
                Ok(Secret::Value(SecretString::from(value)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
                let wrong =
                    || A::Error::custom("a secret is \"value\", { env = \"NAME\" } or { file = \"path\" }");
                let (key, place): (String, String) = map.next_entry()?.ok_or_else(wrong)?;
                if map.next_key::<String>()?.is_some() {
                    return Err(wrong());
                }
                match key.as_str() {
                    "env" => Ok(Secret::Environment(place)),
                    "file" => Ok(Secret::File(place)),
                    _ => Err(wrong()),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A secret: its value, the name of an environment variable, or the path of a file.",
            "oneOf": [
                { "type": "string" },
                { "type": "object", "properties": { "env": { "type": "string" } }, "required": ["env"], "additionalProperties": false },
                { "type": "object", "properties": { "file": { "type": "string" } }, "required": ["file"], "additionalProperties": false },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(toml: &str) -> Result<Secret, toml::de::Error> {
        #[derive(Deserialize)]
        struct Holder {
            secret: Secret,
        }
        toml::from_str::<Holder>(toml).map(|holder| holder.secret)
    }

    fn resolve(toml: &str, is_development: bool) -> Result<String, String> {
        let environment = |name: &str| (name == "GOOD").then(|| "k3J9-from-environment".to_owned());
        let mut check = Checker::new(&environment);
        check.is_development = is_development;
        match secret(toml).unwrap().resolve_strong(&mut check) {
            Some(secret) => Ok(secret.expose_secret().to_owned()),
            None => Err(check.faults.remove(0).message),
        }
    }

    #[test]
    fn a_secret_comes_from_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, "k3J9-from-a-file\n").unwrap();
        let file = format!("secret = {{ file = '{}' }}", path.display());
        assert_eq!(resolve("secret = 'k3J9-from-the-value'", false), Ok("k3J9-from-the-value".into()));
        assert_eq!(resolve("secret = { env = 'GOOD' }", false), Ok("k3J9-from-environment".into()));
        assert_eq!(resolve(&file, false), Ok("k3J9-from-a-file".into()));
    }

    #[test]
    fn a_weak_or_missing_secret_is_refused_without_being_repeated() {
        for bad in [
            "secret = 'k3J9k3J9'",
            "secret = 'my-changeme-secret'",
            "secret = 'aaaaaaaaaaaaaaaaaaaaaa'",
            "secret = \"k3J9k3J9k3J9\\nk3J9\"",
            "secret = ''",
            "secret = { env = 'MISSING' }",
            "secret = { file = '/nowhere/at/all' }",
        ] {
            let message = resolve(bad, false).unwrap_err();
            assert!(!message.contains("k3J9") && !message.contains("changeme"), "{message}");
        }
        assert_eq!(resolve("secret = 'short'", true), Ok("short".into()));
    }

    #[test]
    fn another_shape_is_no_secret() {
        for bad in
            ["secret = 5", "secret = { env = 'A', file = 'b' }", "secret = {}", "secret = { vault = 'x' }"]
        {
            assert!(secret(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let value = secret("secret = 'canary'").unwrap();
        assert_eq!(format!("{value:?} {}", serde_json::to_string(&value).unwrap()), "Secret(…) \"***\"");
        let file = secret("secret = { file = '/run/x' }").unwrap();
        assert_eq!(serde_json::to_string(&file).unwrap(), r#"{"file":"/run/x"}"#);
    }
}
