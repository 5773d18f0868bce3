//! A real nginx with `deploy/replicas/nginx.conf`: who is asked again, what is passed on, and what Herald hears of the client.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::replicas::name_of;
use crate::{
    process::{self, Process},
    proxy::{App, Seen, certificate::Certificate},
    stack::free_ports,
    tree,
};

/// How many requests a test sends: the two replicas take turns.
const MANY: usize = 20;

struct Nginx {
    client: reqwest::Client,
    url: String,
    _process: Process,
    _dir: TempDir,
}

impl Nginx {
    /// Starts one in front of two replicas at these addresses.
    fn start(replicas: [&str; 2]) -> Self {
        let dir = TempDir::new().expect("a directory for nginx");
        let certificate = Certificate::make(dir.path(), &["login.example".to_owned()]);
        let [port] = free_ports();
        let config = changed(
            &example(&certificate, dir.path()),
            &[
                ("listen 8443 ssl;", &format!("listen 127.0.0.1:{port} ssl;")),
                ("172.30.90.11:8080", replicas[0]),
                ("172.30.90.12:8080", replicas[1]),
                // It tells when it has begun to listen.
                ("error_log /dev/stderr crit;", "error_log stderr notice;"),
            ],
        );
        let file = dir.path().join("nginx.conf");
        fs::write(&file, config).expect("the configuration is written");
        let mut command = process::nginx();
        command.args(["-e", "stderr", "-g", "daemon off; master_process off;", "-c"]).arg(&file);
        let process = Process::run(&mut command);
        process.says(&["event method"]);
        let client = certificate.client();
        Self { client, url: format!("https://login.example:{port}"), _process: process, _dir: dir }
    }

    fn asks(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    async fn status(&self, method: reqwest::Method, path: &str) -> u16 {
        let request = self.asks(method, path).body("{}");
        request.send().await.expect("nginx answers").status().as_u16()
    }
}

/// The example with places of this test.
fn example(certificate: &Certificate, dir: &Path) -> String {
    let (chain, key, dir) =
        (certificate.chain.to_string_lossy(), certificate.key.to_string_lossy(), dir.to_string_lossy());
    let config = tree::read("deploy/replicas/nginx.conf");
    changed(
        &config,
        &[
            (" /tmp/", &format!(" {dir}/")),
            ("/run/secrets/tls_certificate", &chain),
            ("/run/secrets/tls_key", &key),
        ],
    )
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "nginx.conf does not say {from:?}");
        text.replace(from, to)
    })
}

/// A replica that dies whenever it has read a request, and how many it has read.
async fn dying() -> (String, Arc<AtomicUsize>) {
    replica("").await
}

/// A replica that says this to every request and hangs up, and how many it has read.
async fn replica(answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound port").to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
                if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            read.fetch_add(1, Ordering::SeqCst);
            // nginx may have gone.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, count)
}

#[test]
fn nginx_takes_the_file_as_it_is() {
    let dir = TempDir::new().expect("a directory for nginx");
    let certificate = Certificate::make(dir.path(), &["login.example".to_owned()]);
    let file = dir.path().join("nginx.conf");
    fs::write(&file, example(&certificate, dir.path())).expect("the configuration is written");
    let output = process::nginx().args(["-t", "-c"]).arg(&file).output().expect("nginx runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(name_of(&tree::read("deploy/replicas/nginx.conf")), "login.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_replica_restarts_the_other_one_answers_everything() {
    let alive = App::start().await;
    let [refusing] = free_ports();
    let nginx = Nginx::start([&format!("127.0.0.1:{refusing}"), &alive.address]);
    for _ in 0..MANY {
        assert_eq!(nginx.status(reqwest::Method::POST, "/v1/notifications").await, 200);
        assert_eq!(nginx.status(reqwest::Method::GET, "/v1/logins").await, 200);
    }
    assert_eq!(alive.requests(), 2 * MANY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_taken_effect_is_never_sent_again() {
    let alive = App::start().await;
    let (dying, read) = dying().await;
    let nginx = Nginx::start([&dying, &alive.address]);
    let mut broken = 0;
    for method in [reqwest::Method::POST, reqwest::Method::PATCH] {
        for _ in 0..MANY {
            match nginx.status(method.clone(), "/v1/notifications/ntf_1/next").await {
                200 => {}
                502 => broken += 1,
                other => panic!("{other}"),
            }
        }
    }
    let dead = read.load(Ordering::SeqCst);
    assert!(dead > 0, "the replica that dies was never asked");
    assert_eq!((dead, alive.requests()), (broken, 2 * MANY - broken), "each was sent once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_asked_twice_is_answered_although_a_replica_dies() {
    let alive = App::start().await;
    let (dying, read) = dying().await;
    let nginx = Nginx::start([&dying, &alive.address]);
    let posts = [
        "/v1/notifications",
        "/v1/notifications/batch",
        "/v1/logins",
        "/v1/logins/log_1/claim",
        "/v1/sessions/verify",
        "/v1/sessions/refresh",
        "/v1/sessions/refresh-cookies",
        "/v1/oauth/introspect",
    ];
    for path in posts {
        for _ in 0..MANY {
            assert_eq!(nginx.status(reqwest::Method::POST, path).await, 200, "{path}");
        }
    }
    for _ in 0..MANY {
        assert_eq!(nginx.status(reqwest::Method::GET, "/callback/acme/main?code=c&state=s").await, 200);
    }
    assert!(read.load(Ordering::SeqCst) > 0, "the replica that dies was never asked");
    assert_eq!(alive.requests(), MANY * (posts.len() + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_a_stopping_replica_refuses_is_begun_at_the_other_and_nothing_else_is_asked_twice() {
    let alive = App::start().await;
    let (stopping, read) =
        replica("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    let nginx = Nginx::start([&stopping, &alive.address]);
    for _ in 0..MANY {
        assert_eq!(nginx.status(reqwest::Method::GET, "/v1/logins/log_1/events").await, 200);
        assert_eq!(nginx.status(reqwest::Method::GET, "/login/log_1/events").await, 200);
    }
    assert_eq!(alive.requests(), 2 * MANY);
    let before = read.load(Ordering::SeqCst);
    assert!(before > 0, "the replica that stops was never asked");
    let mut refused = 0;
    for _ in 0..MANY {
        refused += usize::from(nginx.status(reqwest::Method::GET, "/v1/logins").await == 503);
    }
    assert_eq!(read.load(Ordering::SeqCst) - before, refused);
    assert_eq!(alive.requests(), 3 * MANY - refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_outsiders_have_no_business_with_is_not_passed_on() {
    let herald = App::start().await;
    let nginx = Nginx::start([&herald.address, &herald.address]);
    for path in [
        "/v1/admin/delivery",
        "/v1/%61dmin/delivery",
        "/v1//admin/delivery",
        "/v1/logins/../admin/delivery",
        "/v1/forward-auth/nginx",
        "/v1/forward-auth",
        "/login/v1/../../v1/forward-auth/traefik",
        "/livez",
        "/readyz",
        "/metrics",
        "/start",
        "/",
    ] {
        assert_eq!(nginx.status(reqwest::Method::GET, path).await, 404, "{path}");
    }
    let elsewhere = nginx.asks(reqwest::Method::GET, "/v1/logins").header("Host", "other.example");
    assert_eq!(elsewhere.send().await.expect("nginx answers").status().as_u16(), 421);
    assert_eq!(herald.requests(), 0);
    for path in [
        "/v1/logins/log_1/events",
        "/login/log_1/start?bind=1",
        "/qr/x.svg",
        "/callback/acme/main/a%2Fb?code=%20",
        "/hooks/acme/main",
        "/t/acme/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server/t/acme",
    ] {
        let answer = nginx.asks(reqwest::Method::GET, path).send().await.expect("nginx answers");
        assert_eq!(Seen::of(&answer.text().await.expect("a body")).target(), path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn herald_hears_from_nginx_who_asks_and_never_from_the_client() {
    let herald = App::start().await;
    let nginx = Nginx::start([&herald.address, &herald.address]);
    let request = nginx
        .asks(reqwest::Method::GET, "/v1/logins")
        .header("X-Forwarded-For", "203.0.113.7")
        .header("X-Forwarded-Host", "other.example")
        .header("X-Forwarded-Proto", "http")
        .header("Forwarded", "for=203.0.113.7")
        .header("X-Request-Id", "checkout-4711");
    let seen = Seen::of(&request.send().await.expect("nginx answers").text().await.expect("a body"));
    assert_eq!(seen.header("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen.header("x-forwarded-host"), ["login.example"]);
    assert_eq!(seen.header("x-forwarded-proto"), ["https"]);
    assert_eq!(seen.header("host"), ["login.example"]);
    assert!(seen.header("forwarded").is_empty());
    assert_eq!(seen.header("x-request-id"), ["checkout-4711"]);

    let request = nginx.asks(reqwest::Method::GET, "/v1/logins").header("X-Request-Id", "a b\"c");
    let seen = Seen::of(&request.send().await.expect("nginx answers").text().await.expect("a body"));
    let [id] = seen.header("x-request-id")[..] else { panic!("one id") };
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
}
