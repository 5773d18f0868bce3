//! What somebody sends who wants to be taken for somebody else, or past the check.

use std::process::Command;

use reqwest::{Method, RequestBuilder};

use super::{Front, Kind, Seen, checks::as_page};
use crate::stack::{TENANTS, client};

/// Spellings of the identity headers that applications take for one and the same.
const SPELLINGS: [&str; 11] = [
    "X-Herald-Subject",
    "x-herald-subject",
    "X_Herald_Subject",
    "X-Herald_Subject",
    "x_herald-subject",
    "X.Herald.Subject",
    "X-Herald-Name",
    "X_HERALD_NAME",
    "X-Herald~Name",
    "X-Herald-Identity",
    "X_Herald_Identity",
];
/// What is claimed of the request itself, to another proxy's custom.
const FORWARDED: [(&str, &str); 10] = [
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Forwarded-Host", "spoofed.example"),
    ("X-Forwarded-Proto", "spoofed"),
    ("X-Forwarded-Method", "OPTIONS"),
    ("X-Forwarded-Uri", "/spoofed"),
    ("X-Original-Url", "https://spoofed.example/"),
    ("X-Original-Method", "OPTIONS"),
    ("X_Forwarded_Host", "spoofed.example"),
    ("X_Original_Url", "https://spoofed.example/"),
    ("Forwarded", "for=6.6.6.6;host=spoofed.example;proto=spoofed"),
];

/// The request with every lie at once.
pub(super) fn lies(request: RequestBuilder) -> RequestBuilder {
    let request = SPELLINGS.iter().fold(request, |request, name| request.header(*name, "spoofed"));
    FORWARDED.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// Nothing that was said of the person has come through, under no spelling at all.
pub(super) fn are_none_left(seen: &Seen) {
    for (name, value) in seen.headers() {
        let plain = name.to_ascii_lowercase().replace(['_', '.', '~'], "-");
        assert!(!(plain.starts_with("x-herald") && value.contains("spoofed")), "{name}: {value}");
        let is_ours = plain.starts_with("x-herald");
        assert!(
            !is_ours || name.to_ascii_lowercase() == plain,
            "a spelling of the client's: {name}: {value}"
        );
        assert_ne!(plain, "forwarded", "{value}");
    }
}

impl Front {
    /// The status of a request for exactly this path, which a browser would tidy up first. It carries a key that would
    /// open Herald's API if it came through to it.
    fn raw_status(&self, address: &str) -> u16 {
        self.curl(address, &["--header", &format!("Authorization: Bearer {}", TENANTS[1].1)])
    }

    /// The status of a request to the proxy at the host and port `there` that says it is for `here`.
    pub(super) fn foreign_host(&self, there: &str, here: &str, target: &str, cookie: &str) -> u16 {
        let host = format!("Host: {here}");
        let said = ["--http1.1", "--header", &host, "--header", cookie, "--request-target", target];
        self.curl(&format!("https://{there}/"), &said)
    }

    fn curl(&self, address: &str, more: &[&str]) -> u16 {
        let (host, port) =
            address.trim_start_matches("https://").split('/').next().unwrap().split_once(':').unwrap();
        let output = Command::new("curl")
            .args(["--silent", "--path-as-is", "--output", "/dev/null", "--write-out", "%{http_code}"])
            .arg("--cacert")
            .arg(&self.certificate.chain)
            .args(["--resolve", &format!("{host}:{port}:127.0.0.1")])
            .args(more)
            .arg(address)
            .output()
            .expect("curl runs (scripts/install.sh installs it)");
        String::from_utf8_lossy(&output.stdout).parse().unwrap_or_else(|_| panic!("{address}: {output:?}"))
    }
}

pub(super) async fn nothing_but_heralds_pages_is_reached_without_the_check(kind: Kind) {
    let front = Front::start(kind, &["antirius"]).await;
    let origin = front.origin("antirius").to_owned();
    let mut browser = front.browser();
    for path in [
        "/",
        "/.herald",
        "/.herald/",
        "/.herald/v1/logins",
        "/.herald/v1/forward-auth/nginx",
        "/.herald/docs/",
        "/.herald/openapi.json",
        "/.herald/t/antirius/.well-known/jwks.json",
        "/.herald-check",
        "/.herald/startle",
        "/.herald/logout/x",
        "/v1/logins",
        "//.herald/v1/logins",
        "/.herald/login/%2e%2e/v1/logins",
        "/.herald/login/..%2fv1/logins",
        "/.herald/login/%2e%2e%2fv1%2flogins",
        "/.herald/qr/%252e%252e/v1/logins",
        "/.herald/login//../v1/logins",
        "/.herald/start/../v1/logins",
        "/.herald/login;/../v1/logins",
        "/.HERALD/v1/logins",
        "/.herald/login/../../admin",
        "/public/../admin",
        "/public%23x",
        "/a?next=/.herald/login/x",
        "/v1/forward-auth/envoy/%2e%2e/%2e%2e/%2e%2e/.herald/login/x",
        "/.herald/v1/forward-auth/envoy/%2e%2e/%2e%2e/%2e%2e/login/x",
        "/v1/logins/%2e%2e%2f%2e%2e%2f.herald%2flogin%2fx",
    ] {
        let status = front.raw_status(&format!("{origin}{path}"));
        assert!([400, 401, 404].contains(&status), "{path}: {status}");
    }
    for agent in ["kube-probe/1.30", "GoogleHC/1.0", "ELB-HealthChecker/2.0"] {
        let probe = |request: RequestBuilder| request.header("User-Agent", agent);
        let answer = browser.send(Method::GET, &format!("{origin}/healthz"), probe).await;
        assert_eq!(answer.status(), 401, "{agent}");
    }
    assert_eq!(front.app.requests(), 0, "and nothing reached the application");
    let metrics = format!("{}/metrics", front.stack.management_url);
    let metrics = client().get(metrics).send().await.unwrap().text().await.unwrap();
    let mut asked = metrics.lines().filter(|line| line.contains(r#"route="/v1"#));
    let own = format!(r#"route="/v1/forward-auth/{kind:?}""#).to_ascii_lowercase();
    assert!(metrics.contains(&own), "{metrics}");
    assert!(asked.all(|line| line.contains(&own)), "a browser has reached Herald's API: {metrics}");

    for path in ["/.herald/signed-out", "/.herald/start?rd=/x"] {
        let answer = browser.send(Method::GET, &format!("{origin}{path}"), as_page).await;
        assert!([200, 303].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
    }
}

pub(super) async fn a_host_with_another_port_opens_nothing_of_another_site(kind: Kind) {
    let front = Front::on_one_host(kind, &["antirius", "antara"]).await;
    let host_of = |tenant: &str| front.origin(tenant).trim_start_matches("https://").to_owned();
    let (mine, theirs) = (host_of("antirius"), host_of("antara"));
    // A real browser sends its cookies to every port of a host.
    let mut browser = front.http1_browser();
    front.sign_in(&mut browser, "antirius", "/x").await;
    let before = front.app.requests();
    let mut status = async |there: &str, host: &str| {
        let named = |request: RequestBuilder| request.header("Host", host);
        browser.send(Method::GET, &format!("https://{there}/x"), named).await.status().as_u16()
    };
    assert_eq!(status(&mine, &mine).await, 200, "it is good where it was given");
    for host in [&*mine, &*theirs, "one.example", "one.example:443", "one.example:1"] {
        let status = status(&theirs, host).await;
        assert!([401, 421].contains(&status), "{host}: {status}");
    }
    assert_eq!(front.app.requests(), before + 1, "only the first has reached the application");

    // Herald's pages are the site's own too.
    let start = format!("{}/.herald/start?rd=/x", front.origin("antara"));
    for host in [&mine, &theirs] {
        let named = |request: RequestBuilder| as_page(request).header("Host", host);
        let answer = browser.send(Method::GET, &start, named).await;
        let to = answer.headers()["location"].to_str().unwrap();
        assert!(to.starts_with(&format!("https://{theirs}/.herald/login/")), "{host}: {to}");
    }
}
