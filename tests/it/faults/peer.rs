//! A peer that does with a request whatever a broken provider might do, and keeps what it was asked.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the peer does with a connection, once it has read a request (or before, where it says so).
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Resets the connection before reading.
    ResetAtOnce,
    /// Closes the connection before reading.
    CloseAtOnce,
    /// Reads the head and some of the body, then resets.
    ResetInBody,
    /// Reads the request, then resets.
    ResetAfterRequest,
    /// Sends these bytes, then closes.
    Say(Vec<u8>),
    /// Sends these bytes, and waits for the next request.
    SayAndGoOn(Vec<u8>),
    /// Sends these bytes, then keeps silent with the line open.
    SayAndHold(Vec<u8>),
    /// Sends these bytes, then those others without end.
    Flood(Vec<u8>, Vec<u8>),
    /// Sends these bytes one by one with a pause between.
    Drip(Vec<u8>, Duration),
    /// Answers as [`Act::SayAndGoOn`], but keeps silent when the request holds these words.
    SilentAbout(&'static str, Vec<u8>),
}

/// An answer with this status, these header lines and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// What Antirius says to a message that it took.
pub(crate) fn taken(message_id: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", &success(message_id))
}

/// The body of [`taken`].
pub(crate) fn success(message_id: &str) -> String {
    format!(r#"{{"success":true,"platform":"telegram","message_id":"{message_id}","correlation_id":"c-1"}}"#)
}

#[derive(Debug)]
struct Shared {
    act: Mutex<Act>,
    connections: AtomicUsize,
    requests: Mutex<Vec<(Instant, String)>>,
    arrived: watch::Sender<usize>,
}

/// A listening peer; ends with the test's runtime.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Peer {
    pub(crate) async fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            act: Mutex::new(act),
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
            arrived: watch::Sender::new(0),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { shared, address }
    }

    /// What it does from the next request on.
    pub(crate) fn now_does(&self, act: Act) {
        *locked(&self.shared.act) = act;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The requests so far, head and body, and when each was read.
    pub(crate) fn requests(&self) -> Vec<(Instant, String)> {
        locked(&self.shared.requests).clone()
    }

    /// Waits until that many requests have been read.
    pub(crate) async fn has_read(&self, requests: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        let wait = arrived.wait_for(|count| *count >= requests);
        tokio::time::timeout(Duration::from_secs(30), wait)
            .await
            .expect("they come")
            .expect("the peer lives");
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    // Some act before they read: those are asked once for each connection.
    let act = locked(&shared.act).clone();
    match act {
        Act::ResetAtOnce => return reset(&stream),
        Act::CloseAtOnce => return,
        Act::ResetInBody => {
            let mut head = [0; 64];
            let _ = stream.read(&mut head).await;
            return reset(&stream);
        }
        _ => {}
    }
    let mut bytes = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut bytes).await {
        let is_about = |words: &str| request.contains(words);
        let act = locked(&shared.act).clone();
        let act = match act {
            Act::SilentAbout(words, _) if is_about(words) => Act::SayAndHold(Vec::new()),
            Act::SilentAbout(_, bytes) => Act::SayAndGoOn(bytes),
            act => act,
        };
        locked(&shared.requests).push((Instant::now(), request));
        shared.arrived.send_modify(|count| *count += 1);
        // A client that has gone away makes writing fail; that is its right.
        match act {
            Act::SayAndGoOn(bytes) => {
                if stream.write_all(&bytes).await.is_ok() {
                    continue;
                }
            }
            act => do_last(act, &mut stream).await,
        }
        return;
    }
}

/// What ends with the connection.
async fn do_last(act: Act, stream: &mut TcpStream) {
    match act {
        Act::Say(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Act::SayAndHold(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read(&mut [0; 1]).await;
        }
        Act::Flood(head, piece) => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(&piece).await.is_ok() {}
        }
        Act::Drip(bytes, pause) => {
            let mut ticks = tokio::time::interval(pause);
            for byte in bytes {
                ticks.tick().await;
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        }
        _ => reset(stream),
    }
}

/// Closes with RST instead of FIN.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

/// The next request, which may have begun in `bytes` already; what follows it stays there.
async fn read_request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = end_of_request(bytes) {
            return Some(String::from_utf8_lossy(&bytes.drain(..end).collect::<Vec<u8>>()).into_owned());
        }
        if !stream.read_buf(bytes).await.is_ok_and(|read| read > 0) {
            return None;
        }
    }
}

fn end_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let end = head + 4 + length.unwrap_or_default();
    (bytes.len() >= end).then_some(end)
}
