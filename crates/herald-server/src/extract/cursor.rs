//! Cursors: opaque to callers, good for the list that gave them out and no other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::{id::TenantId, secret::Digest, store::Cursor};
use jiff::Timestamp;

/// Which list a cursor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Logins.
    Logins,
    /// Sessions.
    Sessions,
}

impl ListKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Logins => "logins",
            Self::Sessions => "sessions",
        }
    }
}

const PLACE: usize = 16 + 16;
const SEAL: usize = 16;

/// A cursor as text: time and id of the last row shown, and a hash that ties them to tenant and list.
///
/// The hash is no secret. It refuses what was made up, damaged or given to somebody else; what keeps tenants apart is that
/// a list is always read for the tenant of the key.
pub fn encode_cursor(kind: ListKind, tenant: &TenantId, cursor: Cursor) -> String {
    let mut bytes = Vec::with_capacity(PLACE + SEAL);
    bytes.extend_from_slice(&cursor.created_at.as_nanosecond().to_be_bytes());
    bytes.extend_from_slice(&cursor.id.to_be_bytes());
    bytes.extend_from_slice(&seal(kind, tenant, &bytes));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The cursor that the text is, if it was given out for this tenant and list.
pub fn decode_cursor(kind: ListKind, tenant: &TenantId, text: &str) -> Option<Cursor> {
    if text.len() != (PLACE + SEAL).div_ceil(3) * 4 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (place, sealed) = bytes.split_at_checked(PLACE)?;
    if sealed != seal(kind, tenant, place) {
        return None;
    }
    let (time, id) = place.split_at(16);
    Some(Cursor {
        created_at: Timestamp::from_nanosecond(i128::from_be_bytes(time.try_into().ok()?)).ok()?,
        id: u128::from_be_bytes(id.try_into().ok()?),
    })
}

fn seal(kind: ListKind, tenant: &TenantId, place: &[u8]) -> [u8; SEAL] {
    let head = format!("herald cursor|{}|{tenant}|", kind.as_str());
    let digest = Digest::of([head.as_bytes(), place].concat());
    let mut seal = [0; SEAL];
    seal.copy_from_slice(&digest.as_bytes()[..SEAL]);
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let (a, b) = (TenantId::parse("a").unwrap(), TenantId::parse("b").unwrap());
        let cursor = Cursor { created_at: Timestamp::from_second(1_767_323_045).unwrap(), id: 7 };
        let text = encode_cursor(ListKind::Logins, &a, cursor);
        assert_eq!(decode_cursor(ListKind::Logins, &a, &text), Some(cursor));
        assert_eq!(decode_cursor(ListKind::Logins, &b, &text), None);
        assert_eq!(decode_cursor(ListKind::Sessions, &a, &text), None);
    }

    #[test]
    fn what_was_made_up_or_damaged_is_refused() {
        let tenant = TenantId::parse("a").unwrap();
        let cursor = Cursor { created_at: Timestamp::from_second(1).unwrap(), id: 7 };
        let good = encode_cursor(ListKind::Logins, &tenant, cursor);
        let mut damaged = good.clone();
        damaged.replace_range(3..4, if &good[3..4] == "A" { "B" } else { "A" });
        let long = "A".repeat(10_240);
        for bad in ["", "abc", &damaged, &good[1..], &format!("{good}="), &long, &"é".repeat(32)] {
            assert_eq!(decode_cursor(ListKind::Logins, &tenant, bad), None);
        }
    }
}
