//! What callers send about sessions. Each type is the schema of its body and what reading the body gives.

use herald_app::session::EndWhich;
use herald_core::{
    credential::Credential,
    id::{ConnectionId, SubjectId},
};
use utoipa::ToSchema;

use crate::{
    extract::json::{FromJson, ObjectReader, text},
    problem::Problem,
};

/// Asks what a credential is worth.
#[derive(ToSchema)]
pub struct VerifyRequest {
    /// The credential.
    #[schema(value_type = CredentialRequest)]
    pub credential: GivenCredential,
    /// The connection that it has to belong to; needed only where several could be meant.
    #[schema(example = "main")]
    pub connection: Option<String>,
}

/// A credential, in the hands of whoever got it from a browser or another service.
pub enum GivenCredential {
    /// A token.
    Token(String),
    /// The value of a `Cookie` header.
    Cookies(String),
}

impl GivenCredential {
    /// The credential.
    pub fn as_credential(&self) -> Credential<'_> {
        match self {
            Self::Token(token) => Credential::Token(token),
            Self::Cookies(cookies) => Credential::Cookies(cookies),
        }
    }
}

/// A credential.
#[derive(ToSchema, serde::Serialize)]
#[serde(untagged)]
pub enum CredentialRequest {
    /// A token, as a bearer sends it: Herald's own, or a provider's.
    Token(TokenCredential),
    /// A provider's cookies.
    Cookies(CookiesCredential),
}

/// A token, as a bearer sends it: Herald's own, or a provider's.
#[derive(ToSchema, serde::Serialize)]
pub struct TokenCredential {
    #[schema(inline)]
    r#type: TokenType,
    /// The token.
    #[schema(example = "eyJhbGciOiJFUzI1NiIs…")]
    token: String,
}

/// A provider's cookies.
#[derive(ToSchema, serde::Serialize)]
pub struct CookiesCredential {
    #[schema(inline)]
    r#type: CookiesType,
    /// The value of the browser's `Cookie` header; cookies of others in it are not looked at.
    #[schema(example = "authara_access=eyJ…")]
    cookie: String,
}

macro_rules! type_word {
    ($($name:ident $variant:ident)*) => {$(
        #[expect(dead_code, reason = "there for its schema; bodies are read by word")]
        #[derive(Clone, Copy, Debug, ToSchema, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        enum $name {
            $variant,
        }
    )*};
}
type_word! { TokenType Token CookiesType Cookies }

/// Asks for the next tokens of a session.
#[derive(ToSchema)]
pub struct RefreshSessionRequest {
    /// The session's refresh token. It is used up by this.
    #[schema(example = "hrt_AYkKXayWd0u8zrMCCZqAVwAAAAGUQHZCv_46k8vn-wX5YD_iuPhW-DtM5KUC_Q1nwyGJSw")]
    pub refresh_token: String,
}

/// Asks for the next cookies of a provider's own session.
#[derive(ToSchema)]
pub struct RefreshCookiesRequest {
    /// The value of the browser's `Cookie` header; cookies of others in it are not looked at.
    #[schema(example = "authara_refresh=…")]
    pub cookie: String,
    /// The connection that the cookies belong to; needed only where several could be meant.
    #[schema(example = "staff")]
    pub connection: Option<String>,
}

/// Ends sessions. Exactly one member says which.
#[derive(Debug, ToSchema)]
pub struct EndSessionsRequest {
    /// Those of one person.
    #[schema(value_type = Option<String>, example = "sub_01h455vb4pex5vsknk084sn02q")]
    pub subject: Option<SubjectId>,
    /// Those that began through one connection.
    #[schema(value_type = Option<String>, example = "main")]
    pub connection: Option<ConnectionId>,
    /// `true`: all of the tenant.
    #[schema(value_type = Option<bool>, example = true)]
    pub all: Option<()>,
}

impl EndSessionsRequest {
    /// Which sessions; a problem unless one member says it.
    pub fn which(self) -> Result<EndWhich, Problem> {
        match (self.subject, self.connection, self.all) {
            (Some(subject), None, None) => Ok(EndWhich::Subject(subject)),
            (None, Some(connection), None) => Ok(EndWhich::Connection(connection)),
            (None, None, Some(())) => Ok(EndWhich::All),
            _ => Err(Problem::invalid().at(
                "",
                "not_exactly_one",
                "must have exactly one of `subject`, `connection` and `all`",
            )),
        }
    }
}

impl FromJson for VerifyRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let credential = object.required("credential", |place, json| place.object(json, credential));
        let connection = object.optional("connection", text);
        Some(Self { credential: credential?, connection })
    }
}

#[derive(Clone, Copy)]
enum CredentialType {
    Token,
    Cookies,
}

const CREDENTIAL_TYPES: [(&str, CredentialType); 2] =
    [("token", CredentialType::Token), ("cookies", CredentialType::Cookies)];

fn credential(object: &mut ObjectReader<'_>) -> Option<GivenCredential> {
    let Some(kind) = object.required("type", |place, json| place.word(json, &CREDENTIAL_TYPES)) else {
        object.ignore_rest();
        return None;
    };
    match kind {
        CredentialType::Token => object.required("token", text).map(GivenCredential::Token),
        CredentialType::Cookies => object.required("cookie", text).map(GivenCredential::Cookies),
    }
}

impl FromJson for RefreshSessionRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        object.required("refresh_token", text).map(|refresh_token| Self { refresh_token })
    }
}

impl FromJson for RefreshCookiesRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let cookie = object.required("cookie", text);
        let connection = object.optional("connection", text);
        Some(Self { cookie: cookie?, connection })
    }
}

impl FromJson for EndSessionsRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        Some(Self {
            subject: object
                .optional("subject", |place, json| place.id(json, "a subject's id", SubjectId::parse)),
            connection: object.optional("connection", |place, json| {
                place.id(json, "a connection's name", ConnectionId::parse)
            }),
            all: object.optional("all", |place, json| place.yes(&json)),
        })
    }
}
