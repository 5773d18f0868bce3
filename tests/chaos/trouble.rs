//! What goes wrong with Redis while everybody works, and how each is done.

use std::{process::Command, time::Duration};

use herald_testkit::redis_server::RedisServer;
use tokio::time::sleep;

use crate::{
    relay::Relay,
    world::{World, address_of},
};

/// One kind of trouble, by its row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// R1: killed, and back after 5 s.
    Killed,
    /// R2: stands still for so many seconds.
    Stopped(u64),
    /// R3: answers nobody for a while.
    Paused,
    /// R4: forgets everything. The cell counts what is lost; Herald has no metric for it, because nobody can count what a store
    /// no longer knows of: `docs/guarantees.md` says so.
    Flushed,
    /// R5: has no room for more.
    Full,
    /// R6: gives way to a replica that is a second behind.
    FailedOver,
    /// R7: takes no writes.
    ReadOnly,
    /// R7: wants a password.
    Locked,
    /// R7: shows a certificate that is not believed.
    Untrusted,
    /// R8: connections are reset.
    Reset,
    /// R8: connections stand still for ever.
    Silent,
    /// R8: is 200 ms away.
    Far,
    /// R8: one packet of a hundred is lost. What a lost packet does to a connection is a delay, until TCP sends it again: so one
    /// piece of a hundred is late by that, and everything behind it.
    Lossy,
    /// R9: does what it is told, and its answer is lost.
    Unheard,
    /// R10: forgets its scripts.
    Unscripted,
}

/// Every row.
pub(crate) const ROWS: [(&str, Trouble); 16] = [
    ("R1", Trouble::Killed),
    ("R2", Trouble::Stopped(3)),
    ("R2-long", Trouble::Stopped(30)),
    ("R3", Trouble::Paused),
    ("R4", Trouble::Flushed),
    ("R5", Trouble::Full),
    ("R6", Trouble::FailedOver),
    ("R7", Trouble::ReadOnly),
    ("R7-password", Trouble::Locked),
    ("R7-tls", Trouble::Untrusted),
    ("R8-reset", Trouble::Reset),
    ("R8-silent", Trouble::Silent),
    ("R8-far", Trouble::Far),
    ("R8-lossy", Trouble::Lossy),
    ("R9", Trouble::Unheard),
    ("R10", Trouble::Unscripted),
];

/// How long Redis is gone when it is killed, and how long it takes for all to be seen of what happens at once.
const GONE: Duration = Duration::from_secs(5);
/// How long it takes no writes otherwise: long enough to see that `/readyz` has noticed, and that it does not change its mind.
const AWAY: Duration = Duration::from_secs(12);
/// How long a network is bad.
const BAD: Duration = Duration::from_secs(40);
/// How often what is done again and again is done.
const TIMES: u32 = 20;
/// How far behind a replica is that takes over.
const LAG: Duration = Duration::from_secs(1);
/// A pause between two pieces of trouble.
const PAUSE: Duration = Duration::from_millis(500);

/// A replica of Redis, and its way to the master.
pub(crate) struct Spare {
    server: RedisServer,
    way: Relay,
}

impl Trouble {
    /// Does Redis take no writes meanwhile?
    pub(crate) fn is_outage(self) -> bool {
        let is_away =
            matches!(self, Self::Killed | Self::Stopped(_) | Self::Paused | Self::Locked | Self::Untrusted);
        is_away || matches!(self, Self::Full | Self::ReadOnly)
    }

    /// Is it the network's, so that Redis is there all the time?
    pub(crate) fn is_of_network(self) -> bool {
        matches!(self, Self::Reset | Self::Silent | Self::Far | Self::Lossy)
    }

    /// What a replica's log has to say of it.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::ReadOnly => Some("READONLY"),
            Self::Locked => Some("refused the user or the password"),
            Self::Untrusted => Some("TLS failed"),
            _ => None,
        }
    }

    /// How long it lasts.
    pub(crate) fn lasts(self) -> Duration {
        match self {
            Self::Killed | Self::Flushed | Self::FailedOver => GONE,
            Self::Stopped(seconds) => Duration::from_secs(seconds),
            Self::Paused | Self::Full | Self::ReadOnly | Self::Locked | Self::Untrusted => AWAY,
            Self::Reset | Self::Silent | Self::Far | Self::Lossy => BAD,
            Self::Unheard | Self::Unscripted => PAUSE * TIMES,
        }
    }

    /// May what was accepted be lost, because Redis lost it?
    pub(crate) fn is_lossy(self) -> bool {
        matches!(self, Self::Flushed | Self::FailedOver)
    }

    /// The share of the calls made meanwhile that may fail for it, in hundredths; nothing: all of them.
    pub(crate) fn may_fail(self) -> Option<usize> {
        match self {
            Self::Unscripted => Some(0),
            _ => self.is_of_network().then_some(1),
        }
    }

    /// What has to be there beforehand.
    pub(crate) async fn prepare(self, world: &World) -> Option<Spare> {
        let lag = match self {
            Self::FailedOver => LAG,
            Self::ReadOnly => Duration::ZERO,
            _ => return None,
        };
        let way = Relay::start(0, &[&address_of(redis(world))]).await;
        way.delay(lag);
        let (host, port) = way.address().split_once(':').expect("host and port");
        let server = RedisServer::start_with(&["--replicaof", host, port]);
        while !server.command(&["INFO", "replication"]).text().contains("master_link_status:up") {
            sleep(PAUSE).await;
        }
        Some(Spare { server, way })
    }

    /// Makes the trouble and mends it again.
    pub(crate) async fn happen(self, world: &World, spare: Option<&Spare>) {
        let (redis, relay) = (redis(world), world.relay.as_ref().expect("a way to Redis"));
        match (self, spare) {
            (Self::Killed, _) => {
                redis.kill();
                sleep(self.lasts()).await;
                redis.restart();
            }
            (Self::Stopped(_), _) => {
                redis.signal("STOP");
                sleep(self.lasts()).await;
                redis.signal("CONT");
            }
            (Self::Paused, _) => {
                redis.command(&["CLIENT", "PAUSE", &self.lasts().as_millis().to_string(), "ALL"]);
                sleep(self.lasts()).await;
            }
            (Self::Flushed, _) => {
                redis.command(&["FLUSHALL"]);
                sleep(self.lasts()).await;
            }
            (Self::Full, _) => {
                redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
                sleep(self.lasts()).await;
                redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
            }
            (Self::FailedOver, Some(spare)) => {
                redis.kill();
                // What is on its way is lost.
                spare.way.lead_to(&[]);
                spare.way.break_all();
                spare.server.command(&["REPLICAOF", "NO", "ONE"]);
                relay.lead_to(&[&address_of(&spare.server)]);
                sleep(self.lasts()).await;
            }
            (Self::ReadOnly, Some(spare)) => {
                relay.lead_to(&[&address_of(&spare.server)]);
                relay.break_all();
                sleep(self.lasts()).await;
                relay.lead_to(&[&address_of(redis)]);
                relay.break_all();
            }
            (Self::Locked, _) => {
                redis.command(&["CONFIG", "SET", "requirepass", PASSWORD]);
                relay.break_all();
                sleep(self.lasts()).await;
                unlock(redis);
            }
            (Self::Untrusted, _) => {
                let tls = world.tls.as_ref().expect("it is spoken to over TLS");
                tls.show_another(redis);
                relay.break_all();
                sleep(self.lasts()).await;
                tls.show_the_right_one(redis);
            }
            (Self::Reset, _) => {
                for _ in 0..10 {
                    relay.break_all();
                    sleep(self.lasts() / 10).await;
                }
            }
            (Self::Silent, _) => {
                relay.silence_all();
                sleep(self.lasts()).await;
            }
            (Self::Far, _) => {
                relay.delay(Duration::from_millis(100));
                sleep(self.lasts()).await;
                relay.delay(Duration::ZERO);
            }
            (Self::Lossy, _) => {
                relay.lose_one_of(100);
                sleep(self.lasts()).await;
                relay.lose_one_of(0);
            }
            (Self::Unheard, _) => {
                for _ in 0..TIMES {
                    relay.cut_answers(1);
                    sleep(PAUSE).await;
                }
            }
            (Self::Unscripted, _) => {
                for _ in 0..TIMES {
                    redis.command(&["SCRIPT", "FLUSH"]);
                    sleep(PAUSE).await;
                }
            }
            (Self::FailedOver | Self::ReadOnly, None) => unreachable!("prepared with a spare"),
        }
    }
}

const PASSWORD: &str = "a-password-of-this-test";

fn unlock(redis: &RedisServer) {
    let port = redis.port().to_string();
    let words = ["--no-auth-warning", "-a", PASSWORD, "-p", &port, "CONFIG", "SET", "requirepass", ""];
    let status = Command::new("redis-cli").args(words).output().expect("redis-cli runs").status;
    assert!(status.success(), "the password can be taken away again");
}

fn redis(world: &World) -> &RedisServer {
    world.redis.as_ref().expect("the store is Redis")
}
