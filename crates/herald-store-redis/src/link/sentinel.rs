//! Who is master now: the Sentinels say it, and the server itself has to say so too.
//!
//! As the protocol for clients has it (Redis documentation, "Guidelines for Redis clients with support for Redis Sentinel"),
//! but all Sentinels are asked at once, so that one that hangs costs nothing.

use std::time::Duration;

use futures_util::future;
use redis::{ConnectionInfo, Value};

use super::{
    address::{Address, Manner},
    fault::Fault,
    node::{self, Line},
};

/// How long finding the master and connecting to it may take together: less than a call may.
const FIND_TIME: Duration = Duration::from_millis(1000);

/// The Sentinels that watch a master.
pub(super) struct Sentinels {
    /// User, password and database of the servers; TLS of both. Sentinels are asked with the password and, if they want none,
    /// without.
    pub(super) manner: Manner,
    pub(super) addresses: Vec<Address>,
    /// What they call the master.
    pub(super) master_name: String,
}

impl Sentinels {
    /// The master, by the first Sentinel whose word proves right, and a connection to it.
    pub(super) async fn master(&self) -> Result<(ConnectionInfo, Line), Fault> {
        let words = self.addresses.iter().map(|sentinel| Box::pin(self.master_by(sentinel)));
        match tokio::time::timeout(FIND_TIME, future::select_ok(words)).await {
            Ok(result) => result.map(|(found, _)| found),
            Err(_) => Err(Fault::Late),
        }
    }

    async fn master_by(&self, sentinel: &Address) -> Result<(ConnectionInfo, Line), Fault> {
        let server = self.manner.at(&self.ask(sentinel).await?);
        let mut line = node::connect(&server).await?;
        match redis::cmd("ROLE").query_async(&mut line.connection).await? {
            Value::Array(role) if role.first() == Some(&Value::BulkString(b"master".to_vec())) => {
                Ok((server, line))
            }
            _ => Err(Fault::NoMaster),
        }
    }

    async fn ask(&self, sentinel: &Address) -> Result<Address, Fault> {
        let has_password = self.manner.has_password();
        match self.ask_as(sentinel, has_password).await {
            Err(Fault::Password) if has_password => self.ask_as(sentinel, false).await,
            other => other,
        }
    }

    async fn ask_as(&self, sentinel: &Address, has_password: bool) -> Result<Address, Fault> {
        let mut line = node::connect(&self.manner.sentinel_at(sentinel, has_password)).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master_name);
        let answer: Option<(String, u16)> = question.query_async(&mut line.connection).await?;
        let (host, port) = answer.ok_or(Fault::NoMaster)?;
        Ok(Address { host, port })
    }
}
