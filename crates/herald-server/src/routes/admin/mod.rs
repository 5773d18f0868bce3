//! What operators do, with a key of their own.

mod delivery;
mod signing_keys;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(delivery::get_delivery_state)
        .service(signing_keys::list_signing_keys)
        .service(signing_keys::rotate_signing_keys)
        .service(signing_keys::revoke_signing_keys);
}
