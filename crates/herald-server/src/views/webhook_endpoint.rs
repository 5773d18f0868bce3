//! A webhook endpoint, with its secret only where that is made.

use herald_core::webhook::{Endpoint, EndpointSecret};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type},
};

use super::Time;

/// An address at which the tenant is told of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct WebhookEndpointView {
    /// Its id.
    #[schema(example = "whe_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// Where events are sent to, by POST.
    #[schema(format = "uri", example = "https://shop.acme.example/herald-events")]
    url: String,
    /// Which events: types, families such as `notification.*`, or `*`. An open set.
    #[schema(example = json!(["notification.*", "login.claimed"]))]
    events: Vec<String>,
    /// The tenant's own words about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "The shop's order service")]
    description: Option<String>,
    /// Is it told?
    is_enabled: bool,
    /// Why Herald disabled it: `failing` (for 5 days without a success) or `gone` (it answered 410). An open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "failing")]
    disabled_reason: Option<&'static str>,
    /// Since when every delivery has failed; absent after a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Time>,
    /// Since when deliveries are being sent again; absent once all of them are under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    replaying_since: Option<Time>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
}

impl WebhookEndpointView {
    /// What its tenant sees of an endpoint.
    pub fn of(endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url.to_string(),
            events: endpoint.events.iter().map(|filter| filter.as_str().to_owned()).collect(),
            description: endpoint.description.clone(),
            is_enabled: endpoint.is_enabled,
            disabled_reason: endpoint.disabled_reason.map(herald_core::webhook::DisabledReason::as_str),
            failing_since: endpoint.failing_since.map(Time),
            replaying_since: endpoint.replay.map(|replay| Time(replay.since)),
            created_at: endpoint.created_at.into(),
        }
    }
}

/// A webhook endpoint that was just made, with the secret that it is told under.
#[derive(Clone, Serialize)]
pub struct CreatedWebhookEndpoint {
    #[serde(flatten)]
    endpoint: WebhookEndpointView,
    secret: String,
}

impl CreatedWebhookEndpoint {
    /// The endpoint with its secret, to be shown once.
    pub fn of(endpoint: &Endpoint) -> Self {
        let secret = endpoint.secrets.present().expose().to_owned();
        Self { endpoint: WebhookEndpointView::of(endpoint), secret }
    }
}

const SECRET: &str =
    "Signs what is sent (Standard Webhooks, `whsec_` and base64). Shown here and never again.";

/// The endpoint's own members and `secret` in one flat object; a deliberate copy, as for `StartedLogin`.
impl PartialSchema for CreatedWebhookEndpoint {
    fn schema() -> RefOr<Schema> {
        let secret = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(SECRET))
            .examples(["whsec_Ah0sgw5PoG8IlfLFRPr3GhVCoWWF1cQfIbI+LBcpGuE="])
            .build();
        match WebhookEndpointView::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.description = Some(
                    "A webhook endpoint that was just made: the members of `WebhookEndpoint`, and the secret that it is told under."
                        .to_owned(),
                );
                object.properties.insert("secret".to_owned(), secret.into());
                object.required.push("secret".to_owned());
                RefOr::T(Schema::Object(object))
            }
            other => other,
        }
    }
}

impl ToSchema for CreatedWebhookEndpoint {
    fn name() -> std::borrow::Cow<'static, str> {
        "CreatedWebhookEndpoint".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        WebhookEndpointView::schemas(schemas);
    }
}

/// The new secret of a webhook endpoint.
#[derive(Clone, Serialize, ToSchema)]
pub struct RotatedWebhookSecret {
    /// Signs what is sent (Standard Webhooks, `whsec_` and base64), beside the former one for 24 hours. Shown here and never
    /// again.
    #[schema(example = "whsec_Ah0sgw5PoG8IlfLFRPr3GhVCoWWF1cQfIbI+LBcpGuE=")]
    secret: String,
}

impl From<&EndpointSecret> for RotatedWebhookSecret {
    fn from(secret: &EndpointSecret) -> Self {
        Self { secret: secret.expose().to_owned() }
    }
}
