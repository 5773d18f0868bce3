//! What is asked for, and by whom.

use std::time::Duration;

use herald_testkit::redis_server::RedisServer;
use reqwest::Method;
use serde_json::json;

use crate::{
    fleet::Fleet,
    load::post,
    stack::{TENANTS, after},
};

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `GET /v1/logins/{id}`
    Peek,
    /// `POST /v1/sessions/verify` with a token that was seen before.
    Verification,
    /// `POST /v1/notifications`
    Accept,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Peek, Self::Verification, Self::Accept];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Peek => "peek",
            Self::Verification => "verification",
            Self::Accept => "accept",
        }
    }

    /// The status of a good answer.
    pub(crate) fn good(self) -> u16 {
        if self == Self::Accept { 202 } else { 200 }
    }
}

/// What requests are made of: a login that waits, a token, and the time for which notifications are planned.
pub(crate) struct Signed {
    login: String,
    token: String,
    later: String,
}

impl Signed {
    /// Begins a login and finishes another one.
    pub(crate) async fn in_at(fleet: &Fleet) -> Self {
        let caller = fleet.caller("antirius");
        let begin = async || caller.call(Method::POST, "/v1/logins", &[], Some(&json!({}))).await.body;
        let (waiting, login) = (begin().await, begin().await);
        fleet.tell("antirius/sessions/latest/confirm", json!({})).await;
        let id = login["id"].as_str().expect("an id");
        assert_eq!(caller.wait_for_login(id).await["status"], "confirmed");
        let body = json!({ "claim_secret": login["claim_secret"] });
        let claim = caller.call(Method::POST, &format!("/v1/logins/{id}/claim"), &[], Some(&body)).await.body;
        Self {
            login: waiting["id"].as_str().expect("an id").to_owned(),
            token: claim["session"]["access_token"].as_str().expect("a token").to_owned(),
            later: after(Duration::from_secs(86_400)),
        }
    }

    /// What each client sends in a round.
    pub(crate) fn request(
        &self,
        kind: Kind,
        round: String,
    ) -> impl Fn(usize, usize) -> Vec<u8> + Clone + Send + 'static {
        let key = TENANTS[1].1;
        let bearer = format!("Authorization: Bearer {key}\r\n");
        let peek =
            format!("GET /v1/logins/{} HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}\r\n", self.login).into_bytes();
        let token = &self.token;
        let verify = format!("{{\"credential\":{{\"type\":\"token\",\"token\":\"{token}\"}}}}");
        let verify = post_to_nginx("/v1/sessions/verify", &bearer, &verify);
        let accept = format!(
            "{{\"to\":{{\"type\":\"phone\",\"phone_number\":\"+16502530000\"}},\"message\":{{\"type\":\"text\",\"text\":\"Your parcel is here\"}},\"send_at\":\"{}\"}}",
            self.later
        );
        move |client, number| match kind {
            Kind::Peek => peek.clone(),
            Kind::Verification => verify.clone(),
            Kind::Accept => {
                let headers = format!("{bearer}Idempotency-Key: {round}-{client}-{number}\r\n");
                post_to_nginx("/v1/notifications", &headers, &accept)
            }
        }
    }
}

/// The same as [`post`], by the name that nginx serves.
fn post_to_nginx(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let request = String::from_utf8(post(path, headers, body)).expect("it is text");
    request.replacen("Host: bench\r\n", "Host: 127.0.0.1\r\n", 1).into_bytes()
}

/// The configuration where the Antirius tenant may leave the return URL out.
pub(crate) fn detached_in(config: &str) -> String {
    let tenant = "[tenants.antirius]\n";
    assert!(config.contains(tenant), "{config}");
    config.replacen(tenant, &format!("{tenant}detached_logins = true\n"), 1)
}

/// The process of a Redis.
pub(crate) fn process_of(redis: &RedisServer) -> u32 {
    let info = redis.command(&["INFO", "server"]);
    let line = info.text().lines().find_map(|line| line.strip_prefix("process_id:"));
    line.and_then(|id| id.trim().parse().ok()).expect("Redis says its process id")
}
