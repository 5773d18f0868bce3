//! Callers that wait for logins, thousands at once: one connection with one unanswered request each, and nothing else.

use std::{fs, process::Command};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A waiting peek that was sent and has no answer yet.
pub(crate) struct Waiter(TcpStream);

impl Waiter {
    /// Sends `GET /v1/logins/{id}` with the longest wait there is.
    pub(crate) async fn send(herald: &str, key: &str, id: &str) -> Self {
        let address = herald.strip_prefix("http://").expect("Herald is reached without TLS");
        let mut stream = TcpStream::connect(address).await.expect("Herald accepts connections");
        let request = format!(
            "GET /v1/logins/{id} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Prefer: wait=60\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("Herald takes the request");
        Self(stream)
    }

    /// The login as Herald shows it when the wait is over.
    pub(crate) async fn answer(mut self) -> Value {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).await.expect("the answer ends");
        let text = String::from_utf8(bytes).expect("Herald speaks UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        assert!(head.starts_with("HTTP/1.1 200 "), "{text}");
        assert!(head.to_ascii_lowercase().contains("\r\npreference-applied: wait=60"), "{head}");
        serde_json::from_str(body).expect("Herald speaks JSON")
    }
}

/// Sees to it that this process, and those that it starts from now on, may have so many files open. Shells often start with
/// 1,024 and allow more on demand; where even the hard limit is lower, the test cannot be run and fails here.
pub(crate) fn allow_open_files(needed: u64) {
    let limits = fs::read_to_string("/proc/self/limits").expect("a Linux process can read its limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("files are limited");
    let limits: Vec<u64> =
        line.split_whitespace().map(|word| word.parse().unwrap_or(u64::MAX)).skip(3).collect();
    let (soft, hard) = (limits[0], limits[1]);
    if soft >= needed {
        return;
    }
    assert!(
        hard >= needed,
        "this test opens {needed} files and the hard limit is {hard}: raise it (ulimit -Hn)"
    );
    let pid = std::process::id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={needed}:")]).status();
    assert!(
        raised.is_ok_and(|status| status.success()),
        "prlimit (util-linux) cannot raise the open files to {needed}"
    );
}
