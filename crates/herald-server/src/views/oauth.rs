//! What OAuth clients send and get: introspection (RFC 7662) and revocation (RFC 7009).

use herald_app::session::{AccessClaims, Introspection};
use herald_core::session::Session;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    extract::{Form, FromForm},
    problem::Problem,
};

macro_rules! token_requests {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(ToSchema)]
        pub struct $name {
            /// The token: an access token or a refresh token of Herald.
            #[schema(example = "hrt_AYkKXayWd0u8zrMCCZqAVwAAAAGUQHZCv_46k8vn-wX5YD_iuPhW-DtM5KUC_Q1nwyGJSw")]
            pub token: String,
            /// What the caller takes it for. Not looked at: a token says itself what it is.
            #[expect(dead_code, reason = "there for its schema; RFC 7009, 2.1 lets a server ignore it")]
            #[schema(example = "refresh_token")]
            token_type_hint: Option<String>,
        }

        impl FromForm for $name {
            fn read(form: &Form) -> Result<Self, Problem> {
                Ok(Self { token: form.required("token")?.to_owned(), token_type_hint: None })
            }
        }
    )*};
}
token_requests! {
    /// Asks what a token is worth (RFC 7662, 2.1).
    IntrospectTokenRequest
    /// Asks for a token to be good for nothing any more (RFC 7009, 2.1).
    RevokeTokenRequest
}

/// What a token is worth at this moment (RFC 7662, 2.2). Of one that is not good nothing but that is said.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = Introspection)]
pub struct IntrospectionView {
    /// Is it good?
    active: bool,
    /// `Bearer` for an access token; absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bearer")]
    token_type: Option<&'static str>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "acme")]
    client_id: Option<String>,
    /// The person: Herald's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    sub: Option<String>,
    /// Whom the token is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://login.example/t/acme")]
    aud: Option<String>,
    /// Who issued it: the tenant's issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://login.example/t/acme")]
    iss: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_323_665)]
    exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_323_065)]
    iat: Option<i64>,
    /// When the person was authenticated, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_767_323_060)]
    auth_time: Option<i64>,
    /// How the person proved themselves (RFC 8176).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["oob"]))]
    amr: Option<Vec<String>>,
    /// The token's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01h455vb4pex5vsknk084sn02q")]
    jti: Option<String>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ses_01h455vb4pex5vsknk084sn02q")]
    sid: Option<String>,
    /// The provider that vouched. An open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "antirius")]
    provider: Option<String>,
    /// The connection that the person signed in through.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "main")]
    connection: Option<String>,
}

impl IntrospectionView {
    /// What a resource server sees; `issuer` is the tenant's.
    pub fn new(introspection: &Introspection, issuer: String) -> Self {
        match introspection {
            Introspection::Inactive => Self::default(),
            Introspection::AccessToken(claims) => Self::of_access_token(claims),
            Introspection::RefreshToken(session) => Self::of_refresh_token(session, issuer),
        }
    }

    fn of_access_token(claims: &AccessClaims) -> Self {
        Self {
            active: true,
            token_type: Some("Bearer"),
            client_id: Some(claims.client_id.to_string()),
            sub: Some(claims.sub.to_string()),
            aud: Some(claims.aud.clone()),
            iss: Some(claims.iss.clone()),
            exp: Some(claims.exp),
            iat: Some(claims.iat),
            auth_time: Some(claims.auth_time),
            amr: (!claims.amr.is_empty()).then(|| claims.amr.clone()),
            jti: Some(claims.jti.clone()),
            sid: Some(claims.sid.to_string()),
            provider: Some(claims.provider.as_str().to_owned()),
            connection: Some(claims.connection.to_string()),
        }
    }

    /// A refresh token is as old as the last use of its session, which made it.
    fn of_refresh_token(session: &Session, issuer: String) -> Self {
        Self {
            active: true,
            sub: Some(session.subject.to_string()),
            sid: Some(session.id.to_string()),
            iss: Some(issuer),
            exp: Some(session.expires_at().as_second()),
            iat: Some(session.last_used_at.as_second()),
            ..Self::default()
        }
    }
}
