//! A browser as far as logins need one: it keeps cookies per host, follows redirects when asked to, and plays the proxies
//! that stand before Herald.

use std::sync::{Arc, Mutex, PoisonError};

use herald_outbound::forward::{Answer, Call, Forwarder};
use url::Url;

/// Which addresses of the outside lead where: `https://login.example` to a listener on this machine.
#[derive(Debug)]
pub(crate) struct Net {
    pub(crate) forwarder: Forwarder,
    /// From, to; the first that fits counts.
    pub(crate) routes: Vec<(String, String)>,
}

impl Net {
    /// The address on this machine; nothing for what is outside of the test.
    fn resolve(&self, url: &Url) -> Option<Url> {
        self.routes.iter().find_map(|(from, to)| {
            let rest = url.as_str().strip_prefix(from.as_str()).filter(|rest| rest.starts_with('/'))?;
            Url::parse(&format!("{to}{rest}")).ok()
        })
    }
}

/// A cookie in the jar.
#[derive(Clone, Debug)]
struct Kept {
    host: String,
    name: String,
    value: String,
}

/// One browser.
#[derive(Debug)]
pub(crate) struct Browser {
    net: Arc<Net>,
    jar: Mutex<Vec<Kept>>,
    pub(crate) keeps_cookies: bool,
    pub(crate) language: &'static str,
}

/// What came, whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Where a chain of redirects ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) url: Url,
    /// Nothing when the browser left for an address outside of the test.
    pub(crate) page: Option<Page>,
}

impl Browser {
    pub(crate) fn new(net: Arc<Net>) -> Self {
        Self { net, jar: Mutex::default(), keeps_cookies: true, language: "en" }
    }

    /// One GET, no redirect followed.
    pub(crate) async fn get(&self, url: &str) -> Page {
        self.ask("GET", url, &[]).await
    }

    /// One request with more headers, no redirect followed.
    pub(crate) async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Page {
        let answer = self.send(method, url, headers).await;
        let status = answer.status;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = answer.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let body = text(&answer.bytes().await.expect("a body"));
        Page { status, headers, body }
    }

    /// One request, its body still on the way.
    pub(crate) async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
        let url = Url::parse(url).expect("an absolute address");
        let target = self.net.resolve(&url).expect("an address inside of the test");
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut call = Call::new(method, target)
            .header("accept-language", self.language)
            .header("x-forwarded-host", host)
            .header("x-forwarded-proto", url.scheme());
        let cookies = self.cookies(&url);
        if !cookies.is_empty() {
            call = call.header("cookie", &cookies);
        }
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let answer = self.net.forwarder.send(call).await.expect("an answer");
        self.keep(&url, &answer);
        answer
    }

    /// GET, and wherever the answers lead.
    pub(crate) async fn follow(&self, url: &str) -> End {
        let mut url = Url::parse(url).expect("an absolute address");
        for _ in 0..10 {
            if self.net.resolve(&url).is_none() {
                return End { url, page: None };
            }
            let page = self.get(url.as_str()).await;
            match page.location() {
                Some(location) if page.status == 303 => url = url.join(location).expect("an address"),
                _ => return End { url, page: Some(page) },
            }
        }
        panic!("redirected in circles at {url}");
    }

    /// What the browser would send there.
    pub(crate) fn cookies(&self, url: &Url) -> String {
        let jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        let host = url.host_str().unwrap_or_default();
        let pairs: Vec<String> = jar
            .iter()
            .filter(|kept| kept.host == host)
            .map(|kept| format!("{}={}", kept.name, kept.value))
            .collect();
        pairs.join("; ")
    }

    /// Puts a cookie into the jar that no answer set.
    pub(crate) fn plant(&self, host: &str, line: &str) {
        let pair = line.split(';').next().and_then(|pair| pair.split_once('='));
        let (name, value) = pair.expect("a cookie");
        let mut jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        jar.retain(|kept| kept.host != host || kept.name != name);
        jar.push(Kept { host: host.to_owned(), name: name.to_owned(), value: value.to_owned() });
    }

    fn keep(&self, url: &Url, answer: &Answer) {
        let lines = answer.headers.iter().filter(|(name, _)| name == "set-cookie" && self.keeps_cookies);
        for (_, line) in lines {
            let line = std::str::from_utf8(line).expect("a cookie of text");
            self.plant(url.host_str().unwrap_or_default(), line);
        }
    }
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location")
    }
}

impl End {
    /// The member of the query of the address where it ended.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn page(&self) -> &Page {
        self.page.as_ref().expect("a page, not an address outside of the test")
    }
}
