//! Traefik and Envoy as far as they decide what an application is told of a person. No test here can start them, so that each
//! is a small model: it does what its documentation says with what the shipped example says. Herald and its answers are real.
//!
//! - Traefik: the `headers` middleware deletes what has an empty value; `forwardAuth` sends the client's headers with its own
//!   `X-Forwarded-*`, and after a good answer deletes from the request whatever `authResponseHeadersRegex` matches before it
//!   copies what matches in the answer (<https://doc.traefik.io/traefik/middlewares/http/forwardauth/>). Its entry point has
//!   dropped the client's `X-Forwarded-*`.
//! - Envoy: names with `_` are dropped where that is set, `header_mutation` removes, `ext_authz` sends host, method, path,
//!   `Authorization` and `allowed_headers`, and after a good answer overwrites by `allowed_upstream_headers`
//!   (<https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/ext_authz/v3/ext_authz.proto>).

use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

use super::{pattern::Pattern, tricks, with_sites};
use crate::{
    stack::{Stack, client},
    tree,
};

/// The site of the examples.
const HOST: &str = "app.acme.example";

/// Names in lower case, and values.
type Headers = Vec<(String, String)>;

/// What a proxy does with the headers of one request.
trait Model {
    /// What is left of them before anybody is asked.
    fn cleared(&self, client: Headers) -> Headers;
    /// The question to Herald.
    fn question(&self, herald: &str, headers: &Headers) -> RequestBuilder;
    /// What the application gets after a good answer.
    fn admitted(&self, headers: Headers, answer: &HeaderMap) -> Headers;
}

/// `http.middlewares` of `traefik-routes.yaml`.
struct Traefik(Value);

impl Traefik {
    fn copied(&self) -> Pattern {
        Pattern::beginning(
            self.0["herald-check"]["forwardAuth"]["authResponseHeadersRegex"].as_str().unwrap(),
        )
    }
}

impl Model for Traefik {
    fn cleared(&self, client: Headers) -> Headers {
        let custom = self.0["no-claims"]["headers"]["customRequestHeaders"].as_object().unwrap();
        assert!(custom.values().all(|value| value == ""), "an empty value deletes");
        let is_deleted = |name: &str| custom.keys().any(|key| key.eq_ignore_ascii_case(name));
        let mut left = client;
        left.retain(|(name, _)| !name.starts_with("x-forwarded-") && !is_deleted(name));
        left
    }

    fn question(&self, herald: &str, headers: &Headers) -> RequestBuilder {
        let check = &self.0["herald-check"]["forwardAuth"];
        assert_eq!(check["trustForwardHeader"], false);
        let (_, path) = check["address"].as_str().unwrap().split_once(":8080").unwrap();
        let request = client().get(format!("{herald}{path}"));
        with(request, headers)
            .header("X-Forwarded-Method", "GET")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", HOST)
            .header("X-Forwarded-Uri", "/x")
    }

    fn admitted(&self, headers: Headers, answer: &HeaderMap) -> Headers {
        let copied = self.copied();
        let mut left = headers;
        left.retain(|(name, _)| !copied.matches(name));
        left.extend(pairs(answer).into_iter().filter(|(name, _)| copied.matches(name)));
        left
    }
}

/// The connection manager's `typed_config` of `envoy.yaml`.
struct Envoy(Value);

impl Envoy {
    fn filter(&self, name: &str) -> &Value {
        let mut filters = self.0["http_filters"].as_array().unwrap().iter();
        &filters.find(|filter| filter["name"] == format!("envoy.filters.http.{name}")).unwrap()["typed_config"]
    }
}

impl Model for Envoy {
    fn cleared(&self, client: Headers) -> Headers {
        let drops =
            self.0["common_http_protocol_options"]["headers_with_underscores_action"] == "DROP_HEADER";
        let mutations = self.filter("header_mutation")["mutations"]["request_mutations"].as_array().unwrap();
        let removed: Vec<&str> = mutations.iter().map(|change| change["remove"].as_str().unwrap()).collect();
        let is_dropped = |name: &str| (drops && name.contains('_')) || removed.contains(&name);
        let mut left = client;
        left.retain(|(name, _)| !is_dropped(name));
        if self.0["use_remote_address"] == true {
            left.retain(|(name, _)| name != "x-forwarded-proto");
            left.push(("x-forwarded-proto".to_owned(), "https".to_owned()));
        }
        left
    }

    fn question(&self, herald: &str, headers: &Headers) -> RequestBuilder {
        let check = self.filter("ext_authz");
        let allowed = patterns(&check["allowed_headers"]);
        let is_sent = |name: &str| name == "authorization" || allowed.iter().any(|one| one.matches(name));
        let sent: Headers = headers.iter().filter(|(name, _)| is_sent(name)).cloned().collect();
        let path = check["http_service"]["path_prefix"].as_str().unwrap();
        with(client().get(format!("{herald}{path}/x")), &sent).header("Host", HOST)
    }

    fn admitted(&self, headers: Headers, answer: &HeaderMap) -> Headers {
        let response = &self.filter("ext_authz")["http_service"]["authorization_response"];
        let allowed = patterns(&response["allowed_upstream_headers"]);
        let mut copied = pairs(answer);
        copied.retain(|(name, _)| allowed.iter().any(|one| one.matches(name)));
        let mut left = headers;
        left.retain(|(name, _)| !copied.iter().any(|(own, _)| own == name));
        left.extend(copied);
        left
    }
}

/// Patterns of Envoy's.
fn patterns(list: &Value) -> Vec<Pattern> {
    let one = |pattern: &Value| match (&pattern["exact"], &pattern["prefix"], &pattern["safe_regex"]["regex"])
    {
        (Value::String(exact), _, _) => Pattern::whole(exact),
        (_, Value::String(prefix), _) => Pattern::beginning(prefix),
        (_, _, Value::String(regex)) => Pattern::whole(regex),
        _ => panic!("{pattern}"),
    };
    list["patterns"].as_array().unwrap().iter().map(one).collect()
}

fn pairs(headers: &HeaderMap) -> Headers {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn with(request: RequestBuilder, headers: &Headers) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// The example's part that a model follows.
fn example(name: &str, place: &str) -> Value {
    let text = tree::read(&format!("deploy/proxies/{name}"));
    let whole: Value = serde_norway::from_str(&text).unwrap();
    whole.pointer(place).unwrap_or_else(|| panic!("{name} has no {place}")).clone()
}

fn traefik() -> Value {
    example("traefik-routes.yaml", "/http/middlewares")
}

fn envoy() -> Value {
    example("envoy.yaml", "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config")
}

/// Herald with the site, and somebody who is signed in.
struct Scene {
    stack: Stack,
    token: String,
}

impl Scene {
    async fn start() -> Self {
        let origins = [("antirius".to_owned(), format!("https://{HOST}"))].into();
        let stack = Stack::start_with(|config| with_sites(config, &origins)).await;
        let done = stack.sign_in("antirius").await;
        let token = done.claim["session"]["access_token"].as_str().unwrap().to_owned();
        Self { stack, token }
    }

    /// Which of the client's lies about the person reach the application.
    async fn what_arrives(&self, model: &dyn Model) -> Headers {
        let request = tricks::lies(client().get("http://client.example/"));
        let lies = pairs(request.build().unwrap().headers());
        let anonymous = model.cleared(lies.clone());
        let refused = model.question(&self.stack.url, &anonymous).send().await.unwrap();
        assert_eq!(refused.status(), 401, "nothing of it signs anybody in");

        let mut told = lies;
        told.push(("authorization".to_owned(), format!("Bearer {}", self.token)));
        let cleared = model.cleared(told);
        let answer = model.question(&self.stack.url, &cleared).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let admitted = model.admitted(cleared, answer.headers());
        let own = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        for name in ["x-herald-subject", "x-herald-name", "x-herald-identity"] {
            let got: Vec<&str> =
                admitted.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value).collect();
            assert_eq!(got, [own(name).unwrap()], "{name}");
        }
        // Under every spelling that an application may take for ours there is what Herald says, or nothing.
        let plain = |name: &str| name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let is_lie = |(name, value): &(String, String)| {
            plain(name) == "forwarded"
                || (plain(name).starts_with("x-herald-") && own(&plain(name)).as_ref() != Some(value))
        };
        admitted.into_iter().filter(is_lie).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_examples_for_traefik_and_envoy_nothing_arrives_that_a_client_says_of_itself() {
    let scene = Scene::start().await;
    assert_eq!(scene.what_arrives(&Traefik(traefik())).await, []);
    assert_eq!(scene.what_arrives(&Envoy(envoy())).await, []);

    // And with less than the examples say something would.
    let mut careless = traefik();
    careless["herald-check"]["forwardAuth"]["authResponseHeadersRegex"] = json!("(?i)^x-herald-");
    assert_ne!(scene.what_arrives(&Traefik(careless)).await, []);
    let mut careless = traefik();
    let custom = careless["no-claims"]["headers"]["customRequestHeaders"].as_object_mut().unwrap();
    custom.remove("Forwarded").unwrap();
    assert_ne!(scene.what_arrives(&Traefik(careless)).await, []);
    let mut careless = envoy();
    careless["http_filters"][1]["typed_config"]["http_service"]["authorization_response"]["allowed_upstream_headers"]
        ["patterns"][0]["safe_regex"]["regex"] = json!("x-herald-.*");
    assert_ne!(scene.what_arrives(&Envoy(careless)).await, []);
}
