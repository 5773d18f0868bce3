//! The application behind a proxy. It answers with the request as it arrived, header by header, so that a test sees what
//! the proxy let through; it upgrades whoever asks for a WebSocket, and then gives back what it is sent.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A running application. It knows nothing of Herald.
pub(crate) struct App {
    pub(crate) address: String,
    requests: Arc<AtomicUsize>,
}

impl App {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port").to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    // A client that goes away is no fault of the application.
                    let _ = answer(stream, &count).await;
                });
            }
        });
        Self { address, requests }
    }

    /// How many requests have arrived.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// The request as the application saw it, out of its answer.
pub(crate) struct Seen(Value);

impl Seen {
    pub(crate) fn of(answer: &str) -> Self {
        Self(serde_json::from_str(answer).unwrap_or_else(|_| panic!("not the application's: {answer}")))
    }

    /// The values of all headers of this name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// Every header, in the spelling and order in which it came.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let list = self.0["headers"].as_array().expect("headers");
        list.iter().map(|pair| (pair[0].as_str().expect("a name"), pair[1].as_str().expect("a value")))
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        self.0["target"].as_str().expect("a target")
    }

    /// What was sent along.
    pub(crate) fn body(&self) -> &str {
        self.0["body"].as_str().expect("a body")
    }
}

async fn answer(mut stream: TcpStream, count: &AtomicUsize) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break head;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    count.fetch_add(1, Ordering::SeqCst);
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.split("\r\n");
    let request = lines.next().unwrap_or_default();
    let target = request.split(' ').nth(1).unwrap_or_default();
    let headers: Vec<(&str, &str)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim())).collect();
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value)
    };

    if header("upgrade").eq_ignore_ascii_case("websocket") {
        let switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        stream.write_all(switch).await?;
        let (mut from, mut to) = stream.split();
        return tokio::io::copy(&mut from, &mut to).await.map(|_| ());
    }
    let length: usize = header("content-length").parse().unwrap_or(0);
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let body = String::from_utf8_lossy(&bytes[head + 4..]);
    let seen = json!({ "request": request, "target": target, "headers": headers, "body": body });
    let (kind, answer) = if target.starts_with("/home") {
        ("text/html", home(&seen))
    } else {
        ("application/json", seen.to_string())
    };
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    );
    stream.write_all(answer.as_bytes()).await
}

/// A page of the application: what arrived, and the button that every site has.
fn home(seen: &Value) -> String {
    let seen = seen.to_string().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<!doctype html><title>Home</title><h1>At home</h1><pre>{seen}</pre>\
         <form method=post action=\"/.herald/logout\"><button>Sign out</button></form>"
    )
}
