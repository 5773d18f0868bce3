//! A relay between clients and servers on this machine: it leads connections where a test says, and breaks them as networks do.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    time::Instant,
};

/// A listening relay; ends with the runtime.
pub(crate) struct Relay {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// New connections go to these in turn; to nobody where there are none: then they are refused.
    targets: watch::Sender<Vec<String>>,
    turn: AtomicUsize,
    /// How long everything is on the way, either way.
    delay: watch::Sender<Duration>,
    /// Raised to break all connections there are.
    broken: watch::Sender<u64>,
    /// Raised to have all connections there are stand still for ever.
    silenced: watch::Sender<u64>,
    /// How many of the next answers of a server are kept from its client, and the connection broken instead.
    cuts: AtomicUsize,
    /// Of so many pieces one is late, as when a packet was lost and sent again; 0 for none.
    stall_one_of: AtomicUsize,
    pieces: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// How late a piece is whose packet was lost: the shortest time after which Linux sends one again.
const SENT_AGAIN: Duration = Duration::from_millis(200);

impl Relay {
    /// Starts one on this port of 127.0.0.1, 0 for any, that leads to these in turn.
    pub(crate) async fn start(port: u16, targets: &[&str]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let address = listener.local_addr().expect("a bound port").to_string();
        let shared = Arc::new(Shared {
            targets: watch::Sender::new(owned(targets)),
            turn: AtomicUsize::new(0),
            delay: watch::Sender::new(Duration::ZERO),
            broken: watch::Sender::new(0),
            silenced: watch::Sender::new(0),
            cuts: AtomicUsize::new(0),
            stall_one_of: AtomicUsize::new(0),
            pieces: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let state = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    state
                        .most_open
                        .fetch_max(state.open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    // However it ends, both sides see it.
                    let _ = state.carry(client).await;
                    state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, shared }
    }

    /// Where it listens: `127.0.0.1:1234`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// New connections go to these from now on, in turn.
    pub(crate) fn lead_to(&self, targets: &[&str]) {
        self.shared.targets.send_replace(owned(targets));
    }

    /// Everything is so long on the way from now on, in either direction.
    pub(crate) fn delay(&self, by: Duration) {
        self.shared.delay.send_replace(by);
    }

    /// Breaks all connections there are (RST).
    pub(crate) fn break_all(&self) {
        self.shared.broken.send_modify(|times| *times += 1);
    }

    /// Lets all connections there are stand still for ever, as when a machine in between has forgotten them.
    pub(crate) fn silence_all(&self) {
        self.shared.silenced.send_modify(|times| *times += 1);
    }

    /// Keeps the next so many answers from their clients and breaks the connections instead.
    pub(crate) fn cut_answers(&self, count: usize) {
        self.shared.cuts.store(count, Ordering::SeqCst);
    }

    /// How many answers are still to be cut.
    pub(crate) fn cuts_left(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// One of so many pieces is late from now on, and everything behind it, as when a packet was lost; 0 for none.
    pub(crate) fn lose_one_of(&self, pieces: usize) {
        self.shared.stall_one_of.store(pieces, Ordering::SeqCst);
    }

    /// How many connections there were at once at most.
    pub(crate) fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }
}

fn owned(targets: &[&str]) -> Vec<String> {
    targets.iter().map(|&target| target.to_owned()).collect()
}

impl Shared {
    async fn carry(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let (mut broken, silenced) = (self.broken.subscribe(), self.silenced.subscribe());
        broken.mark_unchanged();
        let target = {
            let targets = self.targets.borrow();
            let turn = self.turn.fetch_add(1, Ordering::SeqCst);
            targets.get(turn % targets.len().max(1)).cloned()
        };
        // Whatever goes wrong is a reset and no end: nobody takes half of something for the whole.
        client.set_zero_linger()?;
        let Some(target) = target else { return Ok(()) };
        let server = TcpStream::connect(target).await?;
        server.set_zero_linger()?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let there = self.pump(from_client, to_server, silenced.clone(), false);
        let back = self.pump(from_server, to_client, silenced, true);
        tokio::select! {
            _ = broken.changed() => Ok(()),
            result = async { tokio::try_join!(there, back) } => result.map(|_| ()),
        }
    }

    /// Carries one direction; ends when its source has.
    async fn pump(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        mut silenced: watch::Receiver<u64>,
        is_answer: bool,
    ) -> io::Result<()> {
        silenced.mark_unchanged();
        let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
        let read = async move {
            loop {
                let mut bytes = Vec::with_capacity(16 * 1024);
                if from.read_buf(&mut bytes).await? == 0 {
                    return Ok(());
                }
                if is_answer && self.is_cut() {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                let due = Instant::now() + *self.delay.borrow() + self.lateness();
                if sender.send((due, bytes)).is_err() {
                    return Ok(());
                }
            }
        };
        let write = async move {
            loop {
                let next = tokio::select! {
                    biased;
                    changed = silenced.changed() => {
                        if changed.is_ok() {
                            std::future::pending::<()>().await;
                        }
                        return Ok(());
                    }
                    next = receiver.recv() => next,
                };
                let Some((due, bytes)) = next else { return to.shutdown().await };
                tokio::time::sleep_until(due).await;
                to.write_all(&bytes).await?;
            }
        };
        tokio::try_join!(read, write).map(|_: ((), ())| ())
    }

    fn lateness(&self) -> Duration {
        let one_of = self.stall_one_of.load(Ordering::SeqCst);
        let is_lost = one_of > 0 && self.pieces.fetch_add(1, Ordering::SeqCst).is_multiple_of(one_of);
        if is_lost { SENT_AGAIN } else { Duration::ZERO }
    }

    fn is_cut(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
    }
}

/// An address without its scheme.
pub(crate) fn address(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}
