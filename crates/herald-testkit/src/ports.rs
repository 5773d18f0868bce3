//! Ports for what a test starts itself, and ports where nobody listens.
//!
//! A port of the kernel's choice (`:0`) that is let go of again may go to any connection that this machine opens, and tests open
//! thousands. So these come from below the range that connections get theirs from. Each process takes whole blocks of them and
//! holds a block by listening at its first port: two test programs never share one, and a process that dies gives its own back.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    sync::{Mutex, PoisonError},
};

/// The lowest port that is given out.
const LOWEST: u16 = 20_000;
/// How many ports are taken at a time.
const BLOCK: usize = 64;
/// Where connections get their ports from unless the machine says otherwise.
const CONNECTIONS_FROM: u16 = 32_768;

/// The blocks of this process, and what is left of the newest.
struct Taken {
    held: Vec<TcpListener>,
    left: Vec<u16>,
}

static TAKEN: Mutex<Taken> = Mutex::new(Taken { held: Vec::new(), left: Vec::new() });

/// Ports of 127.0.0.1 at which nobody listens, all different and given out once: to be listened at, or for an address that
/// refuses every connection.
pub fn free<const N: usize>() -> [u16; N] {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    std::array::from_fn(|_| taken.next())
}

impl Taken {
    fn next(&mut self) -> u16 {
        loop {
            match self.left.pop() {
                // Somebody who takes no blocks may listen there.
                Some(port) if listen(port).is_some() => return port,
                Some(_) => {}
                None => self.take_block(),
            }
        }
    }

    fn take_block(&mut self) {
        let ports: Vec<u16> = (LOWEST..connections_from()).collect();
        let blocks: Vec<&[u16]> = ports.chunks_exact(BLOCK).collect();
        // Programs that start together begin at different blocks, or each would try all that the others hold.
        let begin = usize::try_from(std::process::id()).unwrap_or_default() % blocks.len().max(1);
        let mut in_turn = blocks[begin..].iter().chain(&blocks[..begin]);
        let found = in_turn.find_map(|block| Some((listen(block[0])?, block)));
        let (listener, block) = found.expect("a block of ports is free");
        self.held.push(listener);
        self.left = block[1..].iter().rev().copied().collect();
    }
}

fn listen(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

/// The first port that the kernel gives to connections. A machine that gives them all of ours too still finds free ones here, but
/// nothing keeps its connections off them.
fn connections_from() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let first = range.split_whitespace().next().and_then(|first| first.parse().ok());
    first.filter(|first| *first >= LOWEST + 4096).unwrap_or(CONNECTIONS_FROM)
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn ports_are_free_different_and_none_that_a_connection_gets() {
        let mut ports = free::<100>().to_vec();
        for port in &ports {
            assert!((LOWEST..connections_from()).contains(port), "{port}");
            assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_err(), "{port}");
            listen(*port).expect("it is free");
        }
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 100);
    }

    #[test]
    fn a_block_that_somebody_holds_is_left_to_them() {
        let mut first = Taken { held: Vec::new(), left: Vec::new() };
        let mut second = Taken { held: Vec::new(), left: Vec::new() };
        first.take_block();
        second.take_block();
        assert!(first.left.iter().all(|port| !second.left.contains(port)), "{:?}", first.left);
    }
}
