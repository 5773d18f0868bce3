//! Who an answer of Antara's names: a person is a slug, and the slug is this app's alone.

use herald_core::{
    error::ProviderError,
    identity::{Attributes, Profile},
    provider::{Answer, Rejection, Verified},
    text::Slug,
};
use herald_outbound::lenient;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{api::Api, token::IdentityToken};

/// What is kept of the one answer to a code: as it came, with the time, so that reading it again gives the same.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    pub(crate) at: Timestamp,
    pub(crate) data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenAnswer {
    access_token: String,
    #[serde(default, deserialize_with = "lenient")]
    scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient")]
    circle_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    user: Option<User>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(default, deserialize_with = "lenient")]
    primary_slug: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    trust_level: Option<String>,
}

/// A person as Antara names them to this app.
pub(crate) struct Person {
    pub(crate) slug: Slug,
    pub(crate) name: Option<String>,
}

impl KeptAnswer {
    pub(crate) fn read(answer: &Answer) -> Option<Self> {
        serde_json::from_str(answer.expose()).ok()
    }

    pub(crate) fn write(&self) -> Answer {
        Answer::new(json!(self).to_string())
    }

    /// Who signed in. Asks Antara only if the answer itself names nobody.
    pub(crate) async fn identify(self, api: &Api) -> Result<Verified, ProviderError> {
        let Ok(TokenAnswer { access_token, scopes, circle_id, user }) = serde_json::from_value(self.data)
        else {
            return Ok(rejected("the token answer has no access token"));
        };
        let Some(token) = IdentityToken::parse(&access_token) else {
            return Ok(rejected("the access token is not a person's"));
        };
        let User { primary_slug, display_name, trust_level } = user.unwrap_or_default();
        let person = match primary_slug {
            Some(slug) => Person::named(&slug, display_name),
            None => look_up(api, &token)
                .await?
                .map(|person| Person { name: display_name.or(person.name), ..person }),
        };
        let Some(Person { slug, name }) = person else {
            return Ok(rejected("Antara names no person, or none with a usable slug"));
        };
        let attributes = Attributes { trust_level, circle_id, scopes, ..Attributes::default() };
        let profile = Box::new(profile(&slug, name, self.at, attributes));
        Ok(Verified::Identity { profile, provider_session: None })
    }
}

impl Person {
    /// `None` when the slug is none that Antara could have given.
    pub(crate) fn named(slug: &str, name: Option<String>) -> Option<Self> {
        let slug = Slug::parse(slug).ok()?;
        Some(Self { slug, name: name.filter(|name| !name.trim().is_empty()) })
    }
}

/// The person whose token it is; `None` when Antara names none, or none that is active.
pub(crate) async fn look_up(api: &Api, token: &IdentityToken) -> Result<Option<Person>, ProviderError> {
    let found = api.lookup(token).await?.filter(|found| found.active);
    Ok(found.and_then(|found| Person::named(&found.slug, found.display_alias)))
}

/// The profile of a person; `attributes` lacks only the slug.
pub(crate) fn profile(slug: &Slug, name: Option<String>, at: Timestamp, attributes: Attributes) -> Profile {
    Profile {
        user_key: slug.as_str().to_owned(),
        name,
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: None,
        phone_number: None,
        // Antara does not say how the person proved themselves.
        amr: Vec::new(),
        authenticated_at: at,
        attributes: Attributes { slug: Some(slug.as_str().to_owned()), ..attributes },
    }
}

/// What `identify` says of an answer that does not hold.
pub(crate) fn rejected(detail: &str) -> Verified {
    Verified::Rejected(Rejection::IdentityRejected { detail: detail.to_owned() })
}
