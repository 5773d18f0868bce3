//! What sessions and sites have that must not be seen: each call once with what is good and once with what is not.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::{
    browser::Browser,
    caller::Caller,
    receiver::{REFUSED, Receiver, Told},
    sessions::{Tokens, authara::next},
    stack::{Stack, client, free_ports},
};

/// Where the ends of sessions are told and taken.
const TAKEN: &str = "/taken";

/// The site's cookie, over plain http.
const COOKIE: &str = "herald_session";
/// A refresh token that Authara never gave anybody.
const FOREIGN_REFRESH: &str = "canary-of-a-refresh-token";

/// The configuration with a site of the Authara tenant, which is where its Authara is: the sandbox is its proxy.
pub(super) fn with_site(config: &str) -> String {
    let (_, rest) = config.split_once("browser_url = \"").expect("Authara's is the only one");
    let (url, _) = rest.split_once('"').expect("the address ends");
    let headers = r#"{ "X-Herald-Subject" = "subject", "X-Herald-Name" = "name" }"#;
    format!("{config}\n[[tenants.authara.sites]]\nurl = \"{url}\"\nidentity_headers = {headers}\n")
}

/// The configuration with endpoints for back-channel logout: `antirius` has one that takes, `antara` one that refuses.
pub(super) fn with_endpoints(config: &str) -> String {
    let [port] = free_ports();
    [("antirius", TAKEN), ("antara", REFUSED)].into_iter().fold(config.to_owned(), |config, (tenant, path)| {
        let section = format!("[tenants.{tenant}]\n");
        assert!(config.contains(&section), "{config}");
        let sessions = format!(
            "sessions = {{ backchannel_logout_url = \"http://127.0.0.1:{port}{path}\", backchannel_logout_is_private = true }}\n"
        );
        config.replacen(&section, &format!("{section}{sessions}"), 1)
    })
}

/// The host and port of the endpoints in the configuration of this stack.
fn endpoint_of(stack: &Stack) -> String {
    let config = std::fs::read_to_string(stack.dir.path().join("herald.toml")).expect("it was written");
    let (_, rest) = config.split_once("backchannel_logout_url = \"http://").expect("an endpoint");
    rest.split_once('/').expect("a path").0.to_owned()
}

/// The token in what was told at this path.
fn logout_token(told: &Told, path: &str) -> String {
    assert_eq!(told.target(), path);
    told.body.strip_prefix("logout_token=").unwrap_or_else(|| panic!("{}", told.body)).to_owned()
}

/// What came to light.
#[derive(Default)]
pub(super) struct Released {
    /// What was handed out, or made up as something secret.
    pub(super) secrets: Vec<String>,
    /// What was said to whoever had something bad.
    pub(super) refusals: Vec<String>,
}

impl Released {
    /// Does everything; the tokens are those of somebody at each tenant, and good no more when this returns.
    pub(super) async fn by(stack: &Stack, [antara, antirius, authara]: [Tokens; 3]) -> Self {
        let mut receiver = Receiver::at(&endpoint_of(stack)).await;
        let mut it = Self::default();
        for tokens in [&antara, &antirius, &authara] {
            it.hand_out("eyJ", &tokens.access);
            it.hand_out("hrt_", &tokens.refresh);
        }
        let antirius = it.refresh(&stack.caller("antirius"), &antirius).await;
        it.look_up(&stack.caller("antirius"), &antirius.access).await;
        it.look_up_foreign(stack).await;
        it.refresh_cookies(stack).await;
        it.enter_and_leave_the_site(stack, &authara).await;

        // Their ends are told, and one of them is not taken.
        let revoke = async |token: &str| {
            let answer = stack.caller("antirius").form("/v1/oauth/revoke", &[("token", token)]).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
        };
        revoke(&altered(&antirius.refresh)).await;
        assert_eq!(stack.caller("antirius").verify(&antirius.access).await["active"], true);
        revoke(&antirius.refresh).await;
        assert_eq!(stack.caller("antirius").verify(&antirius.access).await["active"], false);
        it.hand_out("eyJ", &logout_token(&receiver.next().await, TAKEN));
        stack.caller("antara").end(&antara.session).await;
        it.hand_out("eyJ", &logout_token(&receiver.next().await, REFUSED));
        it
    }

    fn hand_out(&mut self, prefix: &str, secret: &str) {
        assert!(secret.starts_with(prefix) && secret.len() > prefix.len() + 20, "no {prefix}: {secret}");
        self.secrets.push(secret.to_owned());
    }

    async fn refresh(&mut self, caller: &Caller, tokens: &Tokens) -> Tokens {
        let refused = caller.try_refresh(&altered(&tokens.refresh)).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        self.refusals.push(refused.text);
        let next = caller.refresh(&tokens.refresh).await;
        self.hand_out("eyJ", &next.access);
        self.hand_out("hrt_", &next.refresh);
        next
    }

    /// Verifies and introspects.
    async fn look_up(&mut self, caller: &Caller, access: &str) {
        for (token, is_good) in [(access.to_owned(), true), (altered(access), false)] {
            for found in [caller.verify(&token).await, caller.introspect(&token).await] {
                assert_eq!(found["active"], is_good, "{found}");
                if !is_good {
                    self.refusals.push(found.to_string());
                }
            }
        }
    }

    /// What a provider gave, looked up.
    async fn look_up_foreign(&mut self, stack: &Stack) {
        let issued =
            stack.tell("antara/tokens", json!({ "kind": "identity", "scopes": ["identity.read"] })).await;
        let token = issued["token"].as_str().unwrap_or_else(|| panic!("{issued}"));
        self.hand_out("oit_", token);
        let caller = stack.caller("antara");
        assert_eq!(caller.verify(token).await["active"], true);
        assert_eq!(caller.verify(&altered(token)).await["active"], false);
    }

    async fn refresh_cookies(&mut self, stack: &Stack) {
        stack.switch("authara", json!({ "rotation": "always" })).await;
        let signed_in = stack.tell("authara/sign-in", json!({})).await;
        let first = signed_in["cookie"].as_str().expect("cookies");
        let caller = stack.caller("authara");
        let answer = caller.refresh_cookies(first).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let second = next(&answer);
        assert_ne!(value(first, "authara_refresh"), value(&second, "authara_refresh"));
        for cookie in [first, &second] {
            self.hand_out("eyJ", value(cookie, "authara_access"));
            self.hand_out("", value(cookie, "authara_refresh"));
        }
        assert_eq!(caller.verify_cookies(&second).await["active"], true);

        let foreign = second.replace(value(&second, "authara_refresh"), FOREIGN_REFRESH);
        self.hand_out("", FOREIGN_REFRESH);
        let refused = caller.refresh_cookies(&foreign).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        self.refusals.push(refused.text);
        let bad = format!("authara_access={}", altered(value(&second, "authara_access")));
        assert_eq!(caller.verify_cookies(&bad).await["active"], false);
    }

    async fn enter_and_leave_the_site(&mut self, stack: &Stack, tokens: &Tokens) {
        let site = &stack.sandbox_url;
        let mut browser = Browser::new();
        let asked = browser.go(&format!("{site}/herald/start?rd=/page"), &format!("{site}/auth/login")).await;
        let signed_in = stack.tell("authara/sign-in", json!({})).await;
        let cookie = signed_in["cookie"].as_str().expect("cookies");
        self.hand_out("", value(cookie, "authara_refresh"));
        browser.take_cookies(&asked.url, cookie);
        let end = browser.open(asked.url.as_str()).await;
        assert_eq!(end.url.path(), "/page", "{end:?}");
        let cookie = browser.cookie(site, COOKIE).expect("the site's own").to_owned();
        self.hand_out("hss_", &cookie);

        let by_cookie = |secret: &str| ("Cookie", format!("{COOKIE}={secret}"));
        let by_token = |token: &str| ("Authorization", format!("Bearer {token}"));
        for (name, value) in [by_cookie(&cookie), by_token(&tokens.access)] {
            let answer = ask(stack, name, &value).await;
            assert_eq!(answer.status(), 200, "{name}");
            self.hand_out("eyJ", answer.headers()["x-herald-identity"].to_str().expect("a token"));
        }
        for (name, value) in [by_cookie(&altered(&cookie)), by_token(&altered(&tokens.access))] {
            let answer = ask(stack, name, &value).await;
            assert_eq!(answer.status(), 401, "{name}");
            self.refusals.push(format!(
                "{:?}{}",
                answer.headers().clone(),
                answer.text().await.expect("a body")
            ));
        }

        for (sender, status) in [("cross-site", 403), ("same-origin", 303)] {
            let from = |request: RequestBuilder| request.header("Sec-Fetch-Site", sender);
            let answer = browser.send(Method::POST, &format!("{site}/herald/logout"), from).await;
            assert_eq!(answer.status(), status, "{sender}");
            if status == 403 {
                self.refusals.push(answer.text().await.expect("a page"));
            }
        }
        assert_eq!(browser.cookie(site, COOKIE), None);
        let (name, value) = by_cookie(&cookie);
        assert_eq!(ask(stack, name, &value).await.status(), 401, "signed out");
    }
}

/// What a proxy of the site is told of a request with this credential.
async fn ask(stack: &Stack, name: &str, value: &str) -> reqwest::Response {
    let request = client()
        .get(format!("{}/v1/forward-auth/nginx", stack.url))
        .header("X-Original-Method", "GET")
        .header("X-Original-URL", format!("{}/page", stack.sandbox_url))
        .header(name, value);
    request.send().await.expect("Herald answers")
}

/// One character more, so that it would be found where the good one is looked for.
fn altered(secret: &str) -> String {
    format!("{secret}A")
}

/// The value of a cookie in a `Cookie` header.
fn value<'a>(cookies: &'a str, name: &str) -> &'a str {
    let found = cookies.split("; ").find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {name} in {cookies}"))
}
