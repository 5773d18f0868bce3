//! A real Chromium, driven over the W3C WebDriver protocol.
//!
//! The protocol has no events: who waits for a page to change has to look again and again. That is done here, in one place
//! ([`Chromium::until`]), every 50 ms and with a time-out for the whole wait.

use std::{
    io::{BufRead as _, BufReader, Lines},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stack::client;

/// How long a page may take to show what a test waits for. Reached only when it never will.
const PATIENCE: Duration = Duration::from_secs(30);
/// The key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running chromedriver. Its browsers end with it.
pub(crate) struct WebDriver {
    child: Child,
    url: String,
    /// Where the browsers keep their profiles and whatever else they leave behind.
    dir: TempDir,
    /// Kept open, so that it never writes into a closed pipe.
    _said: Lines<BufReader<ChildStdout>>,
}

impl WebDriver {
    /// Starts it on a free port; ready when this returns.
    pub(crate) fn start() -> Self {
        let dir = TempDir::new().expect("a directory for the browsers");
        let mut command = Command::new("chromedriver");
        command.env("TMPDIR", dir.path());
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("chromedriver does not start (Debian: chromium-driver; scripts/install.sh installs it): {error}")
        });
        let mut said = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let port = said.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("chromedriver says its port");
        Self { child, url: format!("http://127.0.0.1:{port}"), dir, _said: said }
    }

    /// A browser of its own, as on another machine: no cookies, no history.
    pub(crate) async fn browser(&self) -> Chromium {
        self.browser_with(&[]).await
    }

    /// The same with further words on its command line.
    pub(crate) async fn browser_with(&self, words: &[&str]) -> Chromium {
        let profile = tempfile::tempdir_in(&self.dir).expect("a directory for the profile").keep();
        let user_data = format!("--user-data-dir={}", profile.display());
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &user_data,
        ];
        let args = [&args, words].concat();
        let options = json!({ "browserName": "chrome", "goog:chromeOptions": { "args": args } });
        let wanted = json!({ "capabilities": { "alwaysMatch": options } });
        let http = client();
        let answer = http.post(format!("{}/session", self.url)).json(&wanted).send().await;
        let answer: Value =
            answer.expect("chromedriver answers").json().await.expect("chromedriver speaks JSON");
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| {
            panic!("no Chromium (Debian: chromium; scripts/install.sh installs it): {}", answer["value"])
        });
        Chromium { http, session: format!("{}/session/{id}", self.url) }
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        // Its browsers too, when a test failed before it could close them; already ended is fine.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// One browser, in whose front window everything happens.
pub(crate) struct Chromium {
    http: reqwest::Client,
    session: String,
}

impl Chromium {
    /// Goes to an address and waits until its page is loaded.
    pub(crate) async fn open(&self, address: &str) {
        self.post("url", json!({ "url": address }))
            .await
            .unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// The address of the page.
    pub(crate) async fn address(&self) -> String {
        self.script("return location.href").await.as_str().expect("an address").to_owned()
    }

    /// The HTTP status that the page came with.
    pub(crate) async fn status(&self) -> Value {
        self.script("return performance.getEntriesByType('navigation')[0].responseStatus").await
    }

    /// Clicks on the first element that `css` names, as soon as there is one.
    pub(crate) async fn click(&self, css: &str) {
        self.until(css, async || self.on(css, "click", json!({})).await).await;
    }

    /// Writes `text` into a field, in place of what is there.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.until(css, async || self.on(css, "clear", json!({})).await).await;
        self.until(css, async || self.on(css, "value", json!({ "text": text })).await).await;
    }

    /// Waits until the element that `css` names shows all of `words`, and gives its whole text.
    pub(crate) async fn shows(&self, css: &str, words: &[&str]) -> String {
        let what = format!("{words:?} in {css}");
        self.until(&what, async || {
            let text = self.text(css).await?;
            if words.iter().all(|word| text.contains(word)) { Ok(text) } else { Err(text) }
        })
        .await
    }

    /// Waits until there are so many windows, and puts the newest in front.
    pub(crate) async fn to_window(&self, count: usize) {
        let newest = async || {
            let handles = self.get("window/handles").await?;
            match handles
                .as_array()
                .filter(|handles| handles.len() == count)
                .and_then(|handles| handles.last())
            {
                Some(newest) => self.post("window", json!({ "handle": newest })).await,
                None => Err(handles.to_string()),
            }
        };
        self.until(&format!("{count} windows"), newest).await;
    }

    /// Closes the window in front, and puts the only other one there.
    pub(crate) async fn close_window(&self) {
        self.send(self.http.delete(format!("{}/window", self.session)))
            .await
            .expect("a window can be closed");
        self.to_window(1).await;
    }

    /// Closes the browser; it is gone when this returns.
    pub(crate) async fn quit(self) {
        self.send(self.http.delete(&self.session)).await.expect("a browser can be closed");
    }

    async fn text(&self, css: &str) -> Result<String, String> {
        let element = self.find(css).await?;
        let text = self.get(&format!("element/{element}/text")).await?;
        text.as_str().map(str::to_owned).ok_or_else(|| text.to_string())
    }

    async fn on(&self, css: &str, verb: &str, body: Value) -> Result<Value, String> {
        let element = self.find(css).await?;
        self.post(&format!("element/{element}/{verb}"), body).await
    }

    async fn find(&self, css: &str) -> Result<String, String> {
        let found = self.post("element", json!({ "using": "css selector", "value": css })).await?;
        found[ELEMENT].as_str().map(str::to_owned).ok_or_else(|| found.to_string())
    }

    async fn script(&self, script: &str) -> Value {
        let body = json!({ "script": script, "args": [] });
        self.post("execute/sync", body).await.expect("the script runs")
    }

    /// Tries until it works. What fails is mostly an element that is not there yet, or not any more.
    async fn until<T>(&self, what: &str, attempt: impl AsyncFn() -> Result<T, String>) -> T {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        let mut last = String::new();
        let tries = async {
            loop {
                ticks.tick().await;
                match attempt().await {
                    Ok(value) => return value,
                    Err(error) => last = error,
                }
            }
        };
        if let Ok(value) = tokio::time::timeout(PATIENCE, tries).await {
            return value;
        }
        panic!("never {what} at {}, but: {last}", self.address().await)
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        self.send(self.http.get(format!("{}/{path}", self.session))).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.send(self.http.post(format!("{}/{path}", self.session)).json(&body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, String> {
        let answer = request.send().await.expect("chromedriver answers");
        let is_good = answer.status().is_success();
        let body: Value = answer.json().await.expect("chromedriver speaks JSON");
        let value = body["value"].clone();
        if is_good { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
    }
}
