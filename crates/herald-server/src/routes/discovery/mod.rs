//! What anybody may ask about a tenant, without a key.

mod cacheable;
mod key_set;
mod metadata;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    config.service(key_set::get_key_set).service(metadata::get_authorization_server_metadata);
}
