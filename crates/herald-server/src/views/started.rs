//! The answer that starts a login: the login, and the secret that claims it.

use herald_core::{login::Login, secret::ClaimSecret};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type},
};

use super::LoginView;

/// A login that was just started.
#[derive(Clone, Debug, Serialize)]
pub struct StartedLogin {
    #[serde(flatten)]
    login: LoginView,
    claim_secret: String,
}

impl StartedLogin {
    /// The login with its secret, to be shown once.
    pub fn new(login: &Login, secret: &ClaimSecret) -> Self {
        Self { login: LoginView::of(login), claim_secret: secret.expose().to_owned() }
    }
}

/// The login's own members and `claim_secret` in one flat object.
///
/// The copy is deliberate. `allOf` would spare it in the document only: generators for Go, Java, Rust, Python and TypeScript put
/// its parts together again, and make the same type that has nothing to do with `Login`.
impl PartialSchema for StartedLogin {
    fn schema() -> RefOr<Schema> {
        let secret = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "Proves who started the login; needed to claim it. Shown here and never again: keep it in the session \
                 of the browser that signs in.",
            ))
            .examples(["hcs_kZ3v1f0bq8mQyT7sX2dLr5uWc9aJhE4nP6iOgVtY0Rk"])
            .build();
        match LoginView::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.description = Some(
                    "A login that was just started: the members of `Login`, and the secret that claims it."
                        .to_owned(),
                );
                object.properties.insert("claim_secret".to_owned(), secret.into());
                object.required.push("claim_secret".to_owned());
                RefOr::T(Schema::Object(object))
            }
            other => other,
        }
    }
}

impl ToSchema for StartedLogin {
    fn name() -> std::borrow::Cow<'static, str> {
        "StartedLogin".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        LoginView::schemas(schemas);
    }
}
