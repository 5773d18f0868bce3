//! The checks at the start: Redis can be reached, is new enough, is what it was said to be, and keeps what it is given.
//!
//! Everything is read from `INFO` and `TIME`, so that no right to `CONFIG` is needed. What the user may do is tried. What may be
//! otherwise later is read again by [`Watch`](super::watch::Watch).

use herald_core::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use redis::{FromRedisValue, Value};

use super::{Fault, Link, call::Call, options::RedisMode, rights};
use crate::{OpenError, names::Names};

/// For how long the start waits for Redis.
const WAIT: SignedDuration = SignedDuration::from_secs(60);
/// How long after an attempt the next one is made.
const AGAIN: SignedDuration = SignedDuration::from_secs(1);
/// How often the log says that the start waits.
const REMINDER: SignedDuration = SignedDuration::from_secs(10);
/// How far our clock and that of Redis may be apart.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(2);
/// The first release with what the scripts need.
const LEAST_MAJOR: u32 = 7;

/// Why the start does not go on.
enum Obstacle {
    /// It may pass.
    Passing(Fault),
    /// It will not.
    Lasting(OpenError),
}

impl From<Fault> for Obstacle {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Password => Self::Lasting(OpenError::Password),
            other => Self::Passing(other),
        }
    }
}

/// Whom is asked what.
struct Questions<'a> {
    link: &'a Link,
    names: &'a Names,
    mode: &'a RedisMode,
    clock: &'a dyn Clock,
}

/// Checks every master; waits for Redis if it cannot be reached.
pub(crate) async fn check(
    link: &Link,
    names: &Names,
    mode: &RedisMode,
    is_development: bool,
    clock: &dyn Clock,
) -> Result<(), OpenError> {
    let (reports, readings) = Questions { link, names, mode, clock }.reach().await?;
    let keeps = reports.iter().try_for_each(Report::check_keeping);
    let agrees = readings.iter().try_for_each(Reading::check);
    for fault in [keeps, agrees].into_iter().filter_map(Result::err) {
        if !is_development {
            return Err(fault);
        }
        tracing::warn!(%fault, "accepted in development only");
    }
    Ok(())
}

impl Questions<'_> {
    /// Asks until there is an answer.
    async fn reach(&self) -> Result<(Vec<Report>, Vec<Reading>), OpenError> {
        let begun = self.clock.now();
        let mut reminded_at = None;
        loop {
            let fault = match self.ask().await {
                Ok(answers) => return Ok(answers),
                Err(Obstacle::Lasting(error)) => return Err(error),
                Err(Obstacle::Passing(fault)) => fault,
            };
            let now = self.clock.now();
            if now.duration_since(begun) >= WAIT {
                return Err(OpenError::Unreachable(fault.to_string()));
            }
            if reminded_at.is_none_or(|at| now.duration_since(at) >= REMINDER) {
                tracing::warn!(%fault, "waiting for Redis");
                reminded_at = Some(now);
            }
            self.clock.sleep_until(now + AGAIN).await;
        }
    }

    async fn ask(&self) -> Result<(Vec<Report>, Vec<Reading>), Obstacle> {
        let (link, clock) = (self.link, self.clock);
        let reports = reports(link).await.map_err(|fault| self.obstacle(fault, self.first_commands()))?;
        // Before its time: a Sentinel has none.
        reports.iter().try_for_each(|report| report.check_kind(self.mode)).map_err(Obstacle::Lasting)?;
        if reports.iter().any(|report| report.get("role") == "slave") {
            // It may yet become the master, or the name lead to another one.
            return Err(Fault::NoMaster.into());
        }
        let readings = readings(link, clock).await.map_err(|fault| self.obstacle(fault, "TIME"))?;
        let refused = rights::refused(link, self.names).await;
        let refused = refused.map_err(|fault| self.obstacle(fault, "EVALSHA or SCRIPT LOAD"))?;
        if !refused.is_empty() {
            return Err(self.without_rights(&refused.join(", ")));
        }
        Ok((reports, readings))
    }

    /// What is called to find the masters and to hear of them.
    fn first_commands(&self) -> &'static str {
        match self.mode {
            RedisMode::Single => "INFO",
            RedisMode::Sentinel { .. } => "INFO, ROLE, or SENTINEL GET-MASTER-ADDR-BY-NAME",
            RedisMode::Cluster => "INFO or CLUSTER SLOTS",
        }
    }

    /// What stands in the way when these commands fail.
    fn obstacle(&self, fault: Fault, commands: &str) -> Obstacle {
        if fault.is_refused("NOPERM") { self.without_rights(commands) } else { fault.into() }
    }

    fn without_rights(&self, refused: &str) -> Obstacle {
        Obstacle::Lasting(OpenError::Rights { refused: refused.to_owned(), rules: self.names.rules() })
    }
}

/// What every master says of itself.
pub(super) async fn reports(link: &Link) -> Result<Vec<Report>, Fault> {
    let reports = link.send_to_each(&Call::command(redis::cmd("INFO"))).await?;
    reports.into_iter().map(Report::read).collect()
}

/// What every master's clock shows.
pub(super) async fn readings(link: &Link, clock: &dyn Clock) -> Result<Vec<Reading>, Fault> {
    let before = clock.now();
    let times = link.send_to_each(&Call::command(redis::cmd("TIME"))).await?;
    let after = clock.now();
    times.into_iter().map(|time| Reading::read(before, time, after)).collect()
}

/// What a server says of itself.
pub(super) struct Report(String);

impl Report {
    fn read(answer: Value) -> Result<Self, Fault> {
        String::from_redis_value(answer).map(Self).map_err(|_| Fault::Unreadable)
    }

    /// The value of this name; empty if there is none.
    fn get(&self, name: &str) -> &str {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    fn check_kind(&self, mode: &RedisMode) -> Result<(), OpenError> {
        let version = self.get("redis_version");
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < LEAST_MAJOR) {
            return Err(OpenError::Version(version.to_owned()));
        }
        let expected = match mode {
            RedisMode::Cluster => "cluster",
            RedisMode::Single | RedisMode::Sentinel { .. } => "standalone",
        };
        match self.get("redis_mode") {
            found if found == expected => Ok(()),
            found => Err(OpenError::Mode { found: found.to_owned() }),
        }
    }

    pub(super) fn check_keeping(&self) -> Result<(), OpenError> {
        if self.get("aof_enabled") != "1" {
            return Err(OpenError::Forgets);
        }
        match self.get("maxmemory_policy") {
            "noeviction" => Ok(()),
            policy => Err(OpenError::Evicts(policy.to_owned())),
        }
    }
}

/// A server's time, and ours before and after it was asked for.
pub(super) struct Reading {
    before: Timestamp,
    theirs: Timestamp,
    after: Timestamp,
}

impl Reading {
    fn read(before: Timestamp, answer: Value, after: Timestamp) -> Result<Self, Fault> {
        let (seconds, micros): (i64, i32) = redis::from_redis_value(answer).map_err(|_| Fault::Unreadable)?;
        let theirs = Timestamp::new(seconds, micros.saturating_mul(1000)).map_err(|_| Fault::Unreadable)?;
        Ok(Self { before, theirs, after })
    }

    pub(super) fn check(&self) -> Result<(), OpenError> {
        let early = self.before.duration_since(self.theirs);
        let late = self.theirs.duration_since(self.after);
        let skew = early.max(late);
        if skew > MOST_SKEW { Err(OpenError::Clock { seconds: skew.as_secs() }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(policy: &str, version: &str) -> Report {
        Report(format!(
            "# Server\r\nredis_version:{version}\r\nredis_mode:standalone\r\n# Memory\r\nmaxmemory_policy:{policy}\r\n\
             # Persistence\r\naof_enabled:1\r\n"
        ))
    }

    #[test]
    fn a_server_that_is_too_old_or_of_another_kind_is_refused() {
        assert!(report("noeviction", "7.0.15").check_kind(&RedisMode::Single).is_ok());
        assert!(report("noeviction", "10.1.0").check_kind(&RedisMode::Single).is_ok());
        for old in ["6.2.14", "", "x"] {
            let refused = report("noeviction", old).check_kind(&RedisMode::Single);
            assert!(matches!(refused, Err(OpenError::Version(_))), "{old}");
        }
        let refused = report("noeviction", "7.0.15").check_kind(&RedisMode::Cluster);
        assert!(matches!(refused, Err(OpenError::Mode { found }) if found == "standalone"));
    }

    #[test]
    fn a_server_that_says_nothing_of_what_it_keeps_is_refused() {
        assert!(report("noeviction", "7.0.15").check_keeping().is_ok());
        assert!(matches!(Report(String::new()).check_keeping(), Err(OpenError::Forgets)));
        assert!(matches!(report("volatile-lru", "7.0.15").check_keeping(), Err(OpenError::Evicts(_))));
    }

    #[test]
    fn clocks_may_be_two_seconds_apart_beside_the_time_on_the_way() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        for (theirs, is_good) in [(-3, false), (-2, true), (0, true), (6, true), (7, false)] {
            let reading = Reading { before: at(0), theirs: at(theirs), after: at(4) };
            assert_eq!(reading.check().is_ok(), is_good, "{theirs}");
        }
    }
}
