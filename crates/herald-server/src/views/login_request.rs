//! What callers send about logins. Each type is the schema of its body and what reading the body gives.

use std::net::IpAddr;

use herald_core::text::{Locale, Reference};
use utoipa::ToSchema;

use crate::extract::json::{FromJson, Json, ObjectReader, Place, text};

/// Starts a login.
#[derive(Debug, ToSchema)]
pub struct StartLoginRequest {
    /// Where to send the browser back to: one of the tenant's return URLs, byte for byte. May be left out only where the
    /// tenant allows detached logins. To its query Herald adds `login_id` and either `code`, which claims the login, or `error`:
    /// `access_denied` (the person said no), `login_expired` or `login_failed`.
    #[schema(format = "uri", example = "https://shop.acme.example/signed-in")]
    pub return_url: Option<String>,
    /// The connection to use; the tenant's own choice when absent.
    #[schema(example = "main")]
    pub connection: Option<String>,
    /// The person's language, as a language tag. Herald's own pages are in English (`en`) and Russian (`ru`); for another
    /// language they follow the browser, else they are in English. The provider is told it, where it takes one.
    #[schema(value_type = Option<String>, max_length = 35, example = "en")]
    pub locale: Option<Locale>,
    /// Your own word for the login: returned, searchable, never interpreted. Printable characters.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128, example = "cart-4711")]
    pub reference: Option<Reference>,
    /// How long to wait for the person, in seconds; 300 when absent, cut to the provider's own limit.
    #[schema(minimum = 60, maximum = 600, example = 300)]
    pub expires_in_seconds: Option<u32>,
    /// Who asks.
    pub client: Option<ClientInfo>,
}

/// Who asks for a login, as far as the caller knows.
#[derive(Debug, Default, ToSchema)]
pub struct ClientInfo {
    /// The address of the person's device. Kept as a keyed hash, for limits.
    #[schema(value_type = Option<String>, example = "203.0.113.7")]
    pub ip_address: Option<IpAddr>,
    /// The browser's name for itself.
    #[schema(
        max_length = 1024,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )]
    pub user_agent: Option<String>,
}

impl ClientInfo {
    /// The longest name for itself that is taken from a browser.
    pub(crate) const LONGEST_USER_AGENT: usize = 1024;
}

/// Claims a login.
#[derive(ToSchema)]
pub struct ClaimRequest {
    /// What starting the login gave: proves who started it.
    #[schema(example = "hcs_kZ3v1f0bq8mQyT7sX2dLr5uWc9aJhE4nP6iOgVtY0Rk")]
    pub claim_secret: String,
    /// What came with the browser to the return URL: proves which browser came back. Needed when the login has a
    /// `return_url`.
    #[schema(example = "hcc_Yb7tQ0wR3mN9xL2cV5kD8sF1hJ4gZ6pA0eU-iO_uT3E")]
    pub code: Option<String>,
}

impl FromJson for StartLoginRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        Some(Self {
            return_url: object.optional("return_url", text),
            connection: object.optional("connection", text),
            locale: object
                .optional("locale", |place, json| place.parsed(json, "not_a_locale", Locale::parse)),
            reference: object.optional("reference", reference),
            expires_in_seconds: object
                .optional("expires_in_seconds", |place, json| place.integer(json, 60..=600)),
            client: object.optional("client", |place, json| place.object(json, ClientInfo::read)),
        })
    }
}

impl FromJson for ClientInfo {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        Some(Self {
            ip_address: object.optional("ip_address", |place, json| {
                place.parsed(json, "not_an_ip_address", |text| {
                    text.parse().map_err(|_| "must be an IPv4 or IPv6 address")
                })
            }),
            user_agent: object
                .optional("user_agent", |place, json| place.text_up_to(json, Self::LONGEST_USER_AGENT)),
        })
    }
}

impl FromJson for ClaimRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let claim_secret = object.required("claim_secret", text);
        let code = object.optional("code", text);
        Some(Self { claim_secret: claim_secret?, code })
    }
}

/// The caller's own word for a thing, with the fault named.
pub(super) fn reference(place: Place<'_>, json: Json) -> Option<Reference> {
    let code = match &json {
        Json::Text(text) if text.is_empty() => "empty",
        Json::Text(text) if text.chars().count() > 128 => "too_long",
        _ => "not_printable",
    };
    place.parsed(json, code, Reference::parse)
}

#[cfg(test)]
#[path = "login_request_tests.rs"]
mod tests;
