//! A person's browser: keeps cookies, follows redirects, and stops where a person has to decide.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use url::Url;

use crate::stack::client;

/// A browser with its cookies. Cookies go by host, not by port, as in a real one; all hosts here are one.
#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
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
        Self { http: client(), cookies: BTreeMap::new() }
    }

    /// Takes cookies that were set elsewhere in the same browser.
    pub(crate) fn take_cookies(&mut self, header: &str) {
        for pair in header.split("; ") {
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Goes there and wherever it is sent on, until a page is shown or an address begins with `stop`.
    pub(crate) async fn go(&mut self, address: &str, stop: &str) -> Page {
        let mut url = Url::parse(address).expect("an absolute address");
        for _ in 0..10 {
            if url.as_str().starts_with(stop) {
                return Page { url, status: 0, text: String::new() };
            }
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = self.http.get(url.clone()).header("Accept", "text/html");
            let answer =
                request.header(COOKIE, cookies.join("; ")).send().await.expect("the address answers");
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let cookie = cookie.to_str().expect("cookies are ASCII");
                self.take_cookies(cookie.split(';').next().expect("a cookie has a first part"));
            }
            let Some(location) = answer.headers().get(LOCATION) else {
                let status = answer.status().as_u16();
                return Page { url, status, text: answer.text().await.expect("a page") };
            };
            url = url.join(location.to_str().expect("ASCII")).expect("a good location");
        }
        panic!("sent around in circles, last to {url}")
    }
}

impl Page {
    /// The value of a member of the page's query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
