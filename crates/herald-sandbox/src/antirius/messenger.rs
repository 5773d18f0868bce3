//! Where a person confirms: the sandbox's messenger, and Antirius' own hosted login page.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use serde::Deserialize;
use url::Url;

use super::answer::Refusal;
use super::begin;
use super::config::AntiriusPerson;
use super::poll::{self, Act};
use super::state::SessionStatus;
use crate::page::{self, Notice};
use crate::shared::Shared;

const BRAND: &str = "Antirius";

#[derive(Template)]
#[template(path = "antirius_messenger.html")]
struct Question<'a> {
    session: &'a str,
    bot: &'a str,
    messenger: &'a str,
    persons: &'a [AntiriusPerson],
}

#[derive(Deserialize)]
struct MessengerQuery {
    messenger: Option<String>,
}

#[derive(Deserialize)]
struct HostedQuery {
    return_url: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    decision: String,
    person: Option<String>,
    messenger: Option<String>,
}

/// The deep link, opened.
#[get("/messenger/{session}")]
pub(crate) async fn show(
    shared: web::Data<Shared>,
    session: web::Path<String>,
    query: web::Query<MessengerQuery>,
) -> HttpResponse {
    if let Err(refusal) = poll::act(&shared, &session, &Act::Open) {
        return broken(404, &refusal);
    }
    let state = shared.antirius();
    let Some(found) = state.sessions.get(session.as_str()) else {
        return broken(404, &Refusal::not_found());
    };
    if found.status(shared.clock.now(), state.switches.confirmed_expires) != SessionStatus::Pending {
        return page::notice(
            409,
            &Notice::new(BRAND, "This sign-in has ended", "Start again where you came from."),
        );
    }
    let first = state.switches.messengers.first().map_or("telegram", String::as_str);
    page::render(
        200,
        &Question {
            session: &session,
            bot: &shared.config.antirius.bot,
            messenger: query.messenger.as_deref().unwrap_or(first),
            persons: &shared.config.antirius.persons,
        },
    )
}

#[post("/messenger/{session}")]
pub(crate) async fn decide(
    shared: web::Data<Shared>,
    session: web::Path<String>,
    form: web::Form<Answer>,
) -> HttpResponse {
    let is_confirmed = form.decision == "confirm";
    let act = if is_confirmed {
        Act::Confirm { person: form.person.as_deref(), messenger: form.messenger.as_deref() }
    } else {
        Act::Cancel
    };
    if let Err(refusal) = poll::act(&shared, &session, &act) {
        return broken(409, &refusal);
    }
    let (return_url, is_hosted) = {
        let state = shared.antirius();
        let found = state.sessions.get(session.as_str());
        (found.and_then(|found| found.return_url.clone()), found.is_some_and(|found| found.is_hosted))
    };
    if !is_confirmed {
        return page::notice(200, &Notice::new(BRAND, "You refused", "Nobody was signed in."));
    }
    let back = return_url.and_then(|address| Url::parse(&address).ok());
    match back {
        Some(mut back) if is_hosted => {
            back.query_pairs_mut().append_pair("session_id", &session);
            HttpResponse::SeeOther().insert_header((LOCATION, back.as_str())).finish()
        }
        Some(back) => {
            let notice = Notice::new(
                BRAND,
                "Confirmed",
                "Go back to the page where you began; it has gone on by itself.",
            );
            page::notice(200, &notice.link(back.as_str(), "Return to the site"))
        }
        None => page::notice(200, &Notice::new(BRAND, "Confirmed", "Go back to the page where you began.")),
    }
}

#[get("/login/{app_id}")]
pub(crate) async fn hosted(
    shared: web::Data<Shared>,
    app_id: web::Path<String>,
    query: web::Query<HostedQuery>,
) -> HttpResponse {
    let config = &shared.config.antirius;
    let checked = begin::check_app(config, Some(&app_id))
        .and_then(|()| begin::check_domain(config, query.return_url.as_deref(), "return_url"));
    if let Err(refusal) = checked {
        return broken(403, &refusal);
    }
    let session = begin::create(&shared, query.return_url.clone(), true);
    HttpResponse::Found().insert_header((LOCATION, format!("{}/messenger/{session}", shared.base))).finish()
}

fn broken(status: u16, refusal: &Refusal) -> HttpResponse {
    page::notice(status, &Notice::new(BRAND, "That did not work", refusal.message()))
}
