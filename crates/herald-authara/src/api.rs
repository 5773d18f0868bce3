//! The addresses of Authara's that are used: its login page, whose session a cookie is, and a session's refresh and logout.

use herald_core::{error::ProviderError, provider::ProviderName};
use herald_outbound::{Client, ClientConfig, Method, OpenError, Request};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::{
    config::AutharaConfig,
    cookie::AccessToken,
    error,
    set_cookie::{NewTokens, SetCookies},
};

/// The header that brings a cookie.
const SET_COOKIE: &str = "set-cookie";

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

    /// `POST /auth/api/v1/sessions/refresh`: new tokens for the refresh token among `cookies`, or `None` when Authara does not
    /// know it. What a 401 clears is not for a browser whose session another refresh may have kept.
    pub(crate) async fn refresh(
        &self,
        cookies: &SecretString,
        csrf: &SecretString,
    ) -> Result<Option<NewTokens>, ProviderError> {
        let path = ["auth", "api", "v1", "sessions", "refresh"];
        let request = self.0.one_shot("refresh", Method::Post, &path).query(&[("audience", "app")]);
        let response = without_body(request, cookies, csrf).send().await?;
        match response.status() {
            200 => SetCookies::read(response.headers(SET_COOKIE))
                .and_then(NewTokens::among)
                .map(Some)
                .map_err(|fault| response.protocol(fault)),
            401 => Ok(None),
            _ => Err(error::of(&response)),
        }
    }

    /// `POST /auth/api/v1/sessions/logout`: ends the session, and gives what the browser's cookies become. It may be asked
    /// again: of a session that is over Authara says the same, or 401.
    pub(crate) async fn logout(
        &self,
        cookies: &SecretString,
        csrf: &SecretString,
    ) -> Result<SetCookies, ProviderError> {
        let path = ["auth", "api", "v1", "sessions", "logout"];
        let request = self.0.repeatable("logout", Method::Post, &path);
        let response = without_body(request, cookies, csrf).send().await?;
        match response.status() {
            204 | 401 => {
                SetCookies::read(response.headers(SET_COOKIE)).map_err(|fault| response.protocol(fault))
            }
            _ => Err(error::of(&response)),
        }
    }
}

/// A POST whose cookies say everything. That it has no body is said too, because some proxies ask for that (RFC 9110, 8.6).
fn without_body<Kind>(request: Request<Kind>, cookies: &SecretString, csrf: &SecretString) -> Request<Kind> {
    request.header("content-length", "0").secret_header("cookie", cookies).secret_header("x-csrf-token", csrf)
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
