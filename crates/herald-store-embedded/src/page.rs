//! Pages of lists, newest first, along an index whose keys end with time and id.

use herald_core::store::Page;

use crate::fault::Fault;

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
