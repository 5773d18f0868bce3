//! A site that this benchmark plays the proxy of.

use reqwest::{Method, RequestBuilder, header::LOCATION};
use serde_json::json;

use crate::{browser::Browser, stack::Stack};

const ORIGIN: &str = "http://app.example";
const PREFIX: &str = "http://app.example/.herald";

/// Herald and the sandbox, with a site of the Antirius tenant. A used refresh token is forgiven for long enough to make many
/// access tokens.
pub(crate) async fn stack() -> Stack {
    Stack::start_with(|config| {
        let tenant = "[tenants.antirius]\n";
        let sessions = "sessions = { refresh_grace_seconds = 300 }\n";
        let config = config.replacen(tenant, &format!("{tenant}{sessions}"), 1);
        let headers = r#"{ "X-Herald-Subject" = "subject", "X-Herald-Name" = "name" }"#;
        format!("{config}[[tenants.antirius.sites]]\nurl = \"{PREFIX}\"\nidentity_headers = {headers}\n")
    })
    .await
}

/// A person signs in at the site; the browser's cookie.
pub(crate) async fn sign_in(stack: &Stack) -> String {
    let mut browser = Browser::new();
    let (hosted, _) = walk(stack, &mut browser, "/start?rd=/".to_owned()).await;
    let login = hosted.rsplit('/').find(|part| part.starts_with("log_")).expect("a login's page");
    let login = login.split('?').next().expect("a first part").to_owned();
    stack.tell("antirius/sessions/latest/confirm", json!({})).await;
    stack.caller("antirius").wait_for_login(&login).await;
    let (_, place) = walk(stack, &mut browser, hosted).await;
    assert_eq!(place.as_deref(), Some("http://app.example/"), "back at the site");
    let cookie = browser.cookie(&stack.url, "herald_session").expect("a cookie of the site");
    format!("herald_session={cookie}")
}

/// Follows Herald from page to page as the proxy passes them on: the last path, and where it leads if it leads away.
async fn walk(stack: &Stack, browser: &mut Browser, path: String) -> (String, Option<String>) {
    let mut path = path;
    for _ in 0..8 {
        let as_proxy = |request: RequestBuilder| {
            let request =
                request.header("X-Forwarded-Host", "app.example").header("X-Forwarded-Proto", "http");
            request.header("Accept", "text/html").header("Sec-Fetch-Mode", "navigate")
        };
        let answer = browser.send(Method::GET, &format!("{}{path}", stack.url), as_proxy).await;
        let Some(location) = answer.headers().get(LOCATION) else { return (path, None) };
        let location = location.to_str().expect("ASCII");
        match location.strip_prefix(PREFIX) {
            Some(next) => next.clone_into(&mut path),
            None => return (path, Some(location.to_owned())),
        }
    }
    panic!("sent around in circles, last to {path}")
}

/// What nginx sends when it is asked for a page of the site.
pub(crate) fn request(credential: &str) -> Vec<u8> {
    format!(
        "GET /v1/forward-auth/nginx HTTP/1.1\r\nHost: herald\r\nX-Original-Method: GET\r\n\
         X-Original-URL: {ORIGIN}/orders/7?tab=items\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n\
         Accept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nSec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-Site: same-origin\r\n{credential}\r\n"
    )
    .into_bytes()
}
