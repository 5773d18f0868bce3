//! What a claimed login gives, and how it ends: seen by services, by whoever checks tokens, and by proxies.

mod armed;
pub(crate) mod authara;
mod crash;
mod cut;
mod ending;
pub(crate) mod keys;
mod refresh;
mod reuse;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::{Answer, Caller},
    journey::SignedIn,
    stack::{Stack, client},
};

/// An origin that only the tests' own requests name: they play its proxy.
const SITE: &str = "http://app.example";

/// The tokens of a session, as a service keeps them.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) session: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(session: &Value) -> Self {
        let member =
            |name: &str| session[name].as_str().unwrap_or_else(|| panic!("{name} in {session}")).to_owned();
        Self { session: member("id"), access: member("access_token"), refresh: member("refresh_token") }
    }
}

impl SignedIn {
    pub(crate) fn tokens(&self) -> Tokens {
        Tokens::of(&self.claim["session"])
    }
}

impl Caller {
    pub(crate) async fn try_refresh(&self, token: &str) -> Answer {
        self.call(Method::POST, "/v1/sessions/refresh", &[], Some(&json!({ "refresh_token": token }))).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Tokens {
        let answer = self.try_refresh(token).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        Tokens::of(&answer.body)
    }

    pub(crate) async fn refuses(&self, token: &str) {
        let answer = self.try_refresh(token).await;
        assert_eq!((answer.status.as_u16(), &answer.body["code"]), (403, &json!("refresh_refused")));
    }

    /// What `verify` says of a token.
    pub(crate) async fn verify(&self, token: &str) -> Value {
        let body = json!({ "credential": { "type": "token", "token": token } });
        let answer = self.call(Method::POST, "/v1/sessions/verify", &[], Some(&body)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    /// What introspection says of a token (RFC 7662).
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let answer = self.form("/v1/oauth/introspect", &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    pub(crate) async fn end(&self, session: &str) {
        let answer = self.call(Method::DELETE, &format!("/v1/sessions/{session}"), &[], None).await;
        assert_eq!(answer.status, 204, "{:?}", answer.body);
    }
}

/// The configuration with a site of the Antirius tenant, and these further words in its `sessions`.
pub(crate) fn site_in(config: &str, sessions: &str) -> String {
    let tenant = "[tenants.antirius]\n";
    let config = config.replacen(tenant, &format!("{tenant}sessions = {{ {sessions} }}\n"), 1);
    let headers = r#"{ "X-Herald-Subject" = "subject" }"#;
    format!("{config}[[tenants.antirius.sites]]\nurl = \"{SITE}/.herald\"\nidentity_headers = {headers}\n")
}

/// What a proxy of that site is told by the Herald at this address of a request with this bearer token.
pub(crate) async fn forward_auth(herald: &str, http: &reqwest::Client, token: &str) -> u16 {
    let request = http.get(format!("{herald}/v1/forward-auth/nginx")).bearer_auth(token);
    let request = request.header("X-Original-Method", "GET").header("X-Original-URL", format!("{SITE}/api"));
    request.send().await.expect("Herald answers").status().as_u16()
}

impl Stack {
    /// A stack whose Antirius tenant has a site, and these further words in its `sessions`.
    async fn with_site(sessions: &str) -> Self {
        Self::start_with(|config| site_in(&config, sessions)).await
    }

    /// What a proxy is told of a request with this bearer token.
    async fn forward_auth(&self, http: &reqwest::Client, token: &str) -> u16 {
        forward_auth(&self.url, http, token).await
    }

    /// The value of a metric, 0 when it was never counted.
    async fn metric(&self, name_and_labels: &str) -> u64 {
        let url = format!("{}/metrics", self.management_url);
        let text = client().get(url).send().await.expect("Herald answers").text().await.expect("metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(name_and_labels)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().expect("a whole number"))
    }
}
