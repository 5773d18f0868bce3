//! What anybody may know of a tenant: its public keys (RFC 7517) and where its endpoints are (RFC 8414).

use herald_core::jwt::{Algorithm, PublicJwk};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type},
};

/// A tenant's public keys (RFC 7517, 5).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JsonWebKeySet)]
pub struct KeySetView {
    /// The keys: the one that signs, the one that will, and those that did.
    keys: Vec<KeyView>,
}

impl From<Vec<PublicJwk>> for KeySetView {
    fn from(keys: Vec<PublicJwk>) -> Self {
        Self { keys: keys.into_iter().map(KeyView).collect() }
    }
}

/// A public key (RFC 7517, 4).
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct KeyView(PublicJwk);

impl PartialSchema for KeyView {
    fn schema() -> RefOr<Schema> {
        let text = |description: &str, example: &str| {
            ObjectBuilder::new()
                .schema_type(SchemaType::Type(Type::String))
                .description(Some(description))
                .examples([example])
        };
        let object = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Object))
            .description(Some("A public key (RFC 7517, 4)."))
            .property("kty", text("The kind of key: `EC` or `OKP`. An open set.", "EC"))
            .property("crv", text("The curve: `P-256` or `Ed25519`. An open set.", "P-256"))
            .property(
                "x",
                text("The first coordinate, or the key.", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            )
            .property(
                "y",
                text("The second coordinate, of `EC`.", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
            )
            .property("use", text("What it is for: `sig`.", "sig"))
            .property("alg", text("What it verifies: `ES256` or `EdDSA`. An open set.", "ES256"))
            .property("kid", text("The id that tokens name.", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        let required = ["kty", "crv", "x", "use", "alg", "kid"];
        required.into_iter().fold(object, ObjectBuilder::required).into()
    }
}

impl ToSchema for KeyView {
    fn name() -> std::borrow::Cow<'static, str> {
        "JsonWebKey".into()
    }
}

/// Where a tenant's endpoints are, and what they can do (RFC 8414, 2).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuthorizationServerMetadata)]
pub struct AuthorizationServerMetadataView {
    /// The `iss` of the tenant's tokens.
    #[schema(format = "uri", example = "https://login.example/t/acme")]
    issuer: String,
    /// Its public keys.
    #[schema(format = "uri", example = "https://login.example/t/acme/.well-known/jwks.json")]
    jwks_uri: String,
    /// Where a token's worth is asked (RFC 7662).
    #[schema(format = "uri", example = "https://login.example/v1/oauth/introspect")]
    introspection_endpoint: String,
    /// `Bearer`: an API key.
    #[schema(example = json!(["Bearer"]))]
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Where a token is revoked (RFC 7009).
    #[schema(format = "uri", example = "https://login.example/v1/oauth/revoke")]
    revocation_endpoint: String,
    /// `Bearer`: an API key.
    #[schema(example = json!(["Bearer"]))]
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Nothing: there is no authorization endpoint.
    #[schema(example = json!([]))]
    response_types_supported: Vec<&'static str>,
    /// Nothing: there is no token endpoint.
    #[schema(example = json!([]))]
    grant_types_supported: Vec<&'static str>,
    /// What logout tokens are signed by, which are validated as ID tokens are (OpenID Connect Back-Channel Logout 1.0, 2.6).
    #[schema(example = json!(["ES256"]))]
    id_token_signing_alg_values_supported: Vec<&'static str>,
    /// Are ends of sessions announced, where a tenant asks for it?
    backchannel_logout_supported: bool,
    /// Does an announcement name the session?
    backchannel_logout_session_supported: bool,
}

impl AuthorizationServerMetadataView {
    /// The metadata of the tenant with this issuer, at a server that the outside reaches at `public_url`.
    pub fn new(issuer: String, public_url: &str, algorithm: Algorithm) -> Self {
        Self {
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            introspection_endpoint: format!("{public_url}/v1/oauth/introspect"),
            introspection_endpoint_auth_methods_supported: vec!["Bearer"],
            revocation_endpoint: format!("{public_url}/v1/oauth/revoke"),
            revocation_endpoint_auth_methods_supported: vec!["Bearer"],
            response_types_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            id_token_signing_alg_values_supported: vec![algorithm.as_str()],
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            issuer,
        }
    }
}
