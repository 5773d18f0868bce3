//! Notifications.

mod batch;
mod cancel;
mod get;
mod list;
mod next;
mod path;
mod requeue;
mod send;
mod shown;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    // A word before the pattern that would take it for an id.
    config
        .service(send::send_notification)
        .service(batch::send_notification_batch)
        .service(list::list_notifications)
        .service(get::get_notification)
        .service(cancel::cancel_notification)
        .service(next::next_notification_connection)
        .service(requeue::requeue_notification);
}
