//! Load on one thread for answers without a body, and what the server spends on each. Cheaper than [`crate::load::Connection`], so
//! that it is the server that is measured.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::LocalSet,
};

use crate::{load::quantile, spent::processor_time};

/// What one round gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Processor time of the server for one request, in microseconds.
    pub(crate) server_micros: f64,
    /// How busy the server was, 1 for a whole core. Less than about 0.95 and the load was the limit.
    pub(crate) busy: f64,
}

/// What is sent: one request again and again, or each of these once.
#[derive(Clone)]
pub(crate) enum Requests {
    Same(Rc<[u8]>),
    Each(Rc<[Vec<u8>]>),
}

/// Sends requests over `connections` connections until the time or the requests are over; every answer must be a 200.
pub(crate) async fn run(server: &Server, connections: usize, time: Duration, requests: &Requests) -> Figures {
    let next = Rc::new(Cell::new(0));
    let tasks = LocalSet::new();
    let (begin, spent) = (Instant::now(), server.processor_time());
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (address, requests, next) = (server.address.clone(), requests.clone(), Rc::clone(&next));
            tasks.spawn_local(async move {
                client(&address, &requests, &next, begin + time).await.expect("the server answers")
            })
        })
        .collect();
    let times = tasks.run_until(async move {
        let mut times = Vec::new();
        for client in clients {
            times.extend(client.await.expect("the client ends"));
        }
        times
    });
    let mut times = times.await;
    let (elapsed, spent) = (begin.elapsed().as_secs_f64(), server.processor_time().saturating_sub(spent));
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
    let count = times.len() as f64;
    Figures {
        per_second: count / elapsed,
        p50: quantile(&times, 50),
        p99: quantile(&times, 99),
        server_micros: spent.as_secs_f64() * 1e6 / count,
        busy: spent.as_secs_f64() / elapsed,
    }
}

async fn client(
    address: &str,
    requests: &Requests,
    next: &Cell<usize>,
    end: Instant,
) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut buffer, mut times) = (vec![0; 8192], Vec::new());
    loop {
        let number = next.replace(next.get() + 1);
        let request: &[u8] = match requests {
            Requests::Same(request) => request,
            Requests::Each(all) => match all.get(number) {
                Some(request) => request,
                None => return Ok(times),
            },
        };
        let sent = Instant::now();
        if sent >= end {
            return Ok(times);
        }
        stream.write_all(request).await?;
        let mut read = 0;
        while !buffer[..read].ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer[read..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => read += more,
            }
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&buffer[..read]));
        times.push(sent.elapsed());
    }
}

/// A server under load.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) process: u32,
}

impl Server {
    fn processor_time(&self) -> Duration {
        processor_time(self.process)
    }
}
