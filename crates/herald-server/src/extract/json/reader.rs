//! From JSON to our own types, with a JSON pointer for everything that does not fit.
//!
//! A reader asks an object for its members by name; what is missing, of the wrong type or out of range is noted with its
//! pointer and reading goes on, so that a caller sees all faults at once. What nobody asked for is unknown.

use std::borrow::Cow;

use herald_core::id::InvalidId;

use super::value::{Json, Members};
use crate::{extract::body::USUAL_BODY, problem::Fault};

/// More faults than this are not listed.
const MOST_FAULTS: usize = 32;

/// A body that can be read.
pub trait FromJson: Sized {
    /// How large it may be, in bytes.
    const LARGEST_BODY: usize = USUAL_BODY;

    /// Reads the members. Nothing means that a fault was noted.
    fn read(object: &mut ObjectReader<'_>) -> Option<Self>;
}

/// Reads a whole body, or says everything that is wrong with it.
pub fn read_body<T: FromJson>(members: Members) -> Result<T, Vec<Fault>> {
    Place { pointer: String::new(), faults: &mut Vec::new() }.apart(Json::Object(members), T::read)
}

/// A place in the body, to note faults at and to read what is there.
///
/// Every method that reads gives nothing when it noted a fault.
pub struct Place<'a> {
    pointer: String,
    faults: &'a mut Vec<Fault>,
}

impl Place<'_> {
    /// Notes a fault here.
    pub fn fault(&mut self, code: &'static str, detail: impl Into<Cow<'static, str>>) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault { pointer: self.pointer.clone(), code, detail: detail.into() });
        }
    }

    /// Notes a fault here; for the end of a reading function.
    pub fn reject<T>(mut self, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Option<T> {
        self.fault(code, detail);
        None
    }

    /// The string here; NUL is a fault.
    pub fn text(self, json: Json) -> Option<String> {
        match json {
            Json::Text(text) if text.contains('\0') => self.reject("contains_nul", "holds a NUL character"),
            Json::Text(text) => Some(text),
            _ => self.reject("wrong_type", "must be a string"),
        }
    }

    /// The string here, of at most that many characters.
    pub fn text_up_to(mut self, json: Json, longest: usize) -> Option<String> {
        let text = self.reborrow().text(json)?;
        if text.chars().count() > longest {
            return self.reject("too_long", format!("longer than {longest} characters"));
        }
        Some(text)
    }

    /// The string here as a type that parses it.
    pub fn parsed<T, E: std::fmt::Display>(
        mut self,
        json: Json,
        code: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.reborrow().text(json)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(rule) => self.reject(code, rule.to_string()),
        }
    }

    /// The id here; `what` says of what, for people.
    pub fn id<T>(
        mut self,
        json: Json,
        what: &'static str,
        parse: fn(&str) -> Result<T, InvalidId>,
    ) -> Option<T> {
        let text = self.reborrow().text(json)?;
        match parse(&text) {
            Ok(id) => Some(id),
            Err(_) => self.reject("not_an_id", format!("not {what}")),
        }
    }

    /// The word here, one of these.
    pub fn word<T: Copy>(mut self, json: Json, words: &[(&str, T)]) -> Option<T> {
        let text = self.reborrow().text(json)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        self.reject("unknown_value", format!("must be one of {}", known.join(", ")))
    }

    /// `true` here: what is not wished is left out.
    pub fn yes(self, json: &Json) -> Option<()> {
        match json {
            Json::Bool(true) => Some(()),
            Json::Bool(false) => self.reject("out_of_range", "must be `true`, or left out"),
            _ => self.reject("wrong_type", "must be `true`"),
        }
    }

    /// The whole number here, within these bounds.
    pub fn integer(self, json: Json, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let Json::Number(number) = json else {
            return self.reject("wrong_type", "must be a whole number");
        };
        let whole = number.as_f64().filter(|value| value.fract() == 0.0);
        if whole.is_none() {
            return self.reject("wrong_type", "must be a whole number");
        }
        match number
            .as_u64()
            .and_then(|value| u32::try_from(value).ok())
            .filter(|value| range.contains(value))
        {
            Some(value) => Some(value),
            None => self.reject("out_of_range", format!("must be {} to {}", range.start(), range.end())),
        }
    }

    /// The array here, of that many items, each read by `read`.
    pub fn array<T>(
        mut self,
        json: Json,
        lengths: std::ops::RangeInclusive<usize>,
        mut read: impl FnMut(Place<'_>, Json) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Json::Array(items) = json else {
            return self.reject("wrong_type", "must be an array");
        };
        if !lengths.contains(&items.len()) {
            let detail = format!("must have {} to {} items", lengths.start(), lengths.end());
            return self.reject("out_of_range", detail);
        }
        let read: Vec<Option<T>> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| read(self.below(&index.to_string()), item))
            .collect();
        read.into_iter().collect()
    }

    /// The object here, whose members `read` asks for.
    pub fn object<T>(self, json: Json, read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>) -> Option<T> {
        let Json::Object(members) = json else {
            return self.reject("wrong_type", "must be an object");
        };
        let mut object = ObjectReader { members, place: self };
        let value = read(&mut object);
        object.finish();
        value
    }

    /// The object here, read on its own: what is wrong in it is given back, and is no fault of the whole body.
    pub fn apart<T>(
        self,
        json: Json,
        read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
    ) -> Result<T, Vec<Fault>> {
        let mut faults = Vec::new();
        let place = Place { pointer: self.pointer, faults: &mut faults };
        match place.object(json, read) {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(faults),
        }
    }

    /// `true` or `false` here.
    pub fn boolean(self, json: &Json) -> Option<bool> {
        match json {
            Json::Bool(value) => Some(*value),
            _ => self.reject("wrong_type", "must be `true` or `false`"),
        }
    }

    fn reborrow(&mut self) -> Place<'_> {
        Place { pointer: self.pointer.clone(), faults: self.faults }
    }

    fn below(&mut self, name: &str) -> Place<'_> {
        let name = name.replace('~', "~0").replace('/', "~1");
        Place { pointer: format!("{}/{name}", self.pointer), faults: self.faults }
    }
}

/// [`Place::text`], to pass as a function.
pub fn text(place: Place<'_>, json: Json) -> Option<String> {
    place.text(json)
}

/// An object of the body whose members are asked for one by one.
pub struct ObjectReader<'a> {
    members: Members,
    place: Place<'a>,
}

impl ObjectReader<'_> {
    /// A member that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Place<'_>, Json) -> Option<T>,
    ) -> Option<T> {
        let value = self.members.remove(name);
        let place = self.place.below(name);
        match value {
            Some(value) => read(place, value),
            None => place.reject("missing", "required"),
        }
    }

    /// A member that may be there. Nothing when it is absent, and when a fault was noted.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Place<'_>, Json) -> Option<T>,
    ) -> Option<T> {
        let value = self.members.remove(name)?;
        read(self.place.below(name), value)
    }

    /// Leaves the members that nobody asked for alone: nothing can be said of them, because the object's `type` is unknown.
    pub fn ignore_rest(&mut self) {
        self.members.clear();
    }

    fn finish(mut self) {
        for name in std::mem::take(&mut self.members).into_keys() {
            if may_be_repeated(&name) {
                self.place.below(&name).fault("unknown_member", "there is no such member");
            } else {
                self.place.fault("unknown_member", "has a member that does not exist");
            }
        }
    }
}

/// May a name that the caller made up stand in our answer? Not if it could be a phone number or a secret.
fn may_be_repeated(name: &str) -> bool {
    name.chars().count() <= 40
        && !name.chars().any(char::is_control)
        && name.chars().filter(|c| c.is_numeric()).count() <= 4
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
