//! Every address of Antara's that is used, and the shapes of its answers. Unknown members are ignored everywhere.

use herald_core::{
    error::{ErrorKind, ProviderError},
    provider::ProviderName,
    text::{MessageText, Slug},
};
use herald_outbound::{Client, ClientConfig, Method, OpenError, Response, lenient};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::{
    config::AntaraConfig,
    error,
    token::{AppToken, Granted, IdentityToken},
};

/// A success, out of its envelope if it had one.
#[derive(Debug)]
pub(crate) struct Success<T> {
    pub(crate) data: T,
    pub(crate) request_id: Option<String>,
}

/// What identity lookup says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lookup {
    pub(crate) slug: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) display_alias: Option<String>,
    pub(crate) active: bool,
}

/// What introspection says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Introspection {
    pub(crate) active: bool,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) audience: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) circle_id: Option<String>,
    /// Seconds since 1970.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) expires_at: Option<i64>,
}

/// What userinfo says, as far as it is of use. Its shape is not documented.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Userinfo {
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) trust_level: Option<String>,
}

/// What the token endpoint is given for a code.
#[derive(Debug)]
pub(crate) struct CodeGrant<'a> {
    pub(crate) code: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) code_verifier: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyExchange {
    access_token: String,
    #[serde(default, deserialize_with = "lenient")]
    expires_in: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    expires_at: Option<i64>,
}

/// Antara, by its endpoints. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    base_url: Url,
}

impl Api {
    pub(crate) fn open(config: &AntaraConfig) -> Result<Self, OpenError> {
        let client = Client::open(ClientConfig {
            provider: ProviderName::ANTARA,
            base_url: config.base_url.clone(),
            timeout: config.timeout,
            max_in_flight: config.max_in_flight,
            reach: config.reach,
        })?;
        Ok(Self { client, base_url: config.base_url.clone() })
    }

    /// `GET /oauth/authorize`, for the person's browser.
    pub(crate) fn authorize_url(&self, query: &[(&str, &str)]) -> Url {
        let mut url = self.base_url.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["oauth", "authorize"]);
        }
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// `POST /oauth/token`: the code is gone after it, whatever comes back.
    pub(crate) async fn exchange_code(&self, grant: &CodeGrant<'_>) -> Result<Success<Value>, ProviderError> {
        let body = json!({
            "grant_type": "authorization_code",
            "code": grant.code,
            "redirect_uri": grant.redirect_uri,
            "client_id": grant.client_id,
            "code_verifier": grant.code_verifier,
        });
        let request = self.client.one_shot("token", Method::Post, &["oauth", "token"]);
        let response = request.json(&body).send().await?;
        if response.is_success() { read(&response) } else { Err(error::of_grant(&response)) }
    }

    /// `POST /auth/introspect`. What Antara cannot make sense of is not active.
    pub(crate) async fn introspect(&self, token: &IdentityToken) -> Result<Introspection, ProviderError> {
        let body = json!({ "token": token.secret().expose_secret() });
        let request = self.client.repeatable("introspect", Method::Post, &["auth", "introspect"]);
        let response = request.json(&body).send().await?;
        match response.status() {
            400 | 401 | 404 | 422 => Ok(Introspection::default()),
            _ => Ok(read(&response)?.data),
        }
    }

    /// `GET /oauth/userinfo`.
    pub(crate) async fn userinfo(&self, token: &IdentityToken) -> Result<Userinfo, ProviderError> {
        let request = self.client.repeatable("userinfo", Method::Get, &["oauth", "userinfo"]);
        Ok(read(&request.bearer(token.secret()).send().await?)?.data)
    }

    /// `POST /app/v1/identity/lookup` of the person whose token it is; `None` when the token is not (or no longer) good or
    /// nobody is behind it. Changes nothing at Antara.
    ///
    /// A 403 is a fault of our configuration: the login did not ask for `identity.read`, or the app may not have it.
    pub(crate) async fn lookup(&self, token: &IdentityToken) -> Result<Option<Lookup>, ProviderError> {
        let request = self.client.repeatable("lookup", Method::Post, &["app", "v1", "identity", "lookup"]);
        let response = request.bearer(token.secret()).json(&json!({})).send().await?;
        match response.status() {
            401 | 404 => Ok(None),
            403 => Err(error::of(&response).with_kind(ErrorKind::Misconfigured)),
            _ => Ok(Some(read(&response)?.data)),
        }
    }

    /// `POST /auth/token/exchange`. May be repeated: a token more harms nobody.
    pub(crate) async fn exchange_key(&self, api_key: &SecretString) -> Result<Granted, ProviderError> {
        let body = json!({ "apiKey": api_key.expose_secret() });
        let request = self.client.repeatable("exchange", Method::Post, &["auth", "token", "exchange"]);
        let response = request.json(&body).send().await?;
        if !response.is_success() {
            return Err(error::of_key(&response));
        }
        let KeyExchange { access_token, expires_in, expires_at } = read(&response)?.data;
        let token = AppToken::parse(&access_token).ok_or_else(|| response.protocol("no aat_ came back"))?;
        Ok(Granted { token, seconds: expires_in, until: expires_at })
    }

    /// `POST /app/v1/messages`. The answer is given as it is, because here a status means more than elsewhere.
    pub(crate) async fn send_message(
        &self,
        token: &AppToken,
        slug: &Slug,
        text: &MessageText,
        key: &str,
    ) -> Result<Response, ProviderError> {
        let request = self.client.one_shot("send", Method::Post, &["app", "v1", "messages"]);
        let body = json!({ "slug": slug.as_str(), "body": text.as_str() });
        request.bearer(token.secret()).header("idempotency-key", key).json(&body).send().await
    }
}

/// A success with or without its envelope; everything else is the error it stands for.
pub(crate) fn read<T: DeserializeOwned>(response: &Response) -> Result<Success<T>, ProviderError> {
    if !response.is_success() {
        return Err(error::of(response));
    }
    let mut body: Value = response.json()?;
    let request_id = error::request_id(&body).or_else(|| response.header("x-request-id").map(str::to_owned));
    let data = match body.get_mut("data") {
        Some(data) if data.is_object() => data.take(),
        _ => body,
    };
    let data = serde_json::from_value(data).map_err(|_| {
        response.protocol("a member is missing or of another type").with_request_id(request_id.as_deref())
    })?;
    Ok(Success { data, request_id })
}

/// An id as text. Antara does not say which type its ids have.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
