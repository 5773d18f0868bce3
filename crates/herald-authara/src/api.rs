//! The addresses of Authara's that are used: its login page, and the one that says whose session a cookie is.

use herald_core::{error::ProviderError, provider::ProviderName};
use herald_outbound::{Client, ClientConfig, Method, OpenError};
use serde_json::Value;
use url::Url;

use crate::{config::AutharaConfig, cookie::AccessToken, error};

/// Authara, from here.
#[derive(Clone, Debug)]
pub(crate) struct Api(Client);

impl Api {
    pub(crate) fn open(config: &AutharaConfig) -> Result<Self, OpenError> {
        Client::open(ClientConfig {
            provider: ProviderName::AUTHARA,
            base_url: config.base_url.clone(),
            timeout: config.timeout,
            max_in_flight: config.max_in_flight,
            reach: config.reach,
        })
        .map(Self)
    }

    /// `GET /auth/api/v1/user`: whose session this is, or `None` when it is nobody's (any more).
    pub(crate) async fn user(&self, token: &AccessToken) -> Result<Option<Value>, ProviderError> {
        let request = self.0.repeatable("user", Method::Get, &["auth", "api", "v1", "user"]);
        let response = request.secret_header("cookie", &token.header()).send().await?;
        match response.status() {
            200 => response.json().map(Some),
            401 => Ok(None),
            _ => Err(error::of(&response)),
        }
    }
}

/// `GET /auth/login` on `origin`, for the person's browser. It sends them on to `return_path`, at once if they are signed in.
pub(crate) fn login_url(origin: &Url, return_path: &str) -> Url {
    let mut url = origin.clone();
    url.set_path("/auth/login");
    url.set_fragment(None);
    url.query_pairs_mut().clear().append_pair("return_to", return_path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_return_path_is_one_encoded_value() {
        let origin = Url::parse("https://app.acme.example/herald?x=1#y").unwrap();
        let url = login_url(&origin, "/herald/callback/acme/a b&return_to=/evil/S");
        assert_eq!(
            url.as_str(),
            "https://app.acme.example/auth/login?return_to=%2Fherald%2Fcallback%2Facme%2Fa+b%26return_to%3D%2Fevil%2FS"
        );
    }
}
