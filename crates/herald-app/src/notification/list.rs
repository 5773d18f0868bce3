//! Lists of notifications.

use std::sync::Arc;

use herald_core::{
    id::{ConnectionId, SubjectId},
    notification::{Notification, NotificationStatus},
    store::{Cursor, NotificationFilter, NotificationPage, Page},
    text::Reference,
};
use jiff::Timestamp;

use super::{Notifications, NotifyError};
use crate::tenant::Tenant;

/// Which notifications to list: those for which all of this holds.
#[derive(Clone, Debug, Default)]
pub struct ListNotifications {
    /// Only with this reference.
    pub reference: Option<Reference>,
    /// Only for this subject, as the caller addressed it.
    pub subject: Option<SubjectId>,
    /// Only in this status.
    pub status: Option<NotificationStatus>,
    /// Only those that were tried last through this connection.
    pub connection: Option<ConnectionId>,
    /// Only those accepted at or after this time.
    pub created_after: Option<Timestamp>,
    /// Only those accepted before this time.
    pub created_before: Option<Timestamp>,
}

/// A page of notifications.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The notifications, newest first; perhaps fewer than asked for, and even none, though more follow.
    pub items: Vec<Arc<Notification>>,
    /// Where the next page begins, good for the same filter; nothing when this was the last.
    pub next: Option<Cursor>,
}

/// How often the store is asked for one page: what it looks at in one call is bounded, and a rare match may be far away.
const MOST_LOOKS: usize = 8;

impl Notifications {
    /// A page of the tenant's notifications, newest first.
    pub async fn list(
        &self,
        tenant: &Tenant,
        which: &ListNotifications,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Listed, NotifyError> {
        let reference = which.reference.as_ref();
        let filter = NotificationFilter {
            reference: reference.map(|reference| self.book.reference_index(&tenant.id, reference)),
            subject: which.subject,
            statuses: which.status.into_iter().collect(),
            connection: which.connection.clone(),
            created_from: which.created_after,
            created_before: which.created_before,
        };
        let mut listed = Listed { items: Vec::new(), next: after };
        for _ in 0..MOST_LOOKS {
            let page = Page { after: listed.next, limit: limit - listed.items.len() };
            let NotificationPage { rows, next } =
                self.context.store.list_notifications(&tenant.id, &filter, page).await?;
            for row in &rows {
                listed.items.push(self.book.open(row)?.value);
            }
            listed.next = next;
            if next.is_none() || listed.items.len() >= limit {
                break;
            }
            // A look is work that waits for nobody: others have their turn in between.
            tokio::task::yield_now().await;
        }
        Ok(listed)
    }
}
