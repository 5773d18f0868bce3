//! A proxy before a site, as far as Herald hears of it: it asks about a request in its dialect.
//!
//! Traefik's and Envoy's requests are what their documentation says they send:
//! - Traefik, "ForwardAuth": `GET` to the address, the client's headers, and `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`,
//!   `-For` (<https://doc.traefik.io/traefik/middlewares/http/forwardauth/>).
//! - Envoy, "External Authorization", `http_service`: the original method and path with `path_prefix` before it, and always
//!   `Host`, `Method`, `Path`, `Content-Length`, `Authorization`; what else is `allowed_headers`
//!   (<https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/ext_authz_filter>).

use url::Url;

use crate::{
    api::wire::{Answer, exchange},
    pages::{
        browser::Browser,
        world::{PREFIX, Started, World},
    },
};

/// How a proxy asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Nginx,
    Traefik,
    Caddy,
    Envoy,
}

impl Dialect {
    pub(crate) const ALL: [Self; 4] = [Self::Nginx, Self::Traefik, Self::Caddy, Self::Envoy];
}

/// What a browser says that opens a page.
pub(crate) const NAVIGATION: [(&str, &str); 4] = [
    ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ("Sec-Fetch-Site", "none"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
];

/// A request of a client, about which its proxy asks.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    method: &'static str,
    url: Url,
    headers: Vec<(String, Vec<u8>)>,
}

impl Asked {
    pub(crate) fn new(method: &'static str, url: &str) -> Self {
        Self { method, url: Url::parse(url).expect("an absolute address"), headers: Vec::new() }
    }

    /// A GET without anything.
    pub(crate) fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// A person opens it.
    pub(crate) fn page(url: &str) -> Self {
        NAVIGATION.iter().fold(Self::get(url), |asked, (name, value)| asked.header(name, value))
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// With the cookies that this browser has for it.
    pub(crate) fn from(self, browser: &Browser) -> Self {
        let cookies = browser.cookies(&self.url);
        if cookies.is_empty() { self } else { self.header("Cookie", cookies) }
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// The proxy's question, byte for byte.
    pub(crate) fn bytes(&self, dialect: Dialect) -> Vec<u8> {
        let host = &self.url[url::Position::BeforeHost..url::Position::AfterPort];
        let target = &self.url[url::Position::BeforePath..];
        let (method, scheme, url) = (self.method, self.url.scheme(), self.url.as_str());
        let question = |name: &str| format!("GET /v1/forward-auth/{name} HTTP/1.1\r\nHost: herald:8080\r\n");
        let forwarded = format!(
            "X-Forwarded-Method: {method}\r\nX-Forwarded-Proto: {scheme}\r\nX-Forwarded-Host: {host}\r\n\
             X-Forwarded-Uri: {target}\r\nX-Forwarded-For: 203.0.113.7\r\n"
        );
        let head = match dialect {
            Dialect::Nginx => {
                format!("{}X-Original-Method: {method}\r\nX-Original-URL: {url}\r\n", question("nginx"))
            }
            Dialect::Traefik => format!("{}{forwarded}", question("traefik")),
            Dialect::Caddy => format!("{}{forwarded}", question("caddy")),
            Dialect::Envoy => format!(
                "{method} /v1/forward-auth/envoy{target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\
                 X-Forwarded-Proto: {scheme}\r\n"
            ),
        };
        let mut bytes = head.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        bytes
    }

    /// Asks, and takes the answer.
    pub(crate) async fn ask(&self, world: &World, dialect: Dialect) -> Answer {
        exchange(world.addr, &self.bytes(dialect)).await
    }

    /// Asks as Traefik does, where the dialect makes no difference.
    pub(crate) async fn status(&self, world: &World) -> u16 {
        self.ask(world, Dialect::Traefik).await.status
    }
}

/// Signs in at a site whose people come from Antara, and gives the address where the browser ends.
pub(crate) async fn sign_in(world: &World, browser: &Browser, page: &str) -> String {
    let callback = at_antara(world, browser, page).await;
    browser.follow(&callback).await.url.into()
}

/// The same, up to the callback that Antara sends the browser to.
pub(crate) async fn at_antara(world: &World, browser: &Browser, page: &str) -> String {
    let answer = Asked::page(page).from(browser).ask(world, Dialect::Traefik).await;
    assert_eq!(answer.status, 302, "{answer:?}");
    let end = browser.follow(answer.header("location").expect("the way to the login")).await;
    assert!(end.page.is_none(), "the browser was not sent to Antara: {end:?}");
    let callback =
        world.sandbox.control().antara().authorize(end.url.as_str(), &herald_sandbox::Decision::default());
    callback.expect("a consent page").expect("a way back").into()
}

/// A site's own page.
pub(crate) fn own_page(origin: &str, page: &str) -> String {
    format!("{origin}{PREFIX}{page}")
}

/// An access token of acme's, of somebody who came through this connection, and its session's id.
pub(crate) async fn access_token(world: &World, connection: &str) -> (String, herald_core::id::SessionId) {
    let (browser, started) = (world.browser(), world.login(connection).await);
    let code = match connection {
        "antara" => world.sign_in_at_antara(&browser, &started).await.query("code"),
        _ => confirmed(world, &browser, &started).await,
    };
    let claimed = world.claim(&started, code.as_deref()).await;
    (claimed.session.1.access_token, claimed.session.0)
}

async fn confirmed(world: &World, browser: &Browser, started: &Started) -> Option<String> {
    world.sandbox.control().antirius().confirm("latest").expect("a session");
    world.until(started, herald_core::login::LoginStatus::Confirmed).await;
    browser.follow(&started.address("")).await.query("code")
}
