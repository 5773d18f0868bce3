//! One command or script on its way.

use redis::{Arg, Cmd, Script, Value, aio::MultiplexedConnection};

use super::fault::Fault;

/// The commands that change nothing, of those that Herald uses; of `CLUSTER` that is `SLOTS`.
const READS: [&[u8]; 9] =
    [b"GET", b"MGET", b"HGET", b"HGETALL", b"SMEMBERS", b"ZRANGE", b"INFO", b"TIME", b"CLUSTER"];

/// A command, and the script that it runs if it runs one.
#[derive(Debug)]
pub(super) struct Call<'a> {
    command: Cmd,
    script: Option<&'a Script>,
    /// What the node is chosen by, in a cluster.
    key: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    /// A command. What it names first is its key: that is so for all commands that have one, and the others do not mind.
    pub(super) fn command(command: Cmd) -> Self {
        let key = match command.args_iter().nth(1) {
            Some(Arg::Simple(key)) => Some(key.to_vec()),
            _ => None,
        };
        Self { command, script: None, key }
    }

    /// A run of a script.
    pub(super) fn script(script: &'a Script, keys: &[Vec<u8>], arguments: &[Vec<u8>]) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(script.get_hash()).arg(keys.len()).arg(keys).arg(arguments);
        Self { command, script: Some(script), key: keys.first().cloned() }
    }

    /// May it be sent again although it may have been carried out, because it changes nothing?
    pub(super) fn is_read(&self) -> bool {
        matches!(self.command.args_iter().next(), Some(Arg::Simple(name)) if READS.contains(&name))
    }

    pub(super) fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// Sends it over this connection. It is sent a second time only where it was certainly not carried out: where the server
    /// did not have the script yet.
    pub(super) async fn send(
        &self,
        connection: &mut MultiplexedConnection,
        is_asking: bool,
    ) -> Result<Value, Fault> {
        let result = self.once(connection, is_asking).await;
        let Some(script) = self.script else { return result };
        if !result.as_ref().is_err_and(|fault| fault.is_refused("NOSCRIPT")) {
            return result;
        }
        script.load_async(connection).await?;
        self.once(connection, is_asking).await
    }

    async fn once(&self, connection: &mut MultiplexedConnection, is_asking: bool) -> Result<Value, Fault> {
        if is_asking {
            let mut both = redis::pipe();
            both.cmd("ASKING").ignore().add_command(self.command.clone());
            let (value,) = both.query_async::<(Value,)>(connection).await?;
            return Ok(value);
        }
        Ok(self.command.query_async(connection).await?)
    }
}
