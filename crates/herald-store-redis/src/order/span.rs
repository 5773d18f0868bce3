//! Which part of an order.

use herald_core::store::{Cursor, Page};
use jiff::Timestamp;

use super::member;
use crate::micros;

/// A part of an order, between two places of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// From this entry on.
    from: Vec<u8>,
    /// To before this entry; to the end without one.
    before: Option<Vec<u8>>,
}

impl Span {
    /// What comes after the cursor of a page.
    pub(crate) fn of(page: Page) -> Self {
        let before = page.after.map(|after| member(after.created_at, after.id));
        Self { from: Vec::new(), before }
    }

    /// What of it comes after this entry.
    pub(super) fn after(self, cursor: Cursor) -> Self {
        self.ending(member(cursor.created_at, cursor.id))
    }

    /// What of it is not older than this.
    pub(crate) fn from(self, at: Timestamp) -> Self {
        Self { from: micros(at).to_be_bytes().to_vec(), ..self }
    }

    /// What of it is older than this.
    pub(crate) fn before(self, at: Timestamp) -> Self {
        // Of a time within a microsecond the whole of it: an order knows nothing finer.
        let end = micros(at) + u64::from(at.subsec_nanosecond() % 1_000 != 0);
        self.ending(end.to_be_bytes().to_vec())
    }

    fn ending(self, end: Vec<u8>) -> Self {
        let before = [self.before, Some(end)].into_iter().flatten().min();
        Self { before, ..self }
    }

    /// The lower end, as `ZRANGE … BYLEX` takes it.
    pub(super) fn min(&self) -> Vec<u8> {
        [b"[".as_slice(), &self.from].concat()
    }

    /// The upper end, as `ZRANGE … BYLEX` takes it.
    pub(super) fn max(&self) -> Vec<u8> {
        self.before.as_ref().map_or_else(|| b"+".to_vec(), |before| [b"(".as_slice(), before].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanosecond: i128) -> Timestamp {
        Timestamp::from_nanosecond(1_767_323_045_000_000_000 + nanosecond).unwrap()
    }

    fn holds(span: &Span, created_at: Timestamp, id: u128) -> bool {
        let entry = member(created_at, id);
        entry >= span.from && span.before.as_ref().is_none_or(|before| entry < *before)
    }

    const ALL: Page = Page { after: None, limit: 1 };

    #[test]
    fn a_page_begins_after_its_cursor() {
        let span = Span::of(Page { after: Some(Cursor { created_at: at(5_000), id: 7 }), limit: 1 });
        let held = [(5_000, 8), (5_000, 7), (5_000, 6), (6_000, 1), (4_000, 9)]
            .map(|(time, id)| holds(&span, at(time), id));
        assert_eq!(held, [false, false, true, false, true]);
    }

    #[test]
    fn the_first_time_is_in_it_and_the_last_is_not() {
        let span = Span::of(ALL).from(at(2_000)).before(at(4_000));
        let held = [1_999, 2_000, 3_000, 3_999, 4_000]
            .map(|time| [0, u128::MAX].map(|id| holds(&span, at(time), id)));
        assert_eq!(held, [[false; 2], [true; 2], [true; 2], [true; 2], [false; 2]]);
    }

    #[test]
    fn a_time_within_a_microsecond_has_the_whole_of_it() {
        assert!(holds(&Span::of(ALL).before(at(4_500)), at(4_400), u128::MAX));
        assert!(holds(&Span::of(ALL).from(at(4_500)), at(4_600), 0));
    }

    #[test]
    fn of_several_ends_the_first_counts() {
        let page = Page { after: Some(Cursor { created_at: at(5_000), id: 7 }), limit: 1 };
        for (end, other) in [(at(9_000), at(5_000)), (at(5_000), at(4_000))] {
            let span = Span::of(page).before(end).after(Cursor { created_at: other, id: 3 });
            assert!(!holds(&span, other, 3) && holds(&span, other, 2));
        }
    }
}
