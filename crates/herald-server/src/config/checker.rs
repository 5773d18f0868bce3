//! Collects everything that is wrong with a configuration, each with its key path, before anything is refused.

use std::fmt;

use serde::de::DeserializeOwned;

use super::file::without_values;

/// One thing to say about a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: `tenants.acme.connections.main.base_url`; empty for the file as a whole.
    pub path: String,
    /// What, without ever repeating a secret.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Gives the value of an environment variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Walks through a configuration, knows where it is, and keeps what it found.
pub struct Checker<'a> {
    environment: Environment<'a>,
    path: String,
    /// Are plain http, private addresses and weak secrets allowed? Known once the `server` section was read.
    pub is_development: bool,
    /// What makes the configuration unusable.
    pub faults: Vec<Finding>,
    /// What works, but perhaps not as the operator thinks.
    pub warnings: Vec<Finding>,
}

impl<'a> Checker<'a> {
    /// A checker that stands at the root and has found nothing yet.
    pub fn new(environment: Environment<'a>) -> Self {
        Self {
            environment,
            path: String::new(),
            is_development: false,
            faults: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The key path of where it stands.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Runs `step` one level deeper, under the key `segment` (`listen`, or `keys[2]`).
    pub fn at<T>(&mut self, segment: &str, step: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path = joined(&self.path, segment);
        let result = step(self);
        self.path.truncate(length);
        result
    }

    /// Notes a fault here.
    pub fn fault(&mut self, message: impl Into<String>) {
        self.faults.push(Finding { path: self.path.clone(), message: message.into() });
    }

    /// Notes a fault at a key of what is being checked.
    pub fn fault_at(&mut self, segment: &str, message: impl Into<String>) {
        self.at(segment, |check| check.fault(message));
    }

    /// Notes a warning here.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.warnings.push(Finding { path: self.path.clone(), message: message.into() });
    }

    /// Notes what is a fault here other than in development, where it is a warning.
    pub fn fault_outside_development(&mut self, message: impl Into<String>) {
        if self.is_development {
            self.warn(message);
        } else {
            self.fault(message);
        }
    }

    /// The value, or a fault at `segment` that says why there is none.
    pub fn good<T, E: fmt::Display>(&mut self, segment: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.fault_at(segment, error.to_string())).ok()
    }

    /// A number between two others, or a fault at `segment`.
    pub fn within(&mut self, segment: &str, value: u32, from: u32, to: u32) -> u32 {
        if !(from..=to).contains(&value) {
            self.fault_at(segment, format!("{value} is not between {from} and {to}"));
        }
        value
    }

    /// Reads one section by its shape, or notes at which key it has another.
    pub fn read<T: DeserializeOwned>(&mut self, value: toml::Value) -> Option<T> {
        let error = match serde_path_to_error::deserialize(value) {
            Ok(section) => return Some(section),
            Err(error) => error,
        };
        let place = match error.path().to_string().as_str() {
            "." => String::new(),
            path => path.to_owned(),
        };
        let message = error.inner().message();
        // The path of an unknown key ends with it.
        let message = match message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((_, expected)) => format!("there is no such key{expected}"),
            None => without_values(message),
        };
        if place.is_empty() {
            self.fault(message);
        } else {
            self.fault_at(&place, message);
        }
        None
    }

    /// The value of an environment variable.
    pub fn environment(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }
}

fn joined(path: &str, segment: &str) -> String {
    if path.is_empty() || segment.starts_with('[') {
        format!("{path}{segment}")
    } else {
        format!("{path}.{segment}")
    }
}
