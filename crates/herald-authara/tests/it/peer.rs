//! A server that answers each path with bytes as they are, and keeps what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// Answers by the first line of a request, up to the version: `POST /auth/…?…`.
type Answers = HashMap<&'static str, Vec<u8>>;

/// A server on a port of its own, gone with the test's runtime.
pub(crate) struct Peer {
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    pub(crate) async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (asked, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answers));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, kept) = (Arc::clone(&answers), Arc::clone(&kept));
                tokio::spawn(async move { serve(stream, &answers, &kept).await });
            }
        });
        Self { url: Url::parse(&url).expect("an address"), asked }
    }

    /// The heads of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// A whole answer without a body, with these values of `Set-Cookie`.
pub(crate) fn with_cookies(status: u16, cookies: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n").into_bytes();
    for cookie in cookies {
        answer.extend_from_slice(b"Set-Cookie: ");
        answer.extend_from_slice(cookie.as_ref());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    answer
}

/// A whole answer with a JSON body.
pub(crate) fn json(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

async fn serve(mut stream: TcpStream, answers: &Answers, kept: &Mutex<Vec<String>>) {
    let (mut request, mut buffer) = (String::new(), vec![0; 4096]);
    while !request.contains("\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    let line = request.split(" HTTP/1.1").next().unwrap_or_default().to_owned();
    kept.lock().expect("no panic").push(request);
    // What nobody gave an answer for is closed without one.
    if let Some(answer) = answers.get(line.as_str()) {
        // A client that has gone away makes writing fail; that is its right.
        let _ = stream.write_all(answer).await;
    }
}
