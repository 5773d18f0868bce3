//! The bytes of every row, spelled out: what any release wrote stays readable.

use super::*;

/// A time as it is in a record.
fn nanoseconds(second: i128) -> [u8; 16] {
    (second * 1_000_000_000 + 5).to_be_bytes()
}

/// The parts one after the other.
macro_rules! bytes {
    ($($part:expr),* $(,)?) => {{
        let mut bytes: Vec<u8> = Vec::new();
        $(bytes.extend_from_slice(&$part[..]);)*
        bytes
    }};
}

/// The version.
const N: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

#[test]
fn a_login_has_its_bytes_and_comes_back_with_its_finders() {
    let (row, finders) = (login(), finders());
    let finding = [[2; 32], [3; 32]].concat();
    let (created, due, purge) = (nanoseconds(-1), nanoseconds(2), nanoseconds(3));
    let expected =
        bytes![[1], N, [7], b"pending", created, [1], due, purge, [1], [1; 32], [2], finding, BODY];
    assert_eq!(row.to_record(&finders), expected);
    assert_eq!(reread_login(&expected), Ok((row.clone(), finders)));

    let bare = LoginRow { status: LoginStatus::Claimed, reference: None, attend_at: None, ..row };
    let expected = bytes![[1], N, [7], b"claimed", created, [0], purge, [0], [0], BODY];
    assert_eq!(bare.to_record(&[]), expected);
    assert_eq!(reread_login(&expected), Ok((bare, Vec::new())));
}

#[test]
fn a_session_has_its_bytes_and_comes_back() {
    let (row, subject) = (session(), SUBJECT.to_be_bytes());
    let times = [1, 2, 3].map(nanoseconds).concat();
    let expected = bytes![[1], N, [6], b"active", subject, [8], b"antara-1", times, BODY];
    assert_eq!(row.to_record(), expected);
    assert_eq!(SessionRow::from_record(&tenant(), row.id, &expected), Ok(row));
}

#[test]
fn a_notification_has_its_bytes_and_comes_back() {
    let (row, subject) = (notification(), SUBJECT.to_be_bytes());
    let (created, due, purge) = (nanoseconds(1), nanoseconds(2), nanoseconds(3));
    let found_by = bytes![[1], subject, [1], [1; 32], [8], b"antara-1", [1], [2; 32]];
    let expected = bytes![[2], N, [4], b"sent", found_by, created, [1], due, purge, BODY];
    assert_eq!(row.to_record(), expected);
    assert_eq!(reread_notification(&expected), Ok(row.clone()));

    let bare = NotificationRow {
        subject: None,
        reference: None,
        connection: None,
        message: None,
        due_at: None,
        ..row
    };
    let expected = bytes![[2], N, [4], b"sent", [0], [0], [0], [0], created, [0], purge, BODY];
    assert_eq!(bare.to_record(), expected);
    assert_eq!(reread_notification(&expected), Ok(bare));
}

#[test]
fn a_notification_of_the_first_format_is_found_by_less() {
    let row =
        NotificationRow { subject: None, reference: None, connection: None, message: None, ..notification() };
    let times = bytes![nanoseconds(1), [1], nanoseconds(2), nanoseconds(3)];
    let first = bytes![[1], N, [4], b"sent", times, BODY];
    assert_eq!(reread_notification(&first), Ok(row));
    for length in 0..first.len() - BODY.len() {
        assert!(reread_notification(&first[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_key_has_its_bytes_and_comes_back() {
    let expected = bytes![[1], [1; 32], nanoseconds(1), ID.to_be_bytes()];
    assert_eq!(key().to_record(), expected);
    assert_eq!(KeyEntry::from_record(&expected), Ok(key()));
    // It has no body: what follows belongs to no format that we know.
    assert!(KeyEntry::from_record(&bytes![expected, [0]]).is_err());
}

#[test]
fn a_delivery_has_its_bytes_and_comes_back() {
    let (row, endpoint) = (delivery(), SUBJECT.to_be_bytes());
    let (created, due, purge) = (nanoseconds(1), nanoseconds(2), nanoseconds(3));
    let expected = bytes![[1], [1], endpoint, N, created, [1], due, purge, BODY];
    assert_eq!(row.to_record(), expected);
    assert_eq!(OutboxRow::from_record(&tenant(), row.id, &expected), Ok(row.clone()));

    let bare = OutboxRow { endpoint: None, due_at: None, ..row };
    let expected = bytes![[1], [0], N, created, [0], purge, BODY];
    assert_eq!(bare.to_record(), expected);
    assert_eq!(OutboxRow::from_record(&tenant(), bare.id, &expected), Ok(bare));
}

#[test]
fn endpoints_identities_and_secrets_have_their_bytes_and_come_back() {
    let expected = bytes![[1], N, BODY];
    assert_eq!(endpoint().to_record(), expected);
    assert_eq!(EndpointRow::from_record(&tenant(), endpoint().id, &expected), Ok(endpoint()));

    let expected = bytes![[1], [2; 32], SUBJECT.to_be_bytes(), nanoseconds(1), BODY];
    assert_eq!(identity().to_record(), expected);
    assert_eq!(IdentityRow::from_record(&tenant(), identity().key, &expected), Ok(identity()));

    let expected = bytes![[1], N, [1], nanoseconds(1), BODY];
    assert_eq!(secret().to_record(), expected);
    assert_eq!(SecretRow::from_record(&tenant(), &secret().name, &expected), Ok(secret()));
    let stays = SecretRow { purge_at: None, ..secret() };
    let expected = bytes![[1], N, [0], BODY];
    assert_eq!(stays.to_record(), expected);
    assert_eq!(SecretRow::from_record(&tenant(), &stays.name, &expected), Ok(stays));
}

/// In the format that is written, whichever that is: a store compares the subject there.
#[test]
fn an_identity_has_its_account_and_its_subject_first() {
    let record = identity().to_record();
    assert_eq!(record[1..33], [2; 32]);
    assert_eq!(record[33..49], SUBJECT.to_be_bytes());
}
