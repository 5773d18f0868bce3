//! A receiver of webhooks: a real listener on this machine that keeps what it gets and answers as it is told.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// One request that came.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    /// The request line and the headers.
    head: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.head, name).unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// Answers 204, unless it is told otherwise.
pub(crate) struct Receiver {
    address: SocketAddr,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    got: watch::Receiver<Vec<Got>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers = Arc::<Mutex<VecDeque<&'static str>>>::default();
        let (sender, got) = watch::channel(Vec::new());
        let script = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read(&mut stream).await else { continue };
                let answer = script.lock().expect("no panic").pop_front().unwrap_or("204 No Content");
                let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(head.as_bytes()).await;
                sender.send_modify(|all| all.push(request));
            }
        });
        Self { address, answers, got }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events?of=acme", self.address)
    }

    /// The next requests are answered with these status lines, one each.
    pub(crate) fn answers(&self, lines: impl IntoIterator<Item = &'static str>) {
        self.answers.lock().expect("no panic").extend(lines);
    }

    /// All that came, once there are so many.
    pub(crate) async fn got(&self, count: usize) -> Vec<Got> {
        self.got.clone().wait_for(|all| all.len() >= count).await.expect("a receiver").clone()
    }
}

/// The value of a header, as it was sent.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(its_name, value)| its_name.eq_ignore_ascii_case(name).then_some(value))
}

async fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some(Got { head: head.to_owned(), body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
