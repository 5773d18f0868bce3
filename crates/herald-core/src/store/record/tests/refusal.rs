//! What is no whole row of a format that we know is refused, and nothing that is stored makes us panic.

use super::*;

/// A row of some kind, stored.
struct Stored {
    kind: &'static str,
    /// The last format of this kind.
    latest: u8,
    record: Vec<u8>,
    /// How many of the bytes are the body.
    body: usize,
    /// Reads it and writes it again.
    rewrite: fn(&[u8]) -> Result<Vec<u8>, Unreadable>,
}

impl Stored {
    fn new(kind: &'static str, record: Vec<u8>, rewrite: fn(&[u8]) -> Result<Vec<u8>, Unreadable>) -> Self {
        Self { kind, latest: 1, record, body: BODY.len(), rewrite }
    }
}

fn rows() -> [Stored; 8] {
    [
        Stored::new("login", login().to_record(&finders()), |bytes| {
            reread_login(bytes).map(|(row, finders)| row.to_record(&finders))
        }),
        Stored::new("session", session().to_record(), |bytes| {
            SessionRow::from_record(&tenant(), session().id, bytes).map(|row| row.to_record())
        }),
        Stored {
            latest: 2,
            ..Stored::new("notification", notification().to_record(), |bytes| {
                reread_notification(bytes).map(|row| row.to_record())
            })
        },
        Stored {
            body: 0,
            ..Stored::new("key", key().to_record(), |bytes| {
                KeyEntry::from_record(bytes).map(|row| row.to_record())
            })
        },
        Stored::new("delivery", delivery().to_record(), |bytes| {
            OutboxRow::from_record(&tenant(), delivery().id, bytes).map(|row| row.to_record())
        }),
        Stored::new("endpoint", endpoint().to_record(), |bytes| {
            EndpointRow::from_record(&tenant(), endpoint().id, bytes).map(|row| row.to_record())
        }),
        Stored::new("identity", identity().to_record(), |bytes| {
            IdentityRow::from_record(&tenant(), identity().key, bytes).map(|row| row.to_record())
        }),
        Stored::new("secret", secret().to_record(), |bytes| {
            SecretRow::from_record(&tenant(), &secret().name, bytes).map(|row| row.to_record())
        }),
    ]
}

#[test]
fn a_row_that_is_cut_off_is_refused() {
    for Stored { kind, record, body, rewrite, .. } in rows() {
        assert_eq!(rewrite(&record).as_ref(), Ok(&record), "{kind}");
        for length in 0..record.len() {
            let read = rewrite(&record[..length]);
            if length < record.len() - body {
                assert!(read.is_err(), "{kind} of {length} bytes");
            } else {
                // Only its body is cut off: its seal does not open.
                assert_eq!(read.as_deref(), Ok(&record[..length]), "{kind} of {length} bytes");
            }
        }
    }
}

#[test]
fn a_format_that_is_not_known_is_refused() {
    for Stored { kind, latest, mut record, rewrite, .. } in rows() {
        for format in [0, latest + 1, u8::MAX] {
            record[0] = format;
            let refused = rewrite(&record).expect_err("the format is not known");
            assert_eq!(refused.to_string(), "a stored row has no readable format", "{kind}");
        }
    }
}

#[test]
fn a_row_with_any_byte_altered_is_read_as_it_is_or_refused() {
    for Stored { kind, record, rewrite, .. } in rows() {
        for (at, value) in (1..record.len()).flat_map(|at| (0..=u8::MAX).map(move |value| (at, value))) {
            let mut altered = record.clone();
            altered[at] = value;
            // Never a panic, and never anything else than what is there.
            if let Ok(again) = rewrite(&altered) {
                assert_eq!(again, altered, "{kind}, byte {at} is {value}");
            }
        }
    }
}

#[test]
fn a_word_a_flag_or_a_time_that_makes_no_sense_is_refused() {
    let good = notification().to_record();
    let (word, flag, time) = (1 + 8 + 1, 1 + 8 + 1 + 4, good.len() - BODY.len() - 16);
    for (at, what) in [(word, "word"), (flag, "id"), (time, "time")] {
        let mut bad = good.clone();
        bad[at] = 0x7f;
        let refused = reread_notification(&bad).expect_err("a member makes no sense");
        assert_eq!(refused.to_string(), format!("a stored row has no readable {what}"));
    }
}

#[test]
fn what_cannot_be_read_is_corrupt_for_who_asked() {
    let refused = reread_login(&[]).expect_err("there is nothing to read");
    assert!(
        matches!(StoreError::from(refused), StoreError::Corrupt(what) if what == refused.to_string()),
        "{refused}"
    );
}
