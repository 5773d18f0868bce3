//! Connections that do not come about, or break.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};

use super::{
    bed::{Bed, Class},
    peer::{Act, Peer, answer, success, taken},
};
use crate::{process::Process, stack::free_ports};

#[tokio::test(flavor = "multi_thread")]
async fn what_never_reached_the_provider_is_sent_when_it_is_back_and_once() {
    let dir = TempDir::new().unwrap();
    let (untrusted, elsewhere) =
        (TlsPeer::start(&dir, "IP:127.0.0.1"), TlsPeer::start(&dir, "DNS:other.example"));
    let (silent, _full) = unanswered().await;
    let [refused] = free_ports();
    let broken = [
        ("refused", format!("http://127.0.0.1:{refused}")),
        ("unknown-name", "http://no-such-host.invalid".to_owned()),
        ("untrusted", untrusted.url()),
        ("other-host", elsewhere.url()),
        (
            "no-tls",
            format!(
                "https://{}",
                Peer::start(Act::Say(b"hello\r\n".to_vec())).await.origin().trim_start_matches("http://")
            ),
        ),
        ("no-answer-to-syn", silent),
    ];
    let bed = Bed::start(broken.iter().map(|(name, url)| (*name, url.clone())));
    let look = async |name: &str| {
        let id = bed.accept(name, name, &json!({})).await;
        let now = bed.tried(&id, 1).await;
        let first = &now["attempts"][0];
        assert_eq!(first["status"], "failed", "{name}: {now}");
        assert!(["queued", "sending"].contains(&now["status"].as_str().unwrap()), "{name}: {now}");
        // Connecting takes half of the total time at most.
        assert!(first["duration_seconds"].as_f64().unwrap() < 2.0, "{name}: {now}");
        id
    };
    let ids = join_all(broken.iter().map(|(name, _)| look(name))).await;

    let good = join_all(broken.iter().map(|_| Peer::start(Act::SayAndGoOn(taken("m-1"))))).await;
    bed.lead(broken.iter().zip(&good).map(|((name, _), peer)| (*name, peer.origin())));
    for (((name, _), id), peer) in broken.iter().zip(&ids).zip(&good) {
        let now = bed.rest(id).await;
        assert_eq!(now["status"], "sent", "{name}: {now}");
        assert_eq!(peer.requests().len(), 1, "{name}");
    }
    for tls in [untrusted, elsewhere] {
        let log = tls.0.log();
        assert!(!log.contains("POST") && !log.contains(super::bed::TOKEN), "{log}");
    }
    bed.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_after_the_first_byte_leaves_an_unknown_end() {
    let body = success("m-1");
    let short = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len() + 10);
    let whole = taken("m-1");
    let slow = Duration::from_millis(40);
    let rows = [
        ("reset-in-the-body", Act::ResetInBody),
        ("reset-after-it", Act::ResetAfterRequest),
        ("closed-after-it", Act::Say(Vec::new())),
        ("closed-in-the-head", Act::Say(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())),
        ("closed-in-the-body", Act::Say(short.clone().into_bytes())),
        (
            "closed-in-a-chunk",
            Act::Say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"s".to_vec()),
        ),
        ("never-answered", Act::SayAndHold(Vec::new())),
        ("stopped-in-the-body", Act::SayAndHold(short.into_bytes())),
        ("slow-head", Act::Drip(answer("200 OK", &format!("x-a: {}\r\n", "a".repeat(100)), ""), slow)),
        ("slow-body", Act::Drip(whole, slow)),
    ];
    all_end(rows, Class::Ambiguous).await;
}

/// Each row ends as that class says.
pub(super) async fn all_end<const N: usize>(rows: [(&'static str, Act); N], class: Class) {
    let peers = join_all(rows.map(|(name, act)| async move { (name, Peer::start(act).await) })).await;
    let bed = Bed::of(peers.iter().map(|(name, peer)| (*name, peer)));
    join_all(peers.iter().map(|(name, peer)| bed.expect(name, peer, class))).await;
    bed.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_as_it_begins_sends_nothing_twice() {
    // Whether a byte had left by then is a race; what is said of it has to be true.
    for act in [Act::ResetAtOnce, Act::CloseAtOnce] {
        let peer = Peer::start(act).await;
        let bed = Bed::of([("main", &peer)]);
        let id = bed.accept("main", "k", &json!({})).await;
        let first = bed.tried(&id, 1).await;
        peer.now_does(Act::SayAndGoOn(taken("m-1")));
        let now = bed.rest(&id).await;
        let expected = if first["attempts"][0]["status"] == "failed" { ("sent", 1) } else { ("unknown", 0) };
        assert_eq!((now["status"].as_str().unwrap(), peer.requests().len()), expected, "{now}");
        bed.is_well();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_closes_under_a_request_sends_nothing_twice() {
    let peer = Peer::start(Act::Say(taken("m-1"))).await;
    let bed = Bed::of([("main", &peer)]);
    for number in 0..30 {
        let id = bed.accept("main", &format!("number {number}."), &json!({})).await;
        let now = bed.rest(&id).await;
        let asked = peer.requests().iter().filter(|text| text.contains(&format!("number {number}."))).count();
        match now["status"].as_str().unwrap() {
            "sent" => assert_eq!(asked, 1, "{now}"),
            "unknown" => assert!(asked <= 1, "{now}"),
            other => panic!("{other}: {now}"),
        }
    }
    bed.is_well();
}

/// An address whose connections are never answered, because the queue of its listener is full; and what keeps it full.
async fn unanswered() -> (String, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let began = Instant::now();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        waiting.push(stream.unwrap());
        assert!(began.elapsed() < Duration::from_secs(20), "the queue is never full");
    }
    // It lives as long as the test's program.
    std::mem::forget(listener);
    (format!("http://{address}"), waiting)
}

/// A TLS server whose certificate nobody trusts.
struct TlsPeer(Process, u16);

impl TlsPeer {
    fn start(dir: &TempDir, name: &str) -> Self {
        let [port] = free_ports();
        let file = |kind: &str| dir.path().join(format!("{port}.{kind}"));
        let output = Command::new("openssl")
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=peer"
                    .split(' '),
            )
            .args(["-addext", &format!("subjectAltName={name}")])
            .args(["-keyout".as_ref(), file("key").as_os_str(), "-out".as_ref(), file("pem").as_os_str()])
            .output()
            .expect("openssl runs (scripts/install.sh installs it)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut command = Command::new("openssl");
        command.args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}")]);
        command.args(["-key".as_ref(), file("key").as_os_str(), "-cert".as_ref(), file("pem").as_os_str()]);
        let peer = Process::run(&mut command);
        peer.says(&["ACCEPT"]);
        Self(peer, port)
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.1)
    }
}
