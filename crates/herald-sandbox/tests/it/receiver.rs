//! An endpoint for webhooks: keeps what was posted, byte for byte, and answers as it was told.

use std::collections::VecDeque;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use url::Url;

/// What a script says instead of a status: the connection is closed.
pub(crate) const CLOSE: u16 = 0;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Posted {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

pub(crate) struct Receiver {
    pub(crate) url: Url,
    posted: mpsc::UnboundedReceiver<Posted>,
}

impl Receiver {
    /// Answers these statuses in turn, then 204.
    pub(crate) async fn start(script: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let url = Url::parse(&format!("http://127.0.0.1:{port}/hooks/acme/main")).expect("an address");
        let (sender, posted) = mpsc::unbounded_channel();
        let mut script: VecDeque<u16> = script.iter().copied().collect();
        tokio::spawn(async move {
            // One request for each connection, so that the script is followed in order.
            while let Ok((stream, _)) = listener.accept().await {
                let status = script.pop_front().unwrap_or(204);
                let Some(posted) = answer(stream, status).await else { continue };
                if sender.send(posted).is_err() {
                    return;
                }
            }
        });
        Self { url, posted }
    }

    /// The next request; fails when none comes for ten seconds.
    pub(crate) async fn next(&mut self) -> Posted {
        let wait = tokio::time::timeout(std::time::Duration::from_secs(10), self.posted.recv());
        wait.await.expect("a request in time").expect("the receiver lives")
    }

    /// A request that has arrived already.
    pub(crate) fn arrived(&mut self) -> Option<Posted> {
        self.posted.try_recv().ok()
    }
}

/// Reads one request and answers it. `None`: the connection carried none.
async fn answer(stream: TcpStream, status: u16) -> Option<Posted> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let mut posted = Posted { path, headers, body: Vec::new() };
    let length = posted.header("content-length")?.parse().ok()?;
    posted.body = vec![0; length];
    stream.read_exact(&mut posted.body).await.ok()?;
    if status != CLOSE {
        let text = format!("HTTP/1.1 {status} Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).await.ok()?;
    }
    Some(posted)
}
