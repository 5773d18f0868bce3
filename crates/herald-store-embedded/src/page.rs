//! Pages of lists, newest first, along an index whose keys end with time and id.

use herald_core::store::{Cursor, Page};

use crate::fault::Fault;

/// How many rows one call looks at, at most, where the port can say that more follow: some ten milliseconds' worth.
const MOST_LOOKED_AT: usize = 10_000;

/// The ids that an index has, newest first.
pub(crate) type Ids = Box<dyn Iterator<Item = Result<u128, Fault>>>;

/// A part of a list.
pub(crate) struct Part<R> {
    /// The rows, newest first.
    pub(crate) rows: Vec<R>,
    /// The last row that was looked at; nothing when no more follow.
    pub(crate) next: Option<Cursor>,
}

/// Before which time and id the page ends, for an index runs from old to new: at the row that the cursor names.
pub(crate) fn end(page: Page) -> (i128, u128) {
    page.after.map_or((i128::MAX, u128::MAX), |after| (after.created_at.as_nanosecond(), after.id))
}

/// The rows of these ids, until the page is full. `read` gives nothing for a row that is not to be listed.
pub(crate) fn fill<R>(
    page: Page,
    ids: impl Iterator<Item = Result<u128, Fault>>,
    read: impl Fn(u128) -> Result<Option<R>, Fault>,
) -> Result<Vec<R>, Fault> {
    let mut rows = Vec::new();
    for id in ids {
        if rows.len() >= page.limit {
            break;
        }
        rows.extend(read(id?)?);
    }
    Ok(rows)
}

/// Those of these rows that are listed, until the page is full or enough was looked at. The last page is known by nothing following.
pub(crate) fn part<R>(
    page: Page,
    rows: impl Iterator<Item = Result<R, Fault>>,
    cursor: impl Fn(&R) -> Cursor,
    is_listed: impl Fn(&R) -> bool,
) -> Result<Part<R>, Fault> {
    let mut part = Part { rows: Vec::new(), next: page.after };
    for (looked_at, row) in rows.enumerate() {
        if part.rows.len() >= page.limit || looked_at >= MOST_LOOKED_AT {
            return Ok(part);
        }
        let row = row?;
        part.next = Some(cursor(&row));
        if is_listed(&row) {
            part.rows.push(row);
        }
    }
    Ok(Part { next: None, ..part })
}
