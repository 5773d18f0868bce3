//! Webhook endpoints: where a tenant is told of events.

mod create;
mod delete;
mod deliveries;
mod get;
mod list;
mod path;
mod replay;
mod rotate_secret;
mod test;
mod update;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(create::create_webhook_endpoint)
        .service(list::list_webhook_endpoints)
        .service(get::get_webhook_endpoint)
        .service(update::update_webhook_endpoint)
        .service(delete::delete_webhook_endpoint)
        .service(rotate_secret::rotate_webhook_secret)
        .service(test::test_webhook_endpoint)
        .service(deliveries::list_webhook_deliveries)
        .service(replay::replay_webhook_deliveries);
}
