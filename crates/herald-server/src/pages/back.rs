//! `GET /login/{id}/back`: where a messenger sends the person when it is done. It proves nothing and binds nothing.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, route, web};
use herald_app::Herald;

use super::{answer, binding, hosted, notice::Notice, visit::Visit};

#[route("/login/{id}/back", method = "GET", method = "HEAD")]
pub(super) async fn back(herald: web::Data<Herald>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::of(&request);
    match hosted::find(&herald, &request).await {
        Ok(Some(login)) if binding::is_bound(&herald, &visit, &login) => {
            answer::see_other(&login.page(&format!("/login/{}", login.terms.id)))
        }
        // The same for an unknown login: only its own browser learns that it exists.
        Ok(_) => answer::html(StatusCode::OK, &Notice::return_to_browser(visit.texts())),
        Err(error) => answer::trouble(visit.texts(), &error),
    }
}
