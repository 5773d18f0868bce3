//! Cases about the signature.

use herald_core::webhook_source::Refused;

use super::fixture::{Reader, WebhookFixture};

/// No bit of the body can change, nor can its white space, and what is not signed is not read.
pub fn the_signature_is_of_the_raw_bytes(fixture: &dyn WebhookFixture) {
    let reader = Reader::new(fixture);
    for body in fixture.known() {
        let signature = fixture.sign(&body);
        assert!(reader.under(&[&signature], &body).is_ok());
        for bit in 0..body.len() * 8 {
            let mut flipped = body.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(reader.under(&[&signature], &flipped), Err(Refused::Signature), "bit {bit}");
        }
        let respaced = [&body[..], b"\n"].concat();
        assert_eq!(reader.under(&[&signature], &respaced), Err(Refused::Signature));
        // Refused for the signature, not for what the bytes are.
        assert_eq!(reader.under(&[&signature], b"{"), Err(Refused::Signature));
    }
}

/// None, two and twice the right one are refused.
pub fn a_signature_is_there_once(fixture: &dyn WebhookFixture) {
    let reader = Reader::new(fixture);
    for body in fixture.known() {
        let (right, wrong) = (fixture.sign(&body), fixture.sign(b"something else"));
        for signatures in
            [&[][..], &[&right[..], &wrong[..]], &[&wrong, &right], &[&right, &right], &[&wrong]]
        {
            let read = reader.under(signatures, &body);
            assert_eq!(read, Err(Refused::Signature), "{} signatures", signatures.len());
        }
    }
}

/// Neither a bit nor the case of a letter can differ, and nothing can stand before or after it.
pub fn a_signature_is_written_in_one_way(fixture: &dyn WebhookFixture) {
    let reader = Reader::new(fixture);
    let body = &fixture.known()[0];
    let right = fixture.sign(body);
    let mut wrong: Vec<Vec<u8>> = (0..right.len() * 8)
        .map(|bit| {
            let mut flipped = right.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            flipped
        })
        .collect();
    wrong.extend((0..right.len()).map(|length| right[..length].to_vec()));
    wrong.extend([b" ".as_slice(), b",", b"=", b"0", b"\0"].map(|more| [&right, more].concat()));
    wrong.push([b" ", &right[..]].concat());
    let respelled = fixture.respell(&right);
    assert!(!respelled.is_empty(), "there is another way to write it");
    wrong.extend(respelled);
    for signature in wrong {
        assert_ne!(signature, right);
        let read = reader.under(&[&signature], body);
        assert_eq!(read, Err(Refused::Signature), "{}", signature.escape_ascii());
    }
}

/// The secret is not in `Debug`.
pub fn a_source_shows_nothing_secret(fixture: &dyn WebhookFixture) {
    let source = fixture.open();
    assert!(Reader::new(fixture).signed(&fixture.known()[0]).is_ok());
    assert!(!format!("{source:?} {source:#?}").contains(&fixture.secret()));
}
