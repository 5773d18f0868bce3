//! Clients of a peer that answers with bytes as they are.

use std::time::Duration;

use herald_core::provider::ProviderName;
use herald_outbound::{Client, ClientConfig, Reach};
use herald_testkit::peer;
pub(crate) use herald_testkit::peer::{Act, Peer};
use url::Url;

/// An answer with a JSON body.
pub(crate) fn json(body: &str) -> Act {
    answer("200 OK", "", body)
}

/// An answer with this status and these header lines.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Act {
    Act::Say(peer::answer(status, &format!("{headers}connection: close\r\n"), body))
}

/// A body without end.
pub(crate) fn flood(head: impl Into<Vec<u8>>) -> Act {
    Act::Flood(head.into(), vec![b'x'; 16 * 1024])
}

/// How a client gets to a peer.
pub(crate) trait Called {
    fn url(&self) -> Url;

    fn config(&self) -> ClientConfig;

    fn client(&self) -> Client {
        Client::open(self.config()).unwrap()
    }

    /// A client that gives up soon.
    fn impatient(&self) -> Client {
        Client::open(ClientConfig { timeout: Duration::from_millis(200), ..self.config() }).unwrap()
    }
}

impl Called for Peer {
    fn url(&self) -> Url {
        format!("{}/base/", self.origin()).parse().unwrap()
    }

    fn config(&self) -> ClientConfig {
        ClientConfig {
            provider: ProviderName::ANTIRIUS,
            base_url: self.url(),
            timeout: Duration::from_secs(10),
            max_in_flight: 8,
            reach: Reach::Any,
        }
    }
}
