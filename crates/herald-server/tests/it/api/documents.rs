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

#[tokio::test]
async fn its_files_are_compressed_for_those_only_who_accept_that() {
    let world = World::new().await;
    for path in ["/docs/", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"] {
        let get = async |accepted: Option<&str>| {
            let request = Request::get(path);
            let request =
                accepted.into_iter().fold(request, |request, it| request.header("Accept-Encoding", it));
            let answer = exchange(world.address, &request.bytes()).await;
            assert_eq!((answer.status, answer.header("vary")), (200, Some("Accept-Encoding")), "{path}");
            answer
        };
        let plain = get(None).await;
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        assert!(plain.body.contains("swagger"), "{path} cannot be read");
        for other in ["identity", "br", "gzip;q=0", "*;q=0"] {
            let answer = get(Some(other)).await;
            assert_eq!(answer.header("content-encoding"), None, "{path} {other}");
            assert!(answer.body == plain.body, "{path} {other}");
        }
        for accepted in ["gzip", "gzip, deflate, br", "GZIP;q=0.5"] {
            let answer = get(Some(accepted)).await;
            assert_eq!(answer.header("content-encoding"), Some("gzip"), "{path} {accepted}");
        }
    }
    let answer = world.send(Request::get("/docs/nothing.js")).await;
    assert_eq!(answer.problem(), (404, "not_found".to_owned()));
}
