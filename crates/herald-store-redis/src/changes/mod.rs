//! What other replicas change, by a connection of its own that is subscribed to one channel.
//!
//! A message is lost when nobody listens at that moment: so every subscription begins with [`Change::Anything`], and it is also
//! said every [`REMINDER`]. A connection over which nothing comes any more is noticed by asking for an answer.

mod message;
mod queue;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use herald_core::store::{Change, ChangeStore};
use redis::{
    Client, ProtocolVersion,
    aio::{PubSub, PubSubSink},
};
use tokio::time::{self, Instant, MissedTickBehavior};
use tokio_util::task::AbortOnDropHandle;

use self::queue::Queue;
use crate::{
    RedisStore,
    link::{Fault, Link},
};

pub(crate) use message::encode;

/// What is to be looked at is so after this long, even if everything that was told was lost.
const REMINDER: Duration = Duration::from_secs(5);
/// How often the server is asked for an answer.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long it may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(1);
/// How long finding a server, connecting and subscribing may take.
const SUBSCRIBE_TIME: Duration = Duration::from_secs(2);
/// How long after a failure the next attempt is made: the first, and each after it twice as long up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// After so many failures, which is some seconds, it is worth a warning.
const LASTING: u32 = 6;

/// Hears what other handles of the store change. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Feed {
    queue: Arc<Queue>,
    _task: AbortOnDropHandle<()>,
}

impl Feed {
    /// Begins to listen. What has this origin is not told.
    pub(crate) fn start(link: Link, channel: Vec<u8>, origin: String) -> Self {
        let queue = Arc::new(Queue::default());
        let ear = Ear { link, channel, origin, queue: Arc::clone(&queue) };
        let task = tokio::spawn(async move {
            tokio::join!(ear.listen(), ear.remind());
        });
        Self { queue, _task: AbortOnDropHandle::new(task) }
    }
}

#[async_trait]
impl ChangeStore for RedisStore {
    async fn next_change(&self) -> Change {
        self.changes.queue.next().await
    }
}

struct Ear {
    link: Link,
    channel: Vec<u8>,
    origin: String,
    queue: Arc<Queue>,
}

impl Ear {
    /// Says every now and then that anything may have changed.
    async fn remind(&self) {
        let mut ticks = time::interval_at(Instant::now() + REMINDER, REMINDER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.queue.push(Change::Anything);
        }
    }

    /// Listens, and again when the connection is lost: in a cluster to another node.
    async fn listen(&self) {
        let mut pause = FIRST_PAUSE;
        let mut trouble = Trouble::default();
        for turn in 0.. {
            match self.subscribe(turn).await {
                Ok(subscription) => {
                    pause = FIRST_PAUSE;
                    trouble.ends();
                    self.queue.push(Change::Anything);
                    self.hear(subscription).await;
                    tracing::debug!("the subscription to changes in Redis ended");
                }
                Err(fault) => trouble.goes_on(&fault),
            }
            time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    async fn subscribe(&self, turn: usize) -> Result<PubSub, Fault> {
        let subscribe = async {
            let server = self.link.listening_post(turn).await?;
            let settings = server.redis_settings().clone().set_protocol(ProtocolVersion::RESP2);
            let client = Client::open(server.set_redis_settings(settings))?;
            let mut subscription = client.get_async_pubsub().await?;
            subscription.subscribe(&self.channel).await?;
            Ok(subscription)
        };
        time::timeout(SUBSCRIBE_TIME, subscribe).await.unwrap_or(Err(Fault::Late))
    }

    /// Takes messages in until the connection is lost.
    async fn hear(&self, subscription: PubSub) {
        let (sink, mut messages) = subscription.split();
        let take_in = async {
            while let Some(message) = messages.next().await {
                if let Some(change) = message::decode(&self.origin, message.get_payload_bytes()) {
                    self.queue.push(change);
                }
            }
        };
        tokio::select! {
            () = take_in => {}
            () = silence(sink) => {}
        }
    }
}

/// The attempts to subscribe that failed one after the other.
#[derive(Debug, Default)]
struct Trouble {
    failures: u32,
}

impl Trouble {
    /// Counts one more; true when that makes it one that lasts.
    fn grows(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures == LASTING
    }

    /// Logs one that lasts, once: without a subscription everybody waits for the reminder.
    fn goes_on(&mut self, fault: &Fault) {
        if self.grows() {
            tracing::warn!(%fault, "no subscription to changes in Redis; waiting takes longer than it has to");
        } else {
            tracing::debug!(%fault, "no subscription to changes in Redis");
        }
    }

    fn ends(&mut self) {
        if self.failures >= LASTING {
            tracing::info!("subscribed to changes in Redis again");
        }
        self.failures = 0;
    }
}

/// Waits until the server no longer answers.
async fn silence(mut sink: PubSubSink) {
    loop {
        time::sleep(HEARTBEAT).await;
        let answer = time::timeout(ANSWER_TIME, sink.ping::<redis::Value>()).await;
        if !matches!(answer, Ok(Ok(_))) {
            return;
        }
    }
}
