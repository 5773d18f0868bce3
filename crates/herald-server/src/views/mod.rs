//! What callers see of things: the shapes of `/v1`, built from the domain's types.
//!
//! A member that has no value is absent, never null. Every answer is an object with a name; unions are told apart by
//! `type` alone, each variant with a member of its own that is always there, so that every generator can decode them.

mod claim;
mod delivery;
mod discovery;
mod event;
mod identity;
mod list;
mod login;
mod login_request;
mod next_step;
mod notification;
mod notification_batch;
mod notification_request;
mod oauth;
mod recipient;
mod session;
mod session_request;
mod signing_key;
mod started;
mod status;
mod time;
mod verification;
mod webhook_delivery;
mod webhook_endpoint;
mod webhook_request;

pub use claim::ClaimView;
pub use delivery::{ConnectionConditionView, DeliveryState, WaitingView};
pub use discovery::{AuthorizationServerMetadataView, KeySetView, KeyView};
pub use event::{ConnectionNewsView, EndpointNewsView, LoginNewsView, SessionNewsView, Shapes};
pub use identity::{AttributesView, IdentityView, OrganizationView};
pub use list::{LoginList, NotificationList, SessionList, WebhookDeliveryList, WebhookEndpointList};
pub use login::{LoginFailureView, LoginView};
pub use login_request::{ClaimRequest, ClientInfo, StartLoginRequest};
pub use next_step::{ApproveStep, DoneStep, LinkView, ManualView, NextStep, RedirectStep};
pub use notification::{AttemptFailureView, AttemptView, NotificationView};
pub use notification_batch::{
    BatchItem, BatchNotificationRequest, NotificationBatch, SendNotificationBatchRequest, accepted_status,
};
pub use notification_request::{
    MessageRequest, PhoneAddress, RecipientAddress, SendNotificationRequest, SlugAddress, SubjectAddress,
    TextMessage,
};
pub use oauth::{IntrospectTokenRequest, IntrospectionView, RevokeTokenRequest};
pub use recipient::{PhoneRecipient, Recipient, SlugRecipient, SubjectRecipient};
pub use session::{EndedSessions, SessionTokensView, SessionView};
pub use session_request::{
    CookiesCredential, CredentialRequest, EndSessionsRequest, GivenCredential, RefreshCookiesRequest,
    RefreshSessionRequest, TokenCredential, VerifyRequest,
};
pub use signing_key::{SigningKeyList, SigningKeyView};
pub use started::StartedLogin;
pub use status::{
    AttemptStatusWord, DeliveryAttemptStatusWord, DeliveryStatusWord, LoginStatusWord,
    NotificationStatusWord, OnUnknownWord, SessionStatusWord, SigningKeyStatusWord,
};
pub use time::{Time, parse_time, seconds, seconds_between};
pub use verification::{RefreshedCookiesView, VerificationView};
pub use webhook_delivery::{WebhookAttemptView, WebhookDeliveryView};
pub use webhook_endpoint::{CreatedWebhookEndpoint, RotatedWebhookSecret, WebhookEndpointView};
pub use webhook_request::{
    CreateWebhookEndpointRequest, ReplayWebhookDeliveriesRequest, UpdateWebhookEndpointRequest,
};
