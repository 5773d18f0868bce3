//! `GET /login/{id}/start`: binds the browser and sends it to the provider.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, route, web};
use herald_app::Herald;
use herald_core::provider::Step;

use super::{answer, destination, hosted, notice::Notice, standing::Standing, visit::Visit};

#[route("/login/{id}/start", method = "GET", method = "HEAD")]
pub(super) async fn start(herald: web::Data<Herald>, request: HttpRequest) -> HttpResponse {
    let visit = Visit::of(&request);
    let login = match hosted::open_by_id(&herald, &visit, &request, "/start").await {
        Ok(login) => login,
        Err(response) => return response,
    };
    let texts = visit.texts_for(&login);
    let now = herald.clock().now();
    if Standing::of(&login, now) == Standing::Open && login.expires_at <= now {
        // Whoever goes to the provider now comes back too late; the watcher is about to say so.
        return answer::html(StatusCode::OK, &Notice::one_moment(texts));
    }
    // A step of the login that somebody else makes in this moment is seen, because opening loads it again.
    let login = match herald.logins().open(&login).await {
        Ok(login) => login,
        Err(error) => return answer::trouble(texts, &error),
    };
    match Standing::of(&login, now) {
        Standing::Open => match &login.terms.step {
            Step::Redirect { url } => answer::see_other(url.as_str()),
            Step::Approve { .. } => answer::see_other(&login.page(&format!("/login/{}", login.terms.id))),
        },
        Standing::Busy => answer::html(StatusCode::OK, &Notice::one_moment(texts)),
        Standing::SignedIn(code) => destination::signed_in(&herald, texts, &login, code).await,
        Standing::Finished => destination::finished(texts, &login),
        Standing::Ended(ending) => destination::ended_page(&herald, texts, &login, ending),
    }
}
