//! A person signs in: the same journey whatever the provider, but for where they say yes.

use serde_json::{Value, json};

use crate::{browser::Browser, caller::Caller, stack::Stack};

/// A finished sign-in, as the shop sees it.
pub(crate) struct SignedIn {
    pub(crate) login: Value,
    pub(crate) code: String,
    pub(crate) claim: Value,
}

impl Stack {
    pub(crate) fn return_url(&self) -> String {
        format!("{}/shop/signed-in", self.sandbox_url)
    }

    /// The person says yes wherever this provider asks, and the browser goes on to the shop.
    pub(crate) async fn walk(&self, caller: &Caller, login: &Value) -> crate::browser::Page {
        let mut browser = Browser::new();
        let hosted = login["hosted_url"].as_str().expect("a login has a hosted page");
        let provider = login["provider"].as_str().expect("a login has a provider");
        let (shop, consent) = (self.return_url(), format!("{}/oauth/authorize", self.sandbox_url));
        let form = format!("{}/auth/login", self.sandbox_url);
        match provider {
            "antara" => {
                let asked = browser.go(hosted, &consent).await;
                let decided = json!({ "authorize_url": asked.url.as_str() });
                let back = self.tell("antara/authorize", decided).await;
                browser.go(back["callback_url"].as_str().expect("a callback"), &shop).await
            }
            "antirius" => {
                let page = browser.go(hosted, &shop).await;
                assert_eq!(page.status, 200, "{}", page.text);
                self.tell(&format!("antirius/sessions/{}/confirm", session_of(login)), json!({})).await;
                let confirmed = caller.wait_for_login(login["id"].as_str().expect("an id")).await;
                assert_eq!(confirmed["status"], "confirmed", "{confirmed}");
                browser.go(hosted, &shop).await
            }
            "authara" => {
                let asked = browser.go(hosted, &form).await;
                let cookies = self.tell("authara/sign-in", json!({})).await;
                browser.take_cookies(&asked.url, cookies["cookie"].as_str().expect("cookies"));
                browser.go(asked.url.as_str(), &shop).await
            }
            other => panic!("no such provider: {other}"),
        }
    }

    /// A whole sign-in of this tenant's shop.
    pub(crate) async fn sign_in(&self, tenant: &str) -> SignedIn {
        let caller = self.caller(tenant);
        let login = caller.start_login(&self.return_url()).await;
        let back = self.walk(&caller, &login).await;
        let code = back.query("code").unwrap_or_else(|| panic!("no code in {}", back.url));
        let (id, secret) =
            (login["id"].as_str().expect("an id"), login["claim_secret"].as_str().expect("a secret"));
        assert_eq!(back.query("login_id").as_deref(), Some(id));
        let claim = caller.claim(id, secret, &code).await;
        assert_eq!(claim.status, 200, "{:?}", claim.body);
        SignedIn { login: login.clone(), code, claim: claim.body }
    }
}

/// Antirius' session, which only the deep link shows.
pub(crate) fn session_of(login: &Value) -> String {
    let link = login["next"]["links"][0]["url"].as_str().expect("a link");
    let start = link.find("start=").expect("a deep link") + "start=".len();
    link[start..].chars().take_while(char::is_ascii_hexdigit).collect()
}

impl Stack {
    /// A fresh browser opens the hosted page of a login that is confirmed, and goes on to the shop.
    pub(crate) async fn walk_on(&self, login: &Value) -> crate::browser::Page {
        let hosted = login["hosted_url"].as_str().expect("a login has a hosted page");
        Browser::new().go(hosted, &self.return_url()).await
    }
}
