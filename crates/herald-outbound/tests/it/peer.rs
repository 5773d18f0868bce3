//! A peer that answers with bytes as they are, and counts.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use herald_core::provider::ProviderName;
use herald_outbound::{Client, ClientConfig, Reach};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use url::Url;

/// What the peer does with a connection, once it has read a request (or before, for the first two).
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Resets the connection before reading.
    ResetAtOnce,
    /// Sends these bytes before reading, then closes.
    Greet(Vec<u8>),
    /// Reads the request, then resets.
    ResetAfterRequest,
    /// Reads the request, sends these bytes, then closes.
    Say(Vec<u8>),
    /// Reads the request, sends these bytes, then keeps silent with the line open.
    SayAndHold(Vec<u8>),
    /// Reads the request, sends the head, then pieces without end.
    Flood(Vec<u8>),
    /// Reads the request, sends these bytes one by one with a pause between.
    Drip(Vec<u8>, Duration),
}

/// An answer with a JSON body.
pub(crate) fn json(body: &str) -> Act {
    answer("200 OK", "", body)
}

/// An answer with this status and these header lines.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Say(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into(),
    )
}

#[derive(Debug)]
struct Shared {
    act: Mutex<Act>,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    arrived: watch::Sender<usize>,
}

/// A listening peer; ends with the test's runtime.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    shared: Arc<Shared>,
    address: std::net::SocketAddr,
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

    pub(crate) fn now_does(&self, act: Act) {
        *self.shared.act.lock().unwrap() = act;
    }

    pub(crate) fn url(&self) -> Url {
        format!("http://{}/base/", self.address).parse().unwrap()
    }

    pub(crate) fn config(&self) -> ClientConfig {
        ClientConfig {
            provider: ProviderName::ANTIRIUS,
            base_url: self.url(),
            timeout: Duration::from_secs(10),
            max_in_flight: 8,
            reach: Reach::Any,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(self.config()).unwrap()
    }

    /// A client that gives up soon.
    pub(crate) fn impatient(&self) -> Client {
        Client::open(ClientConfig { timeout: Duration::from_millis(200), ..self.config() }).unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until that many requests have been read.
    pub(crate) async fn has_read(&self, requests: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        let wait = arrived.wait_for(|count| *count >= requests);
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the requests arrive").unwrap();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let act = shared.act.lock().unwrap().clone();
    match &act {
        Act::ResetAtOnce => return reset(&stream),
        Act::Greet(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            // Until the other side has closed too, so that no reset overtakes the greeting.
            while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
            return;
        }
        _ => {}
    }
    let request = read_request(&mut stream).await;
    shared.requests.lock().unwrap().push(request);
    shared.arrived.send_modify(|count| *count += 1);
    // A client that has gone away makes writing fail; that is its right.
    match act {
        Act::ResetAtOnce | Act::Greet(_) | Act::ResetAfterRequest => reset(&stream),
        Act::Say(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Act::SayAndHold(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read(&mut [0; 1]).await;
        }
        Act::Flood(head) => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(&[b'x'; 16 * 1024]).await.is_ok() {}
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
    }
}

/// Closes with RST instead of FIN.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
