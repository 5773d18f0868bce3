//! How delivery stands, for operators.

use herald_app::notification::ConnectionStanding;
use herald_core::{event::ConnectionCondition, store::Backlog};
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// How the delivery of notifications stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeliveryState {
    /// The tenants that have something waiting, by id.
    pub tenants: Vec<WaitingView>,
    /// The connections that can notify, by tenant and name, as this replica sees them.
    pub connections: Vec<ConnectionConditionView>,
}

/// What a tenant has waiting.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WaitingNotifications)]
pub struct WaitingView {
    /// The tenant.
    #[schema(example = "acme")]
    tenant: String,
    /// How many notifications have no outcome yet; those that are planned ahead too.
    #[schema(example = 12)]
    waiting: u64,
    /// When the one that is due first was, or is, due.
    #[schema(value_type = String, format = DateTime)]
    oldest_due_at: Time,
}

/// How a connection is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ConnectionCondition)]
pub struct ConnectionConditionView {
    /// Whose it is.
    #[schema(example = "acme")]
    tenant: String,
    /// Its name.
    #[schema(example = "main")]
    connection: String,
    /// `available`; `unavailable`, because so many calls failed that hardly any are made; or `credentials_invalid`, because the
    /// provider refuses our credential. An open set.
    #[schema(example = "available")]
    condition: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Time,
}

impl DeliveryState {
    /// What operators see of what is waiting, and of the connections.
    pub fn new(mut waiting: Vec<Backlog>, connections: Vec<ConnectionStanding>) -> Self {
        waiting.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        Self {
            tenants: waiting.into_iter().map(Into::into).collect(),
            connections: connections.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Backlog> for WaitingView {
    fn from(backlog: Backlog) -> Self {
        let Backlog { tenant, waiting, oldest_due_at, .. } = backlog;
        Self { tenant: tenant.to_string(), waiting, oldest_due_at: oldest_due_at.into() }
    }
}

impl From<ConnectionStanding> for ConnectionConditionView {
    fn from(standing: ConnectionStanding) -> Self {
        let ConnectionStanding { tenant, connection, condition, since } = standing;
        Self {
            tenant: tenant.to_string(),
            connection: connection.to_string(),
            condition: condition_word(condition),
            since: since.into(),
        }
    }
}

/// A connection's condition as a word.
pub(super) fn condition_word(condition: ConnectionCondition) -> &'static str {
    match condition {
        ConnectionCondition::Available => "available",
        ConnectionCondition::Unavailable => "unavailable",
        ConnectionCondition::CredentialsInvalid => "credentials_invalid",
    }
}
