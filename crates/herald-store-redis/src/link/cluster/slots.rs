//! Which node serves which slot (Redis Cluster specification, "Key distribution model").

use redis::Value;

use crate::link::{address::Address, fault::Fault};

/// How many slots there are.
const SLOTS: u16 = 16_384;

/// The slot of a key: by the first non-empty part in braces, if there is one.
pub(super) fn slot(key: &[u8]) -> u16 {
    let tag = || {
        let (_, rest) = split(key, b'{')?;
        let (tag, _) = split(rest, b'}')?;
        (!tag.is_empty()).then_some(tag)
    };
    crc16(tag().unwrap_or(key)) % SLOTS
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|&byte| byte == at)?;
    Some((&bytes[..place], &bytes[place + 1..]))
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// Which master serves which slots.
#[derive(Debug)]
pub(super) struct SlotMap {
    ranges: Vec<Range>,
    /// Who said so.
    by: Address,
}

#[derive(Debug)]
struct Range {
    first: u16,
    last: u16,
    master: Address,
}

impl SlotMap {
    /// Reads the answer to `CLUSTER SLOTS`: of each range the first and last slot, then its nodes, the master first. A node that does
    /// not know its own host gives none: it is the one that was asked for.
    pub(super) fn read(answer: Value, asked: &Address) -> Result<Self, Fault> {
        let Value::Array(ranges) = answer else { return Err(Fault::Unreadable) };
        let range = |range| match range {
            Value::Array(range) => Range::read(&range, asked),
            _ => None,
        };
        let map: Option<Vec<Range>> = ranges.into_iter().map(range).collect();
        map.map(|ranges| Self { ranges, by: asked.clone() }).ok_or(Fault::Unreadable)
    }

    /// The node that gave this map.
    pub(super) fn by(&self) -> &Address {
        &self.by
    }

    /// Who serves this slot.
    pub(super) fn master_of(&self, slot: u16) -> Option<&Address> {
        self.ranges.iter().find(|range| (range.first..=range.last).contains(&slot)).map(|range| &range.master)
    }

    /// All masters that serve something, each once.
    pub(super) fn masters(&self) -> Vec<Address> {
        let mut masters: Vec<Address> = self.ranges.iter().map(|range| range.master.clone()).collect();
        masters.sort_unstable();
        masters.dedup();
        masters
    }
}

impl Range {
    fn read(range: &[Value], asked: &Address) -> Option<Self> {
        let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = range else { return None };
        let [host, Value::Int(port), ..] = master.as_slice() else { return None };
        let host = match host {
            Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
            Value::Nil => String::new(),
            _ => return None,
        };
        let host = if host.is_empty() || host == "?" { asked.host.clone() } else { host };
        Some(Self {
            first: u16::try_from(*first).ok()?,
            last: u16::try_from(*last).ok()?,
            master: Address { host, port: u16::try_from(*port).ok()? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        // By `CLUSTER KEYSLOT`.
        for (key, expected) in [("foo", 12_182), ("bar", 5061), ("", 0), ("a{}b", slot(b"a{}b"))] {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
    }

    #[test]
    fn only_the_first_part_in_braces_counts() {
        assert_eq!(slot(b"herald:{foo}:row:1"), slot(b"foo"));
        assert_eq!(slot(b"{foo}{bar}"), slot(b"foo"));
        assert_eq!(slot(b"x{{foo}}"), slot(b"{foo"));
        assert_eq!(slot(b"x{}{foo}"), crc16(b"x{}{foo}") % SLOTS);
        assert_eq!(slot(b"x{foo"), crc16(b"x{foo") % SLOTS);
    }

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), Value::BulkString(b"id".to_vec())])
    }

    #[test]
    fn a_map_names_the_masters() {
        let asked = Address { host: "seed".to_owned(), port: 1 };
        let host = |host: &str| Value::BulkString(host.as_bytes().to_vec());
        let map = Value::Array(vec![
            Value::Array(vec![Value::Int(0), Value::Int(9), node(host("a"), 7001), node(host("r"), 7009)]),
            Value::Array(vec![Value::Int(10), Value::Int(16_383), node(Value::Nil, 7002)]),
        ]);
        let map = SlotMap::read(map, &asked).unwrap();
        let address = |host: &str, port| Address { host: host.to_owned(), port };
        assert_eq!(map.master_of(9), Some(&address("a", 7001)));
        assert_eq!(map.master_of(10), Some(&address("seed", 7002)));
        assert_eq!(map.masters(), [address("a", 7001), address("seed", 7002)]);
    }

    #[test]
    fn an_answer_of_another_shape_is_no_map() {
        let asked = Address { host: "seed".to_owned(), port: 1 };
        let range = |range| Value::Array(vec![Value::Array(range)]);
        for bad in [
            Value::Nil,
            Value::Array(vec![Value::Int(1)]),
            range(vec![Value::Int(0), Value::Int(9)]),
            range(vec![Value::Int(0), Value::Int(70_000), node(Value::Nil, 7001)]),
            range(vec![Value::Int(0), Value::Int(9), node(Value::Nil, 70_001)]),
        ] {
            assert_eq!(SlotMap::read(bad, &asked).map(|_| ()), Err(Fault::Unreadable));
        }
    }
}
