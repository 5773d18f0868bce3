//! A note: when a row is over, and all that leads to it. Its bytes are its place in the order of notes.
//!
//! It is the time (microseconds, 8 bytes), the format (1 byte), the agenda (1 byte) and, with one, the id (16 bytes), then byte strings, each with its
//! length (2 bytes) before it: the key of the row, and for each entry the key of the order and the member. Numbers are
//! big-endian. Of every key the part is left out that all keys of the tenant begin with.

use herald_core::{id::TenantId, store::StoreError};
use jiff::Timestamp;

use crate::{
    micros,
    names::{Agenda, Names},
};

/// A row, and what leads to it. All keys are of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The key of the row.
    pub(super) row: Vec<u8>,
    /// Which agenda it is in, if any, and its id there.
    pub(super) agenda: Option<(Agenda, u128)>,
    /// The orders that it is in, and its members there.
    pub(super) entries: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The agendas by the bytes that notes have for them; never given to another one.
const AGENDAS: [(u8, Agenda); 3] =
    [(b'l', Agenda::Logins), (b'n', Agenda::Notifications), (b'd', Agenda::Deliveries)];
const NO_AGENDA: u8 = b'-';
/// The one format so far. All begin with the time: the order of notes goes by it.
const FORMAT: u8 = 1;

/// What all keys of a tenant begin with.
fn beginning(names: &Names, tenant: &TenantId) -> Vec<u8> {
    names.of(tenant, "")
}

impl Note {
    /// The bytes of a note for a row that is over then.
    pub(super) fn encode(&self, names: &Names, tenant: &TenantId, purge_at: Timestamp) -> Vec<u8> {
        let mut bytes = micros(purge_at).to_be_bytes().to_vec();
        bytes.push(FORMAT);
        match self.agenda {
            Some((agenda, id)) => {
                let code = AGENDAS.iter().find(|(_, of)| *of == agenda).map_or(NO_AGENDA, |(code, _)| *code);
                bytes.push(code);
                bytes.extend_from_slice(&id.to_be_bytes());
            }
            None => bytes.push(NO_AGENDA),
        }
        let beginning = beginning(names, tenant);
        let mut string = |string: &[u8]| {
            let length = u16::try_from(string.len()).expect("keys and members are short");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(string);
        };
        let own = |key: &[u8]| {
            let own = key.strip_prefix(beginning.as_slice()).expect("what dies with a row is of its tenant");
            own.to_vec()
        };
        string(&own(&self.row));
        for (order, member) in &self.entries {
            string(&own(order));
            string(member);
        }
        bytes
    }

    /// The note in these bytes.
    pub(super) fn decode(names: &Names, tenant: &TenantId, bytes: &[u8]) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Corrupt("a note of what is over makes no sense".to_owned());
        let (_, bytes) = bytes.split_first_chunk::<8>().ok_or_else(unreadable)?;
        let bytes = bytes.strip_prefix(&[FORMAT]).ok_or_else(unreadable)?;
        let (code, mut bytes) = bytes.split_first().ok_or_else(unreadable)?;
        let mut agenda = None;
        if *code != NO_AGENDA {
            let (_, of) = AGENDAS.iter().find(|(known, _)| known == code).ok_or_else(unreadable)?;
            let (id, rest) = bytes.split_first_chunk::<16>().ok_or_else(unreadable)?;
            (agenda, bytes) = (Some((*of, u128::from_be_bytes(*id))), rest);
        }
        let mut strings = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(unreadable)?;
            let (string, rest) =
                rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or_else(unreadable)?;
            strings.push(string);
            bytes = rest;
        }
        let beginning = beginning(names, tenant);
        let whole = |own: &[u8]| [beginning.as_slice(), own].concat();
        let (row, entries) = strings.split_first().ok_or_else(unreadable)?;
        let (entries, odd) = entries.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(unreadable());
        }
        let entries = entries.iter().map(|[order, member]| (whole(order), member.to_vec())).collect();
        Ok(Self { row: whole(row), agenda, entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_as_it_was_written_and_sorts_by_its_time() {
        let (names, tenant) = (Names::new("herald"), TenantId::parse("acme").unwrap());
        let row = names.row(&tenant, "row", 7);
        let entries =
            vec![(names.of(&tenant, "list"), vec![0, 255]), (names.of(&tenant, "other"), Vec::new())];
        let at = |second| Timestamp::from_second(second).unwrap();
        for agenda in [None, Some((Agenda::Logins, 1)), Some((Agenda::Deliveries, u128::MAX))] {
            for entries in [entries.clone(), Vec::new()] {
                let note = Note { row: row.clone(), agenda, entries };
                let bytes = note.encode(&names, &tenant, at(1));
                assert_eq!(Note::decode(&names, &tenant, &bytes).unwrap(), note);
                assert!(bytes < note.encode(&names, &tenant, at(2)));
                assert!(Note::decode(&names, &tenant, &bytes[..bytes.len() - 1]).is_err());
                let other = [&bytes[..8], &[FORMAT + 1], &bytes[9..]].concat();
                assert!(Note::decode(&names, &tenant, &other).is_err());
            }
        }
    }
}
