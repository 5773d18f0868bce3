//! Who a session belongs to, in the words of the server or of a verified token. Both give the same profile, as far as they
//! know the same.

use herald_core::{
    identity::{Attributes, Organization, Profile},
    jwt::{self, NumericDate},
};
use herald_outbound::lenient;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::cookie::AccessToken;

/// The longest id that is taken for one; Authara's are UUIDs.
const LONGEST_ID: usize = 128;

/// What `GET /auth/api/v1/user` says.
#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    email: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    username: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    roles: Option<Vec<String>>,
    /// Missing in older servers.
    #[serde(default, deserialize_with = "lenient")]
    organization: Option<Organization>,
    /// Not lenient: who cannot be read as enabled is not.
    #[serde(default)]
    disabled: Option<bool>,
}

/// The claims of an access token, beside those that its verification checks.
#[derive(Deserialize)]
pub(crate) struct Claims {
    sub: String,
    /// The session. Missing in older servers.
    #[serde(default, deserialize_with = "lenient")]
    sid: Option<String>,
    /// `null`, not `[]`, for a plain user.
    #[serde(default, deserialize_with = "lenient")]
    roles: Option<Vec<String>>,
    /// Missing in older servers, as is the role.
    #[serde(default, deserialize_with = "lenient")]
    org_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    org_role: Option<String>,
    iat: NumericDate,
    exp: NumericDate,
}

/// Why there is no person, for operators.
pub(crate) type NoPerson = &'static str;

/// The person that the server named.
pub(crate) fn of_user(user: &Value, at: Timestamp) -> Result<Profile, NoPerson> {
    let user = User::deserialize(user).map_err(|_| "the user is not of the expected shape")?;
    if user.disabled == Some(true) {
        return Err("the account is disabled");
    }
    let profile = profile(user.id, user.roles, user.organization, at)?;
    Ok(Profile { name: user.name, email: user.email, preferred_username: user.username, ..profile })
}

/// Does the server say that this person's account is disabled?
pub(crate) fn is_disabled(user: &Value) -> bool {
    user.get("disabled") == Some(&Value::Bool(true))
}

/// The person that a verified token names; signed in when the token was issued.
pub(crate) fn of_claims(claims: Claims) -> Result<Profile, NoPerson> {
    let organization = claims.org_id.map(|id| Organization { id, name: None, role: claims.org_role });
    profile(claims.sub, claims.roles, organization, claims.iat.0)
}

impl Claims {
    /// When the token ends.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.exp.0
    }

    /// Authara's session that the token belongs to.
    pub(crate) fn session(&self) -> Option<String> {
        self.sid.clone().filter(|id| is_id(id))
    }
}

/// The id of the user that a token names, verified by nobody.
pub(crate) fn named_by(token: &AccessToken) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        sub: String,
    }
    let named: Named = jwt::peek_claims(token.expose()).ok()?;
    Some(named.sub).filter(|id| is_id(id))
}

/// Can this be the id of a user, a session or a notice?
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn profile(
    id: String,
    roles: Option<Vec<String>>,
    organization: Option<Organization>,
    at: Timestamp,
) -> Result<Profile, NoPerson> {
    if !is_id(&id) {
        return Err("the user has no usable id");
    }
    Ok(Profile {
        user_key: id,
        name: None,
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: None,
        phone_number: None,
        // Authara does not say how the person proved themselves.
        amr: Vec::new(),
        authenticated_at: at,
        attributes: Attributes {
            // The server says `[]` where the token says `null`.
            roles: Some(roles.unwrap_or_default()),
            organization,
            ..Attributes::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(value: &Value) -> Result<Profile, NoPerson> {
        of_user(value, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn roles_may_be_null_empty_or_missing_and_the_organization_too() {
        for value in [json!({ "id": "u" }), json!({ "id": "u", "roles": null, "organization": null })] {
            let attributes = user(&value).unwrap().attributes;
            assert!(attributes.roles == Some(Vec::new()) && attributes.organization.is_none());
        }
        let organization = json!({ "id": "o", "name": "Org", "role": "owner", "plan": "free" });
        let full =
            user(&json!({ "id": "u", "roles": ["authara:admin"], "organization": organization })).unwrap();
        assert_eq!(full.attributes.roles.unwrap(), ["authara:admin"]);
        assert_eq!(full.attributes.organization.unwrap().role.as_deref(), Some("owner"));
    }

    #[test]
    fn who_is_disabled_or_has_no_id_is_nobody() {
        for value in [
            json!({ "id": "u", "disabled": true }),
            json!({ "id": "u", "disabled": "no" }),
            json!({ "id": "" }),
            json!({ "id": 7 }),
            json!({ "id": "a b" }),
            json!({ "id": "a".repeat(129) }),
            json!({ "email": "x@example.org" }),
            json!([]),
        ] {
            assert!(user(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn an_older_tokens_claims_are_enough() {
        let claims: Claims =
            serde_json::from_value(json!({ "sub": "u", "roles": null, "iat": 5, "exp": 9 })).unwrap();
        assert_eq!((claims.expires_at().as_second(), claims.session()), (9, None));
        let profile = of_claims(claims).unwrap();
        assert_eq!(profile.authenticated_at.as_second(), 5);
        assert!(profile.attributes.organization.is_none());
    }

    #[test]
    fn a_session_that_has_no_usable_id_is_none() {
        for (sid, session) in
            [(json!("s-1"), Some("s-1")), (json!(""), None), (json!("a b"), None), (json!(7), None)]
        {
            let claims = json!({ "sub": "u", "sid": sid, "iat": 5, "exp": 9 });
            assert_eq!(serde_json::from_value::<Claims>(claims).unwrap().session().as_deref(), session);
        }
    }

    #[test]
    fn a_token_names_its_user_whoever_signed_it() {
        // `{"alg":"none"}`, then `{"sub":"u-1"}`, `{"sub":"a b"}`, `{"sub":7}`, `{}` and no JSON.
        for (claims, named) in [
            ("eyJzdWIiOiJ1LTEifQ", Some("u-1")),
            ("eyJzdWIiOiJhIGIifQ", None),
            ("eyJzdWIiOjd9", None),
            ("e30", None),
            ("YQ", None),
        ] {
            let token = AccessToken::parse(&format!("eyJhbGciOiJub25lIn0.{claims}.c2ln")).unwrap();
            assert_eq!(named_by(&token).as_deref(), named, "{claims}");
        }
    }
}
