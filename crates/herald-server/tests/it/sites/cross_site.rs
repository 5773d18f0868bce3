//! A request that may change something, sent with the site's cookie by a page of another origin.

use super::proxy::{Asked, Dialect, access_token, sign_in};
use crate::pages::world::{WIKI, World};

const UNSAFE: [&str; 4] = ["POST", "PUT", "DELETE", "PROPFIND"];
const SAFE: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];

/// What a request says of its sender, and whether it is another origin's page.
const SENDERS: [(&[(&str, &str)], bool); 12] = [
    (&[], false),
    (&[("Sec-Fetch-Site", "same-origin")], false),
    (&[("Sec-Fetch-Site", "none")], false),
    (&[("Sec-Fetch-Site", "same-site")], true),
    (&[("Sec-Fetch-Site", "cross-site")], true),
    (&[("Sec-Fetch-Site", "")], true),
    (&[("Sec-Fetch-Site", "cross-site"), ("Origin", WIKI)], true),
    (&[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-origin")], true),
    (&[("Origin", WIKI)], false),
    (&[("Origin", "https://wiki.acme.example.evil.example")], true),
    (&[("Origin", "null")], true),
    (&[("Origin", WIKI), ("Origin", WIKI)], true),
];

fn with(asked: Asked, headers: &[(&str, &str)]) -> Asked {
    headers.iter().fold(asked, |asked, (name, value)| asked.header(name, value))
}

#[tokio::test]
async fn a_page_of_another_origin_may_look_and_not_touch() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    for dialect in Dialect::ALL {
        for (headers, is_other) in SENDERS {
            for method in UNSAFE {
                let answer =
                    with(Asked::new(method, WIKI).from(&browser), headers).ask(&world, dialect).await;
                if is_other {
                    assert_eq!(
                        answer.problem(),
                        (403, "cross_site_request".to_owned()),
                        "{dialect:?} {method} {headers:?}"
                    );
                    assert!(answer.header("x-herald-subject").is_none());
                } else {
                    assert_eq!(answer.status, 200, "{dialect:?} {method} {headers:?}");
                }
            }
            for method in SAFE {
                let answer =
                    with(Asked::new(method, WIKI).from(&browser), headers).ask(&world, dialect).await;
                assert_eq!(answer.status, 200, "{dialect:?} {method} {headers:?}");
            }
            let socket =
                Asked::get(WIKI).from(&browser).header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            let answer = with(socket, headers).ask(&world, dialect).await;
            assert_eq!(answer.status == 403, is_other, "{dialect:?} WebSocket {headers:?}");
        }
    }
}

#[tokio::test]
async fn no_other_page_can_add_a_bearer_token_and_without_a_session_it_is_no_matter() {
    let world = World::start().await;
    let (token, _) = access_token(&world, "antara").await;
    for (headers, _) in SENDERS {
        let answer =
            with(Asked::new("POST", WIKI).bearer(&token), headers).ask(&world, Dialect::Traefik).await;
        assert_eq!(answer.status, 200, "{headers:?}");
        assert_eq!(with(Asked::new("POST", WIKI), headers).status(&world).await, 401, "{headers:?}");
    }
}

#[tokio::test]
async fn no_other_origin_may_read_an_answer() {
    let world = World::start().await;
    let browser = world.browser();
    sign_in(&world, &browser, WIKI).await;
    for origin in ["null", "https://evil.example", "https://wiki.acme.example.evil.example"] {
        for method in ["GET", "OPTIONS", "POST"] {
            for asked in [Asked::new(method, WIKI), Asked::new(method, WIKI).from(&browser)] {
                let asked = asked.header("Origin", origin).header("Access-Control-Request-Method", "DELETE");
                let answer = asked.ask(&world, Dialect::Traefik).await;
                assert_eq!(answer.header("access-control-allow-origin"), None, "{method} {origin}");
            }
        }
    }
}
