//! A notification as it is shown, at once or when its outcome is known.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode};
use herald_app::{Herald, Tenant};
use herald_core::{id::NotificationId, notification::Notification};

use crate::{
    extract::Wait,
    problem::Problem,
    routes::answer::{json, render},
    stopping::Stopping,
    views::NotificationView,
};

/// An answer with the notification.
pub(super) fn respond(status: StatusCode, notification: &Notification) -> Result<HttpResponse, Problem> {
    Ok(json(status, render(&NotificationView::of(notification))?))
}

/// 200 with the notification, if there is one.
pub(super) fn found(notification: Option<Arc<Notification>>) -> Result<HttpResponse, Problem> {
    respond(StatusCode::OK, &*notification.ok_or_else(Problem::no_such_notification)?)
}

/// The notification as soon as its outcome is known, or as it is when the wait or the process ends.
pub(super) async fn waited(
    herald: &Herald,
    tenant: &Tenant,
    id: NotificationId,
    wait: Option<Wait>,
    stopping: &Stopping,
) -> Result<Arc<Notification>, Problem> {
    let notifications = herald.notifications();
    let settled = async {
        match wait {
            Some(wait) => notifications.wait(tenant, id, herald.clock().now() + wait.duration()).await,
            None => notifications.get(tenant, id).await,
        }
    };
    let found = tokio::select! {
        biased;
        found = settled => found?,
        () = stopping.wait(), if wait.is_some() => notifications.get(tenant, id).await?,
    };
    found.ok_or_else(Problem::no_such_notification)
}
