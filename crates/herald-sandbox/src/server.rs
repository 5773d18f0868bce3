//! Starting and stopping: a listener, a thread with actix' own runtime, and what is served.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};
use herald_outbound::forward::{ForwardError, Forwarder, Limits};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use url::Url;

use crate::config::SandboxConfig;
use crate::control::{self, Control};
use crate::credentials::Credentials;
use crate::operation::Provider;
use crate::shared::Shared;
use crate::webhook::{self, Errands};
use crate::{antara, antirius, authara, faulting, proxy, shop, start_page};

/// Room for a thousand clients that connect at once.
const BACKLOG: u32 = 4096;
/// Longer than clients keep idle connections, so that a close never races with a request.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(120);

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken or not allowed.
    #[error("cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The server's thread did not come up.
    #[error("the server did not start")]
    Server(#[source] std::io::Error),
    /// The client of proxy and shop could not be built.
    #[error(transparent)]
    Client(#[from] ForwardError),
    /// The public host makes no address.
    #[error("{0:?} is not a host")]
    Host(String),
}

/// A running sandbox. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    url: Url,
    control: Control,
    credentials: Credentials,
    handle: ServerHandle,
}

impl Sandbox {
    /// Listens and serves until [`Self::stop`] or the drop. Needs a tokio runtime only for this call.
    pub async fn start(config: SandboxConfig) -> Result<Self, StartError> {
        let address = config.listen;
        let listener = listen(address).map_err(|source| StartError::Listen { address, source })?;
        let local = listener.local_addr().map_err(StartError::Server)?;
        let host = config.public_host.clone().unwrap_or_else(|| match local {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        });
        let base = format!("http://{host}:{}", local.port());
        let url = Url::parse(&base).map_err(|_| StartError::Host(host))?;
        let (shared, errands) = Shared::new(config, base, Forwarder::new(Limits::default())?);
        let shared = Arc::new(shared);
        if shared.config.providers.contains(&Provider::Antirius) {
            antirius::prepare_key(&shared.antirius()).map_err(StartError::Server)?;
        }
        let (ready, started) = oneshot::channel();
        let served = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("herald-sandbox".to_owned())
            .spawn(move || serve(listener, &served, errands, ready))
            .map_err(StartError::Server)?;
        let gone = |_| StartError::Server(std::io::Error::other("its thread ended"));
        let handle = started.await.map_err(gone)?.map_err(StartError::Server)?;
        let credentials = Credentials::of(&shared);
        Ok(Self { url, control: Control::new(shared), credentials, handle })
    }

    /// The one address of everything here, `http://127.0.0.1:9100/`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The same without the slash at the end, as configurations name it.
    pub fn base_url(&self) -> &str {
        &self.credentials.base_url
    }

    /// Everything that a test or an operator may do to the sandbox.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// The accepted ids and secrets, as they were at start.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Stops at once: calls under way are cut off. Afterwards the port is free.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The command is sent by the call itself; nobody has to wait for the returned future.
        drop(self.handle.stop(false));
    }
}

fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn serve(
    listener: std::net::TcpListener,
    shared: &Arc<Shared>,
    errands: Errands,
    ready: oneshot::Sender<std::io::Result<ServerHandle>>,
) {
    let data = web::Data::from(Arc::clone(shared));
    let sending = webhook::run(Arc::clone(shared), errands);
    let result = actix_web::rt::System::new().block_on(async move {
        // Ends with the system.
        drop(actix_web::rt::spawn(sending));
        let server = HttpServer::new(move || {
            let data = data.clone();
            App::new()
                .app_data(data.clone())
                .wrap(from_fn(faulting::apply))
                .configure(|services| services_of(&data, services))
                .default_service(web::to(unknown))
        })
        .workers(1)
        .keep_alive(KEEP_ALIVE)
        .disable_signals()
        .listen(listener);
        match server {
            Ok(server) => {
                let running = server.run();
                // Whoever started it may have given up already; then the server ends with its handle.
                if ready.send(Ok(running.handle())).is_ok() { running.await } else { Ok(()) }
            }
            Err(error) => {
                drop(ready.send(Err(error)));
                Ok(())
            }
        }
    });
    if let Err(error) = result {
        tracing::error!(%error, "the sandbox ended");
    }
}

fn services_of(shared: &Shared, services: &mut web::ServiceConfig) {
    let providers = &shared.config.providers;
    if providers.contains(&Provider::Antara) {
        antara::configure(services);
    }
    if providers.contains(&Provider::Antirius) {
        antirius::configure(services);
    }
    if providers.contains(&Provider::Authara) {
        authara::configure(services);
        services.service(proxy::forward);
    }
    if shared.config.shop.is_some() {
        shop::configure(services);
    }
    control::configure(services);
    services.service(start_page::show);
}

async fn unknown() -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": { "code": "not_found", "message": "No such address" } }))
}
