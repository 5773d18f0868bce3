//! A demo shop: a real caller of Herald over its REST API, written as a shop would write it.

mod herald;
mod pages;
mod sign_in;

use std::collections::HashMap;

use actix_web::web;

/// What the shop keeps about browsers, by the value of its own cookie.
#[derive(Debug, Default)]
pub(crate) struct State {
    browsers: HashMap<String, Browser>,
}

/// One browser's session at the shop.
#[derive(Debug, Default)]
struct Browser {
    /// Logins under way, by id. The secret never leaves the server.
    pending: HashMap<String, Pending>,
    person: Option<Person>,
}

struct Pending {
    tenant: String,
    claim_secret: String,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pending").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Who is signed in.
#[derive(Debug, Clone)]
struct Person {
    tenant: String,
    tenant_name: String,
    subject: String,
    name: Option<String>,
    /// The identity's members, for the page.
    identity: Vec<(String, String)>,
    /// What became of the last message.
    outcome: Option<String>,
}

pub(crate) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(pages::bare)
        .service(pages::home)
        .service(pages::message)
        .service(pages::sign_out)
        .service(sign_in::begin)
        .service(sign_in::finish);
}
