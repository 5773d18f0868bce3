//! A stand-in for Herald: answers each path with what the test gave, and keeps what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A server on a port of its own, gone with the test's runtime.
pub(crate) struct Upstream {
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// `answers`: `"METHOD /path"` → everything that goes on the wire. Connections are closed after each.
    pub(crate) async fn start(answers: HashMap<&'static str, String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        let answers = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, kept) = (Arc::clone(&answers), Arc::clone(&kept));
                tokio::spawn(async move { serve(stream, &answers, &kept).await });
            }
        });
        Self { url: Url::parse(&url).expect("an address"), asked }
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// A whole answer with a JSON body.
pub(crate) fn json_answer(status: u16, body: &serde_json::Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

async fn serve(mut stream: TcpStream, answers: &HashMap<&'static str, String>, kept: &Mutex<Vec<String>>) {
    let mut request = String::new();
    let mut buffer = vec![0; 16 * 1024];
    while !is_whole(&request) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    let target = request.split(" HTTP/").next().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    kept.lock().expect("no panic").push(request);
    let missing = json_answer(404, &serde_json::json!({ "code": "not_found" }));
    let answer = answers.get(path.as_str()).unwrap_or(&missing);
    if stream.write_all(answer.as_bytes()).await.is_ok() && answer.contains("text/event-stream") {
        // An event stream stays open until the reader goes.
        while matches!(stream.read(&mut buffer).await, Ok(count) if count > 0) {}
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    body.len() >= length.unwrap_or(0)
}
