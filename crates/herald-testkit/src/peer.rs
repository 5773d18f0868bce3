//! A peer that does with a request whatever a broken provider might do, and keeps what it was asked.
//!
//! It speaks bytes, not HTTP: what a server library would put right is what these tests are about.

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

/// How long [`Peer::has_read`] waits for requests that do not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the peer does with a connection, once it has read a request (or before, where it says so).
#[derive(Clone, Debug)]
pub enum Act {
    /// Resets the connection before reading.
    ResetAtOnce,
    /// Closes the connection before reading.
    CloseAtOnce,
    /// Sends these bytes before reading, then closes.
    Greet(Vec<u8>),
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

/// The bytes of an answer with this status, these header lines (each with its line end) and this body.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
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
pub struct Peer {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Peer {
    /// Listens on a free port of this machine and does this with whoever connects.
    ///
    /// # Panics
    /// If there is no port to listen on.
    pub async fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared {
            act: Mutex::new(act),
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
            arrived: watch::Sender::new(0),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { shared, address }
    }

    /// What it does from the next request on.
    pub fn now_does(&self, act: Act) {
        *locked(&self.shared.act) = act;
    }

    /// Where it listens, as in `http://127.0.0.1:4711`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The requests so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        locked(&self.shared.requests).iter().map(|(_, request)| request.clone()).collect()
    }

    /// When each of the requests was read.
    pub fn arrivals(&self) -> Vec<Instant> {
        locked(&self.shared.requests).iter().map(|(at, _)| *at).collect()
    }

    /// Waits until that many requests have been read.
    ///
    /// # Panics
    /// If they have not come after 30 s.
    pub async fn has_read(&self, requests: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        let wait = arrived.wait_for(|count| *count >= requests);
        tokio::time::timeout(PATIENCE, wait).await.expect("they come").expect("the peer lives");
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
        Act::Greet(bytes) => return greet(&mut stream, &bytes).await,
        Act::ResetInBody => {
            let mut head = [0; 64];
            let _ = stream.read(&mut head).await;
            return reset(&stream);
        }
        _ => {}
    }
    let mut bytes = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut bytes).await {
        let act = match locked(&shared.act).clone() {
            Act::SilentAbout(words, _) if request.contains(words) => Act::SayAndHold(Vec::new()),
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

/// Speaks first.
async fn greet(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    // Until the other side has closed too, so that no reset overtakes the greeting.
    while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
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
