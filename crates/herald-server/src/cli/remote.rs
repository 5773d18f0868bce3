//! Speaking HTTP to a running Herald, for the commands that touch one.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use herald_core::{provider::ProviderName, secret::AdminKey};
use herald_outbound::{Client, ClientConfig, Method, Reach};
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::{failed, misused};

/// Where an operator's key comes from: an argument would be seen by everybody on the machine.
const ADMIN_KEY: &str = "HERALD_ADMIN_KEY";
/// The longest that the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which server.
#[derive(Debug, Args)]
pub(super) struct Remote {
    /// Where the server is. The operator's key is read from `HERALD_ADMIN_KEY`.
    #[arg(long, env = "HERALD_URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
}

/// What is read of a problem.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

impl Remote {
    /// Makes a POST without a body as an operator, and gives what came back; or says what went wrong, with its exit code.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
    ) -> Result<T, ExitCode> {
        let key = admin_key()?;
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
        let request = client.one_shot(operation, Method::Post, path).bearer(&key);
        let answer = runtime.block_on(request.send()).map_err(failed)?;
        if answer.is_success() {
            return answer.json().map_err(failed);
        }
        let status = answer.status();
        Err(match answer.json::<Problem>() {
            Ok(Problem { code, detail }) => failed(format!("{status} {code}: {detail}")),
            Err(_) => failed(format!("the server answered {status}, and not as Herald does")),
        })
    }
}

/// The operator's key.
fn admin_key() -> Result<SecretString, ExitCode> {
    let key = std::env::var(ADMIN_KEY).unwrap_or_default();
    if AdminKey::is_shaped(&key) {
        Ok(key.into())
    } else {
        Err(misused(format!(
            "{ADMIN_KEY} has to hold an operator's key, `ha_…`; `herald keys new --admin` makes one"
        )))
    }
}
