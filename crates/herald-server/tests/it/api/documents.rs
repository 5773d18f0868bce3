//! The document and the documentation page, to anyone.

use super::{
    wire::{Request, exchange},
    world::World,
};

#[tokio::test]
async fn the_document_is_served_as_committed() {
    let world = World::new().await;
    let answer = exchange(world.address, &Request::get("/openapi.json").bytes()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/herald.v1.json");
    assert!(answer.body == std::fs::read_to_string(path).unwrap(), "{path} is not what is served");
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let world = World::new().await;
    let redirect = exchange(world.address, &Request::get("/docs").bytes()).await;
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("/docs/")));
    let page = exchange(world.address, &Request::get("/docs/").bytes()).await;
    assert_eq!((page.status, page.header("x-content-type-options")), (200, Some("nosniff")));
    let settings = exchange(world.address, &Request::get("/docs/swagger-initializer.js").bytes()).await;
    assert_eq!(settings.status, 200);
    assert!(
        settings.body.contains("/openapi.json") && settings.body.contains("\"validatorUrl\": \"none\""),
        "{}",
        settings.body
    );
}
