//! A TCP proxy that can let a connection go dead without closing it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// Passes on what comes, on connections that it has not silenced.
pub(crate) struct Proxy {
    address: SocketAddr,
    /// Connections of an earlier generation are silent.
    generation: Arc<AtomicU32>,
}

impl Proxy {
    /// One before the server at this port of this host.
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let generation = Arc::new(AtomicU32::new(0));
        let current = Arc::clone(&generation);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let generation = current.load(Ordering::SeqCst);
                tokio::spawn(pass(from_client, to_server, generation, Arc::clone(&current)));
                tokio::spawn(pass(from_server, to_client, generation, Arc::clone(&current)));
            }
        });
        Self { address, generation }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// From now on nothing passes over the connections that are open; later ones are as good as any.
    pub(crate) fn silence(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, born: u32, current: Arc<AtomicU32>) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if current.load(Ordering::SeqCst) == born && to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
    // A silent connection stays open for whoever waits at the other end.
    if current.load(Ordering::SeqCst) != born {
        std::future::pending::<()>().await;
    }
}
