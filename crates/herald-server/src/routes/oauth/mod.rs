//! What OAuth resource servers and clients call. Errors here are OAuth's.

mod introspect;
mod revoke;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    config.service(introspect::introspect_token).service(revoke::revoke_token);
}
