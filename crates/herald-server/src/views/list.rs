//! Pages of lists.

use serde::Serialize;
use utoipa::ToSchema;

use super::{LoginView, NotificationView, SessionView, WebhookDeliveryView, WebhookEndpointView};

/// A page of logins, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LoginList {
    /// The logins.
    pub items: Vec<LoginView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AAAAAAAAAAAYhsryRP-ngAGJCl2slndLvM6zAgmagFcSq3YUYdNTbIm9pfvqysE4")]
    pub next_cursor: Option<String>,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    pub items: Vec<SessionView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AAAAAAAAAAAYhsryRP-ngAGJCl2slndLvM6zAgmagFcSq3YUYdNTbIm9pfvqysE4")]
    pub next_cursor: Option<String>,
}

/// A page of notifications, newest first. It may hold fewer than `limit`, and even none, though more follow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotificationList {
    /// The notifications.
    pub items: Vec<NotificationView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AAAAAAAAAAAYhsryRP-ngAGJCl2slndLvM6zAgmagFcSq3YUYdNTbIm9pfvqysE4")]
    pub next_cursor: Option<String>,
}

/// A page of webhook endpoints, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookEndpointList {
    /// The endpoints.
    pub items: Vec<WebhookEndpointView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AAAAAAAAAAAYhsryRP-ngAGJCl2slndLvM6zAgmagFcSq3YUYdNTbIm9pfvqysE4")]
    pub next_cursor: Option<String>,
}

/// A page of deliveries, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryList {
    /// The deliveries.
    pub items: Vec<WebhookDeliveryView>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "AAAAAAAAAAAYhsryRP-ngAGJCl2slndLvM6zAgmagFcSq3YUYdNTbIm9pfvqysE4")]
    pub next_cursor: Option<String>,
}
