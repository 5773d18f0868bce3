//! A person's browser: keeps cookies, follows redirects, and stops where a person has to decide.

use std::collections::BTreeMap;

use reqwest::{
    Method, RequestBuilder, Response,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use url::Url;

use crate::stack::client;

/// A browser with its cookies. They go by host, not by port, as in a real one.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<(String, String), String>,
}

/// Where a journey came to.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::with(client())
    }

    /// A browser that reaches the network in its own way.
    pub(crate) fn with(http: reqwest::Client) -> Self {
        Self { http, cookies: BTreeMap::new() }
    }

    /// Takes cookies that were set elsewhere in the same browser for the host of `url`.
    pub(crate) fn take_cookies(&mut self, url: &Url, header: &str) {
        for pair in header.split("; ") {
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert((host(url), name.to_owned()), value.to_owned());
            }
        }
    }

    /// The value of a cookie that would be sent to `url`.
    pub(crate) fn cookie(&self, url: &str, name: &str) -> Option<&str> {
        let url = Url::parse(url).expect("an absolute address");
        self.cookies.get(&(host(&url), name.to_owned())).map(String::as_str)
    }

    /// Sends one request with its cookies, keeps those of the answer, and follows nothing.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        address: &str,
        more: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Response {
        let url = Url::parse(address).expect("an absolute address");
        let host = host(&url);
        let mine = self.cookies.iter().filter(|((owner, _), _)| *owner == host);
        let cookies: Vec<String> = mine.map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method, url);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let answer = more(request).send().await.expect("the address answers");
        for cookie in answer.headers().get_all(SET_COOKIE) {
            self.keep(&host, cookie.to_str().expect("cookies are ASCII"));
        }
        answer
    }

    /// Goes there and wherever it is sent on, until a page is shown or an address begins with `stop`.
    pub(crate) async fn go(&mut self, address: &str, stop: &str) -> Page {
        let mut url = Url::parse(address).expect("an absolute address");
        for _ in 0..10 {
            if url.as_str().starts_with(stop) {
                return Page { url, status: 0, text: String::new() };
            }
            let page = |request: RequestBuilder| request.header("Accept", "text/html");
            let answer = self.send(Method::GET, url.as_str(), page).await;
            let Some(location) = answer.headers().get(LOCATION) else {
                let status = answer.status().as_u16();
                return Page { url, status, text: answer.text().await.expect("a page") };
            };
            url = url.join(location.to_str().expect("ASCII")).expect("a good location");
        }
        panic!("sent around in circles, last to {url}")
    }

    /// Goes there and on until a page is shown.
    pub(crate) async fn open(&mut self, address: &str) -> Page {
        self.go(address, "nowhere").await
    }

    fn keep(&mut self, host: &str, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let (name, value) = pair.split_once('=').expect("a cookie has a name");
        let key = (host.to_owned(), name.to_owned());
        let is_over =
            attributes.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("Max-Age=0"));
        if is_over {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }
}

fn host(url: &Url) -> String {
    url.host_str().expect("an address with a host").to_owned()
}

impl Page {
    /// The value of a member of the page's query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
