//! Who a token names, and whether what stands beside it agrees.

use std::time::Duration;

use herald_core::{
    identity::{Attributes, Profile},
    jwt::{NumericDate, Rejected},
    phone::PhoneNumber,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::is_object_id;

/// How much later than the token was issued the person can have confirmed: a difference of clocks.
const SKEW: Duration = Duration::from_secs(60);

/// The claims of a verified token. There is no `sub` and no `aud`.
#[derive(Deserialize)]
pub(crate) struct Claims {
    #[serde(rename = "_id")]
    id: String,
    user_id: String,
    #[serde(rename = "type")]
    messenger: String,
    phone: Option<String>,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    username: Option<String>,
    app_id: String,
    iat: NumericDate,
    exp: NumericDate,
}

impl Claims {
    /// When the token was issued.
    pub(crate) fn issued_at(&self) -> Timestamp {
        self.iat.0
    }

    /// When the token ends.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.exp.0
    }

    /// Who it is, if the token is for this app.
    pub(crate) fn profile(&self, app_id: &str) -> Result<Profile, Rejected> {
        if self.app_id != app_id {
            return Err(Rejected("a token for another app"));
        }
        if !is_object_id(&self.id) {
            return Err(Rejected("`_id` is not 24 hexadecimal digits"));
        }
        if self.user_id.is_empty() || self.messenger.is_empty() {
            return Err(Rejected("`user_id` or `type` is empty"));
        }
        let phone = self.phone.as_deref().ok_or(Rejected("no phone number"))?;
        let phone =
            PhoneNumber::parse(phone).map_err(|_| Rejected("the phone number is not in E.164 form"))?;
        let word = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (given_name, family_name) = (word(&self.first_name), word(&self.last_name));
        let names: Vec<&str> = [&given_name, &family_name].into_iter().filter_map(Option::as_deref).collect();
        Ok(Profile {
            user_key: self.id.clone(),
            name: (!names.is_empty()).then(|| names.join(" ")),
            given_name,
            family_name,
            preferred_username: word(&self.username),
            email: None,
            phone_number: Some(phone),
            amr: vec!["oob".to_owned()],
            authenticated_at: self.issued_at(),
            attributes: Attributes {
                messenger: Some(self.messenger.clone()),
                messenger_user_id: Some(self.user_id.clone()),
                ..Attributes::default()
            },
        })
    }

    /// Does the answer around the token say the same as the token? What it leaves out it does not contradict.
    pub(crate) fn agree_with(&self, body: &Map<String, Value>) -> Result<(), Rejected> {
        let agrees = |members: &Map<String, Value>, name: &str, claim: &str| match members.get(name) {
            None => true,
            Some(value) => value.as_str() == Some(claim),
        };
        if !agrees(body, "app_id", &self.app_id) {
            return Err(Rejected("the answer is of another app than its token"));
        }
        let user = match body.get("user") {
            None => return Ok(()),
            Some(Value::Object(user)) => user,
            Some(_) => return Err(Rejected("the user beside the token is no object")),
        };
        let phone = self.phone.as_deref().unwrap_or_default();
        let is_same = agrees(user, "_id", &self.id)
            && user.contains_key("_id")
            && agrees(user, "user_id", &self.user_id)
            && agrees(user, "type", &self.messenger)
            && agrees(user, "phone", phone);
        if is_same { Ok(()) } else { Err(Rejected("the user beside the token is another one")) }
    }

    /// When the person confirmed, as the answer says, unless that makes no sense beside the token.
    pub(crate) fn confirmed_at(&self, body: &Map<String, Value>) -> Timestamp {
        let said: Option<Timestamp> =
            body.get("confirmed_at").and_then(Value::as_str).and_then(|at| at.parse().ok());
        let latest = self.issued_at().saturating_add(SKEW).unwrap_or(Timestamp::MAX);
        said.filter(|at| *at <= latest).unwrap_or(self.issued_at())
    }
}
