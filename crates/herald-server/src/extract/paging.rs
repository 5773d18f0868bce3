//! Which page of a list, and where the next one begins.

use actix_web::HttpRequest;
use herald_app::Tenant;
use herald_core::store::Cursor;

use super::{Query, cursor::Listing};
use crate::problem::Problem;

/// The page of a list that a caller asks for.
#[derive(Debug)]
pub struct Paging {
    listing: Listing,
    /// Where it begins; at the newest when absent.
    pub after: Option<Cursor>,
    /// How many items at most.
    pub limit: usize,
}

impl Paging {
    /// Reads `limit` and `cursor`. A cursor of another list, or of this one with other filters, is refused.
    pub fn read(request: &HttpRequest, query: &Query, tenant: &Tenant) -> Result<Self, Problem> {
        let listing =
            Listing { tenant: tenant.id.clone(), path: request.path().to_owned(), filters: query.filters() };
        let rule = "a `next_cursor` of this list with these filters";
        let after = query.parsed("cursor", rule, |text| listing.decode(text))?;
        Ok(Self { listing, after, limit: query.limit()? })
    }

    /// The `next_cursor` of this page.
    pub fn next(&self, cursor: Option<Cursor>) -> Option<String> {
        cursor.map(|cursor| self.listing.encode(cursor))
    }
}
