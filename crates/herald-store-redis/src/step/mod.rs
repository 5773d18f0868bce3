//! One atomic step: what has to be so, and what is then written; one script, in one slot.
//!
//! A step is put together here and run by `commit.lua`. All checks come before all changes; [`Step`] sees to that by its types.

use herald_core::store::{Change, StoreError};
use redis::{Script, Value};
use std::sync::LazyLock;

use crate::{RedisStore, changes, micros, script::script, value};

static COMMIT: LazyLock<Script> = script!("../script/clock.lua", "../script/operands.lua", "commit.lua");

/// The three keys of an agenda.
#[derive(Clone, Debug)]
pub(crate) struct AgendaKeys {
    /// Every row that is due, now or later, by when it is.
    pub(crate) dues: Vec<u8>,
    /// The same rows by when they can be taken: when they are due, have rested, or their lease ends.
    pub(crate) wakes: Vec<u8>,
    /// The leases: end (8 bytes, microseconds), format (1 byte), whether the row has changed since (1 byte), holder.
    pub(crate) leases: Vec<u8>,
}

/// The keys and instructions of a step.
#[derive(Debug, Default)]
struct Program {
    keys: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    instructions: usize,
}

impl Program {
    fn begin(&mut self, name: &str) {
        self.instructions += 1;
        self.words.push(name.as_bytes().to_vec());
    }

    fn key(&mut self, key: &[u8]) {
        let place = self.keys.iter().position(|other| other == key).unwrap_or_else(|| {
            self.keys.push(key.to_vec());
            self.keys.len() - 1
        });
        self.number(place as u64 + 1);
    }

    fn number(&mut self, number: u64) {
        self.words.push(number.to_string().into_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.words.push(bytes.to_vec());
    }
}

/// What has to be so.
#[derive(Debug, Default)]
pub(crate) struct Checks(Program);

/// Names one of the checks of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check(usize);

impl Checks {
    fn check(&mut self, name: &str, key: &[u8]) -> Check {
        self.0.begin(name);
        self.0.key(key);
        Check(self.0.instructions)
    }

    /// There is nothing under this key, or it is over. Refuses with what is there.
    pub(crate) fn absent(&mut self, key: &[u8]) -> Check {
        self.check("absent", key)
    }

    /// What is under this key is at this version. Refuses with what is there.
    pub(crate) fn version(&mut self, key: &[u8], version: u64) -> Check {
        let check = self.check("version", key);
        self.0.number(version);
        check
    }

    /// There is nothing under this key, or it has these bytes at this place. Refuses with what is there.
    pub(crate) fn same(&mut self, key: &[u8], place: usize, bytes: &[u8]) -> Check {
        let check = self.check("same", key);
        self.0.number(place as u64);
        self.0.bytes(bytes);
        check
    }

    /// The hash under this key has fewer fields than this.
    pub(crate) fn fewer(&mut self, key: &[u8], most: usize) -> Check {
        let check = self.check("fewer", key);
        self.0.number(most as u64);
        check
    }

    /// The field of the hash under this key is at this version; 0 for none. Refuses with what is there.
    pub(crate) fn field(&mut self, key: &[u8], field: &[u8], version: u64) -> Check {
        let check = self.check("field", key);
        self.0.bytes(field);
        self.0.number(version);
        check
    }

    /// That was everything that has to be so.
    pub(crate) fn then(self) -> Step {
        Step(self.0)
    }
}

/// What is written, if everything is so.
#[derive(Debug)]
pub(crate) struct Step(Program);

impl Step {
    /// Stores a value made by [`value::wrap`], for as long as its header says.
    pub(crate) fn set(&mut self, key: &[u8], value: &[u8]) {
        self.0.begin("set");
        self.0.key(key);
        self.0.bytes(value);
    }

    /// Enters a member into an order of bytes, to be kept at least until then; for ever without a time.
    pub(crate) fn enter(&mut self, key: &[u8], member: &[u8], purge_at: Option<jiff::Timestamp>) {
        self.0.begin("enter");
        self.0.key(key);
        self.0.bytes(member);
        self.0.number(purge_at.map_or(value::FOR_EVER, micros));
    }

    /// Takes a member out of an order.
    pub(crate) fn leave(&mut self, key: &[u8], member: &[u8]) {
        self.0.begin("leave");
        self.0.key(key);
        self.0.bytes(member);
    }

    /// Sets a field of a hash that stays.
    pub(crate) fn hset(&mut self, key: &[u8], field: &[u8], value: &[u8]) {
        self.0.begin("hset");
        self.0.key(key);
        self.0.bytes(field);
        self.0.bytes(value);
    }

    /// Removes a field of a hash.
    pub(crate) fn hdel(&mut self, key: &[u8], field: &[u8]) {
        self.0.begin("hdel");
        self.0.key(key);
        self.0.bytes(field);
    }

    /// Says when a row is due, if ever; as every change of a row that has an agenda has to, also one that leaves the time as it was.
    pub(crate) fn due(&mut self, agenda: &AgendaKeys, id: u128, due: Option<jiff::Timestamp>) {
        self.0.begin("due");
        self.0.key(&agenda.dues);
        self.0.key(&agenda.wakes);
        self.0.key(&agenda.leases);
        self.0.bytes(&id.to_be_bytes());
        self.0.bytes(
            due.map(|due| micros(due).min(value::FOR_EVER).to_string()).unwrap_or_default().as_bytes(),
        );
    }

    /// Tells the other replicas.
    fn publish(&mut self, message: &str) {
        self.0.begin("publish");
        self.0.bytes(message.as_bytes());
    }
}

/// How a step went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Committed {
    /// Everything is written.
    Done,
    /// This check refused; nothing is written.
    Refused {
        /// Which.
        check: Check,
        /// What it met, if anything was there.
        met: Option<Vec<u8>>,
    },
}

impl RedisStore {
    /// Runs a step, and tells the other replicas of these changes if it is done.
    pub(crate) async fn commit(&self, mut step: Step, told: &[Change]) -> Result<Committed, StoreError> {
        for change in told {
            step.publish(&changes::encode(&self.origin, change));
        }
        let Program { keys, words, .. } = step.0;
        let mut arguments = vec![self.script_now(), self.names.channel()];
        arguments.extend(words);
        match self.link.run(&COMMIT, &keys, &arguments).await? {
            Value::Array(answer) => read(&answer),
            _ => Err(unreadable()),
        }
    }
}

fn read(answer: &[Value]) -> Result<Committed, StoreError> {
    match answer {
        [Value::Int(0)] => Ok(Committed::Done),
        [Value::Int(check), Value::BulkString(met)] => {
            let check = Check(usize::try_from(*check).map_err(|_| unreadable())?);
            Ok(Committed::Refused { check, met: Some(met.clone()).filter(|met| !met.is_empty()) })
        }
        _ => Err(unreadable()),
    }
}

fn unreadable() -> StoreError {
    StoreError::Corrupt("a step has an answer that makes no sense".to_owned())
}
