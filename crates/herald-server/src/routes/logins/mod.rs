//! Logins.

mod cancel;
mod claim;
mod events;
mod get;
mod list;
mod path;
mod shown;
mod start;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    config
        .service(start::start_login)
        .service(list::list_logins)
        .service(get::get_login)
        .service(events::stream_login_events)
        .service(claim::claim_login)
        .service(cancel::cancel_login);
}
