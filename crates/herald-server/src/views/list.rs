//! Pages of lists.

use serde::Serialize;
use utoipa::ToSchema;

use super::{LoginView, SessionView};

/// A page of logins, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LoginList {
    /// The logins.
    pub items: Vec<LoginView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    pub items: Vec<SessionView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
