//! Cursors: opaque to callers, good for the list that gave them out and no other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::{id::TenantId, secret::Digest, store::Cursor};
use jiff::Timestamp;

/// What a cursor is good for: one list of one tenant, with its filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) tenant: TenantId,
    /// The list's path.
    pub(super) path: String,
    /// Its filters, as [`Query::filters`](super::Query::filters) writes them.
    pub(super) filters: String,
}

const PLACE: usize = 16 + 16;
const SEAL: usize = 16;

impl Listing {
    /// A cursor as text: time and id of the last row shown, and a hash that ties them to tenant, list and filters.
    ///
    /// The hash is no secret. It refuses what was made up, damaged, given to somebody else or taken to another list; what keeps
    /// tenants apart is that a list is always read for the tenant of the key.
    pub(super) fn encode(&self, cursor: Cursor) -> String {
        let mut bytes = Vec::with_capacity(PLACE + SEAL);
        bytes.extend_from_slice(&cursor.created_at.as_nanosecond().to_be_bytes());
        bytes.extend_from_slice(&cursor.id.to_be_bytes());
        bytes.extend_from_slice(&self.seal(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor that the text is, if it was given out for this listing.
    pub(super) fn decode(&self, text: &str) -> Option<Cursor> {
        if text.len() != (PLACE + SEAL).div_ceil(3) * 4 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (place, sealed) = bytes.split_at_checked(PLACE)?;
        if sealed != self.seal(place) {
            return None;
        }
        let (time, id) = place.split_at(16);
        Some(Cursor {
            created_at: Timestamp::from_nanosecond(i128::from_be_bytes(time.try_into().ok()?)).ok()?,
            id: u128::from_be_bytes(id.try_into().ok()?),
        })
    }

    fn seal(&self, place: &[u8]) -> [u8; SEAL] {
        // Neither a path nor encoded filters have a line end.
        let head = format!("herald cursor\n{}\n{}\n{}\n", self.tenant, self.path, self.filters);
        let digest = Digest::of([head.as_bytes(), place].concat());
        let mut seal = [0; SEAL];
        seal.copy_from_slice(&digest.as_bytes()[..SEAL]);
        seal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(tenant: &str, path: &str, filters: &str) -> Listing {
        let tenant = TenantId::parse(tenant).unwrap();
        Listing { tenant, path: path.to_owned(), filters: filters.to_owned() }
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_with_its_filters_only() {
        let cursor = Cursor { created_at: Timestamp::from_second(1_767_323_045).unwrap(), id: 7 };
        let own = listing("a", "/v1/logins", "status=pending");
        let text = own.encode(cursor);
        assert_eq!(own.decode(&text), Some(cursor));
        for other in [
            listing("b", "/v1/logins", "status=pending"),
            listing("a", "/v1/sessions", "status=pending"),
            listing("a", "/v1/logins", "status=claimed"),
            listing("a", "/v1/logins", ""),
        ] {
            assert_eq!(other.decode(&text), None, "{other:?}");
        }
    }

    #[test]
    fn what_was_made_up_or_damaged_is_refused() {
        let cursor = Cursor { created_at: Timestamp::from_second(1).unwrap(), id: 7 };
        let own = listing("a", "/v1/logins", "");
        let good = own.encode(cursor);
        let mut damaged = good.clone();
        damaged.replace_range(3..4, if &good[3..4] == "A" { "B" } else { "A" });
        let long = "A".repeat(10_240);
        for bad in ["", "abc", &damaged, &good[1..], &format!("{good}="), &long, &"é".repeat(32)] {
            assert_eq!(own.decode(bad), None);
        }
    }
}
