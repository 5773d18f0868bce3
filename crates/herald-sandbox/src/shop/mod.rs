//! A demo shop: a real caller of Herald over its REST API, written as a shop would write it.

mod browsers;
mod herald;
mod pages;
mod person;
mod sign_in;

use actix_web::web;

pub(crate) use browsers::State;

pub(crate) fn configure(services: &mut web::ServiceConfig) {
    services
        .service(pages::bare)
        .service(pages::home)
        .service(pages::message)
        .service(pages::sign_out)
        .service(sign_in::begin)
        .service(sign_in::finish);
}
