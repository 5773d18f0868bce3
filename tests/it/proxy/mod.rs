//! Real proxies with the examples of `deploy/proxies`, the real Herald behind them, and an application that they protect.

mod app;
mod behind;
pub(crate) mod certificate;
mod checks;
mod chromium;
mod examples;
mod kind;
mod model;
mod pattern;
mod tricks;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::json;
use tempfile::TempDir;
use url::Url;

pub(crate) use self::{
    app::{App, Seen},
    kind::Kind,
};
use self::{certificate::Certificate, kind::Places};
use crate::{
    browser::{Browser, Page},
    process::Process,
    stack::{Stack, free_ports},
};

/// What the examples pass on, as `identity_headers` of every site here.
const IDENTITY_HEADERS: &str =
    r#"{ "X-Herald-Subject" = "subject", "X-Herald-Name" = "name", "X-Herald-Email" = "email" }"#;

/// Who confirms at Antirius: Zoë <b> O'Neil & Co, whose name needs care in a header.
const PERSON: &str = "+16502530000";

/// Herald, the sandbox, the application, and one proxy for each site.
pub(crate) struct Front {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    certificate: Certificate,
    origins: BTreeMap<String, String>,
    _proxies: Vec<Process>,
    _dir: TempDir,
}

impl Front {
    /// Starts everything, with a site for each of these tenants; ready when this returns.
    pub(crate) async fn start(kind: Kind, tenants: &[&str]) -> Self {
        Self::at(kind, tenants, |tenant| format!("{tenant}.example")).await
    }

    /// The same with all sites on one host, each at a port of its own.
    pub(crate) async fn on_one_host(kind: Kind, tenants: &[&str]) -> Self {
        Self::at(kind, tenants, |_| "one.example".to_owned()).await
    }

    async fn at(kind: Kind, tenants: &[&str], host: impl Fn(&str) -> String) -> Self {
        let dir = TempDir::new().expect("a directory for the proxies");
        let hosts: Vec<String> = tenants.iter().map(|tenant| host(tenant)).collect();
        let certificate = Certificate::make(dir.path(), &hosts);
        let ports: Vec<u16> = free_ports::<3>().into_iter().take(tenants.len()).collect();
        let origins: BTreeMap<String, String> = tenants
            .iter()
            .zip(&hosts)
            .zip(&ports)
            .map(|((tenant, host), port)| ((*tenant).to_owned(), format!("https://{host}:{port}")))
            .collect();
        let app = App::start().await;
        let stack = Stack::start_with(|config| with_sites(config, &origins)).await;
        let bare = |url: &str| url.trim_start_matches("http://").to_owned();
        let (herald, authara) = (bare(&stack.url), bare(&stack.sandbox_url));
        let start = |(host, port): (&String, &u16)| {
            let places = Places { host, port: *port, herald: &herald, app: &app.address, authara: &authara };
            kind.start(&places, &certificate, &dir.path().join(port.to_string()))
        };
        let proxies = hosts.iter().zip(&ports).map(start).collect();
        Self { stack, app, certificate, origins, _proxies: proxies, _dir: dir }
    }

    /// The origin of a tenant's site.
    pub(crate) fn origin(&self, tenant: &str) -> &str {
        &self.origins[tenant]
    }

    /// A browser of its own, as on another machine.
    pub(crate) fn browser(&self) -> Browser {
        Browser::with(self.certificate.client())
    }

    /// A browser that speaks HTTP/1.1 only.
    pub(crate) fn http1_browser(&self) -> Browser {
        Browser::with(self.certificate.http1_client())
    }

    /// A person opens a page of the application, signs in on the way, and comes to wherever that leads.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, tenant: &str, page: &str) -> Page {
        let address = format!("{}{page}", self.origin(tenant));
        match tenant {
            "antara" => {
                let asked =
                    browser.go(&address, &format!("{}/oauth/authorize", self.stack.sandbox_url)).await;
                let decided = json!({ "authorize_url": asked.url.as_str() });
                let back = self.stack.tell("antara/authorize", decided).await;
                browser.open(back["callback_url"].as_str().expect("a callback")).await
            }
            "antirius" => {
                let hosted = browser.open(&address).await;
                let id = login_of(&hosted.url);
                let person = json!({ "person": PERSON });
                self.stack.tell("antirius/sessions/latest/confirm", person).await;
                let confirmed = self.stack.caller(tenant).wait_for_login(&id).await;
                assert_eq!(confirmed["status"], "confirmed", "{confirmed}");
                browser.open(hosted.url.as_str()).await
            }
            "authara" => {
                let asked = browser.go(&address, &format!("{}/auth/login", self.origin(tenant))).await;
                let cookies = self.stack.tell("authara/sign-in", json!({})).await;
                browser.take_cookies(&asked.url, cookies["cookie"].as_str().expect("cookies"));
                browser.open(asked.url.as_str()).await
            }
            other => panic!("no such tenant: {other}"),
        }
    }
}

/// The login whose hosted page this is.
fn login_of(hosted: &Url) -> String {
    let mut segments = hosted.path_segments().expect("a path");
    segments
        .rfind(|segment| segment.starts_with("log_"))
        .unwrap_or_else(|| panic!("no login: {hosted}"))
        .to_owned()
}

/// The configuration with a site for each origin. Authara's is where Authara is, behind the same proxy.
fn with_sites(config: String, origins: &BTreeMap<String, String>) -> String {
    let mut config = config;
    for (tenant, origin) in origins {
        if tenant == "authara" {
            let (head, line) = config.split_once("browser_url = ").expect("Authara's is the only one");
            let rest = line.split_once('\n').map_or("", |(_, rest)| rest);
            config = format!("{head}browser_url = \"{origin}/.herald\"\n{rest}");
        }
        writeln!(
            config,
            "[[tenants.{tenant}.sites]]\nurl = \"{origin}/.herald\"\nidentity_headers = {IDENTITY_HEADERS}"
        )
        .expect("a string takes everything");
    }
    config
}
