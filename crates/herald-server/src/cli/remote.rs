//! Speaking HTTP to a running Herald, for the commands that touch one.

use std::{fmt, process::ExitCode, time::Duration};

use clap::Args;
use herald_core::{
    error::ProviderError,
    provider::ProviderName,
    secret::{AdminKey, ApiKey},
};
use herald_outbound::{Client, ClientConfig, Method, Reach, Request, Response};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::runtime::Runtime;
use url::Url;

use super::{failed, misused};

/// Where an operator's key comes from: an argument would be seen by everybody on the machine.
const ADMIN_KEY: &str = "HERALD_ADMIN_KEY";
/// Where a tenant's key comes from.
const API_KEY: &str = "HERALD_API_KEY";
/// The longest that the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which server.
#[derive(Debug, Args)]
pub(super) struct Remote {
    /// Where the server is. An operator's key is read from `HERALD_ADMIN_KEY`, a tenant's from `HERALD_API_KEY`.
    #[arg(long, env = "HERALD_URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
}

impl Remote {
    /// The server as an operator sees it; wrong use without a key.
    pub(super) fn as_operator(&self) -> Result<Server, ExitCode> {
        let how = "an operator's key, `ha_…`; `herald keys new --admin` makes one";
        self.open(key(ADMIN_KEY, AdminKey::is_shaped, how)?)
    }

    /// The server as a tenant sees it; wrong use without a key.
    pub(super) fn as_tenant(&self) -> Result<Server, ExitCode> {
        let how = "an API key, `hk_…`; `herald keys new` makes one";
        self.open(key(API_KEY, ApiKey::is_shaped, how)?)
    }

    fn open(&self, key: SecretString) -> Result<Server, ExitCode> {
        let client = Client::open(ClientConfig {
            provider: ProviderName::new("herald"),
            base_url: self.url.clone(),
            timeout: PATIENCE,
            max_in_flight: 1,
            // The operator says where the server is.
            reach: Reach::Any,
        })
        .map_err(misused)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        Ok(Server { client, key, runtime })
    }
}

/// A key of the environment.
fn key(name: &str, is_shaped: fn(&str) -> bool, how: &str) -> Result<SecretString, ExitCode> {
    let key = std::env::var(name).unwrap_or_default();
    if is_shaped(&key) { Ok(key.into()) } else { Err(misused(format!("{name} has to hold {how}"))) }
}

/// A running server, and the key to speak to it with.
pub(super) struct Server {
    client: Client,
    key: SecretString,
    runtime: Runtime,
}

impl Server {
    /// Makes a GET, and gives what came back.
    pub(super) fn get<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let mut request = self.client.repeatable(operation, Method::Get, path);
        // Without members there is no `?` either.
        if !query.is_empty() {
            request = request.query(query);
        }
        self.ask(request)
    }

    /// Makes a POST without a body, and gives what came back.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
    ) -> Result<T, Trouble> {
        self.ask(self.client.one_shot(operation, Method::Post, path))
    }

    fn ask<K, T: DeserializeOwned>(&self, request: Request<K>) -> Result<T, Trouble> {
        let answer = self.runtime.block_on(request.bearer(&self.key).send()).map_err(Trouble::NoAnswer)?;
        if answer.is_success() {
            return answer.json().map_err(Trouble::NoAnswer);
        }
        Err(Trouble::of(&answer))
    }
}

/// What is read of a problem.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

/// What was asked for was not done. `Display` says why.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no answer, or none that can be read.
    NoAnswer(ProviderError),
    /// The server refused.
    Refused { status: u16, code: String, detail: String },
    /// Whoever answered is no Herald.
    Stranger(u16),
}

impl Trouble {
    fn of(answer: &Response) -> Self {
        let status = answer.status();
        match answer.json::<Problem>() {
            Ok(Problem { code, detail }) => Self::Refused { status, code, detail },
            Err(_) => Self::Stranger(status),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(error) => error.fmt(f),
            Self::Refused { status, code, detail } => write!(f, "{status} {code}: {detail}"),
            Self::Stranger(status) => write!(f, "the server answered {status}, and not as Herald does"),
        }
    }
}
