//! A tenant's own address that Herald tells of things: a server that hands what comes to the test, and takes it unless that was
//! sent to [`REFUSED`].

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// The path whose requests are answered with a 400.
pub(crate) const REFUSED: &str = "/refused";

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Told {
    head: String,
    pub(crate) body: String,
}

impl Told {
    /// Path and query of what was posted.
    pub(crate) fn target(&self) -> &str {
        self.head.strip_prefix("POST ").and_then(|rest| rest.split(' ').next()).expect("a POST")
    }

    /// A header, which has to be there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name}: {}", self.head)).1.trim()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A listening receiver; each path under `url` is one of its addresses.
pub(crate) struct Receiver {
    pub(crate) url: String,
    told: UnboundedReceiver<Told>,
}

impl Receiver {
    /// Listens on a free port.
    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1:0").await
    }

    /// Listens at this address.
    pub(crate) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let url = format!("http://{}", listener.local_addr().expect("a bound port"));
        let (tell, told) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, tell.clone()));
            }
        });
        Self { url, told }
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> Told {
        self.told.recv().await.expect("the receiver listens")
    }

    /// What has come and was not asked for yet.
    pub(crate) fn left(&mut self) -> Vec<Told> {
        std::iter::from_fn(|| self.told.try_recv().ok()).collect()
    }
}

/// Takes one request.
async fn take(mut stream: TcpStream, tell: UnboundedSender<Told>) {
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let told = Told { head: head.to_owned(), body: body.to_owned() };
        if body.len() < told.header("content-length").parse::<usize>().expect("a length") {
            continue;
        }
        let status = if told.target() == REFUSED { "400 Bad Request" } else { "204 No Content" };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        // The test may be over, and who sent this gone.
        let _ = tell.send(told);
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    }
}
