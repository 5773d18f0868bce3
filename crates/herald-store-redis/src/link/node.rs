//! One server, or whichever is the master now, and the one connection to it that all calls share.
//!
//! Not the library's `ConnectionManager`: that one keeps a connection over which answers no longer come, and follows no
//! Sentinel.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{self, Either};
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, PushInfo, PushKind, Value, aio::MultiplexedConnection,
};

use super::{
    call::Call,
    fault::Fault,
    kept::{Kept, Lent},
    sentinel::Sentinels,
};

/// How long connecting may take, with TLS and password.
pub(super) const CONNECT_TIME: Duration = Duration::from_millis(500);
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(1);
/// After this time without an answer what only reads is asked over another connection too.
const READ_TIME: Duration = Duration::from_millis(400);
/// How long another connection is of use that was not needed in the end: one that is older may be as dead as the first.
const SPARE_LIFE: Duration = Duration::from_secs(1);
/// A server that refuses because of what it is, is connected to anew when the connection is older than this.
const LEAST_AGE: Duration = Duration::from_millis(250);
/// How many calls are written at once before the next has to wait a moment.
const CALLS_AHEAD: usize = 1024;

/// One server at a time.
pub(super) struct Node {
    place: Place,
    line: Kept<Line>,
    /// Another one, while the first gives no answer.
    spare: Kept<Line>,
    /// The last that was logged, while it lasts.
    trouble: Mutex<Option<Fault>>,
}

/// Where the server is.
pub(super) enum Place {
    /// There.
    At(Box<ConnectionInfo>),
    /// Where the Sentinels say that the master is.
    Master(Box<Sentinels>),
}

/// A connection.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) connection: MultiplexedConnection,
    is_closed: Arc<AtomicBool>,
}

impl Line {
    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}

impl Node {
    /// A server that nobody has connected to yet.
    pub(super) fn new(place: Place) -> Self {
        Self { place, line: Kept::default(), spare: Kept::default(), trouble: Mutex::default() }
    }

    /// Sends a call and gives the answer. What only reads is sent once more, over another connection, if its own breaks or gives no
    /// answer for a while: a network that drops a connection silently fails no reader.
    pub(super) async fn send(&self, call: &Call<'_>, is_asking: bool) -> Result<Value, Fault> {
        let lent = self.lend().await?;
        let first = pin!(self.send_over(&self.line, &lent, call, is_asking));
        if !call.is_read() {
            return first.await;
        }
        let mut first = first;
        match tokio::time::timeout(READ_TIME, first.as_mut()).await {
            Ok(Err(fault)) if fault.is_of_connection() => {
                let anew = self.lend().await?;
                self.send_over(&self.line, &anew, call, is_asking).await
            }
            Ok(result) => result,
            // In boxes, because they are rare and large, and every call has room for them.
            Err(_) => Box::pin(self.ask_twice(first, &lent, call, is_asking)).await,
        }
    }

    /// Asks over another connection too, and keeps that one of the two which answers first: a server that is slow is not left for a
    /// connection that may not come about.
    async fn ask_twice(
        &self,
        first: Pin<&mut impl Future<Output = Result<Value, Fault>>>,
        lent: &Lent<Line>,
        call: &Call<'_>,
        is_asking: bool,
    ) -> Result<Value, Fault> {
        let second = pin!(async {
            let mut spare = self.spare.get(|| self.reach()).await?;
            if spare.age > SPARE_LIFE || spare.value.is_closed() {
                self.spare.discard(&spare);
                spare = self.spare.get(|| self.reach()).await?;
            }
            let answer = self.send_over(&self.spare, &spare, call, is_asking).await?;
            self.line.replace(lent, &spare);
            self.spare.discard(&spare);
            self.say(Ok(()));
            Ok(answer)
        });
        let (result, other) = match future::select(first, second).await {
            Either::Left((result, second)) => (result, Either::Left(second)),
            Either::Right((result, first)) => (result, Either::Right(first)),
        };
        match result {
            Err(fault) if fault.is_of_connection() => other.await,
            // Also a refusal, or where to go instead: the server has said so.
            result => result,
        }
    }

    /// The connection that all calls share.
    async fn lend(&self) -> Result<Lent<Line>, Fault> {
        let lent = self.line.get(|| Box::pin(self.connect())).await?;
        if !lent.value.is_closed() {
            return Ok(lent);
        }
        // While nobody used it, as by a restart: nothing is lost.
        self.line.discard(&lent);
        self.line.get(|| Box::pin(self.connect())).await
    }

    /// Sends a call over this connection. One over which no answer came is used no longer, so that one that only seems open does no
    /// harm for long, and a server that hangs costs the time to connect at most, which all callers spend together.
    async fn send_over(
        &self,
        kept: &Kept<Line>,
        lent: &Lent<Line>,
        call: &Call<'_>,
        is_asking: bool,
    ) -> Result<Value, Fault> {
        let result = call.send(&mut lent.value.connection.clone(), is_asking).await;
        if let Err(fault) = &result {
            let is_of_server = fault.is_of_server() && lent.age >= LEAST_AGE;
            if fault.is_of_connection() || is_of_server {
                kept.discard(lent);
                // That there is no other connection says nothing of the one that all share.
                if std::ptr::eq(kept, &raw const self.line) {
                    self.say(Err(fault));
                }
            }
        }
        result
    }

    /// How the server that is to be used now is spoken to, for a connection apart.
    pub(super) async fn server(&self) -> Result<ConnectionInfo, Fault> {
        match &self.place {
            Place::At(server) => Ok(server.as_ref().clone()),
            Place::Master(sentinels) => sentinels.master().await.map(|(server, _)| server),
        }
    }

    /// A connection for all calls to share.
    async fn connect(&self) -> Result<Line, Fault> {
        let line = self.reach().await;
        self.say(line.as_ref().map(|_| ()));
        line
    }

    async fn reach(&self) -> Result<Line, Fault> {
        match &self.place {
            Place::At(server) => connect(server).await,
            Place::Master(sentinels) => sentinels.master().await.map(|(_, line)| line),
        }
    }

    /// Logs a trouble when it begins and when it ends, not every call that it fails.
    fn say(&self, state: Result<(), &Fault>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let place = &self.place;
        match state {
            Ok(()) if trouble.is_some() => tracing::info!(%place, "connected to Redis again"),
            Err(fault) if trouble.as_ref() != Some(fault) => {
                tracing::warn!(%place, %fault, "Redis cannot be used");
            }
            _ => {}
        }
        *trouble = state.err().cloned();
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(server) => server.addr().fmt(f),
            Self::Master(sentinels) => write!(f, "the master {}", sentinels.master_name),
        }
    }
}

/// Connects to a server.
pub(super) async fn connect(server: &ConnectionInfo) -> Result<Line, Fault> {
    let is_closed = Arc::new(AtomicBool::new(false));
    let mut config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIME))
        .set_response_timeout(Some(ANSWER_TIME))
        .set_pipeline_buffer_size(CALLS_AHEAD);
    if server.redis_settings().protocol().supports_resp3() {
        let closed = Arc::clone(&is_closed);
        config = config.set_push_sender(move |push: PushInfo| {
            if push.kind == PushKind::Disconnection {
                closed.store(true, Ordering::Relaxed);
            }
            Ok::<_, redis::aio::SendError>(())
        });
    }
    let client = Client::open(server.clone())?;
    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    Ok(Line { connection, is_closed })
}
