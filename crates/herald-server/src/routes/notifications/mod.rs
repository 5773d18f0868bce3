//! Notifications.

mod get;
mod send;
mod shown;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    config.service(send::send_notification).service(get::get_notification);
}
