//! Sessions, and credentials of any kind.

mod end;
mod end_many;
mod get;
mod list;
mod path;
mod refresh;
mod refresh_cookies;
mod verify;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn register(config: &mut ServiceConfig<'_>) {
    // Words before the pattern that would take them for an id.
    config
        .service(verify::verify_credential)
        .service(refresh::refresh_session)
        .service(refresh_cookies::refresh_cookies)
        .service(end_many::end_sessions)
        .service(list::list_sessions)
        .service(get::get_session)
        .service(end::end_session);
}
