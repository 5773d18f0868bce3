//! What callers see of things: the shapes of `/v1`, built from the domain's types.
//!
//! A member that has no value is absent, never null. Every answer is an object with a name; unions are told apart by
//! `type` alone, each variant with a member of its own that is always there, so that every generator can decode them.

mod claim;
mod discovery;
mod identity;
mod list;
mod login;
mod login_request;
mod next_step;
mod notification;
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

pub use claim::ClaimView;
pub use discovery::{AuthorizationServerView, KeySetView, KeyView};
pub use identity::{AttributesView, IdentityView, OrganizationView};
pub use list::{LoginList, SessionList};
pub use login::{LoginFailureView, LoginView};
pub use login_request::{ClaimRequest, ClientInfo, StartLoginRequest};
pub use next_step::{ApproveStep, DoneStep, LinkView, ManualView, NextStep, RedirectStep};
pub use notification::{AttemptFailureView, AttemptView, NotificationView};
pub use notification_request::{
    MessageRequest, PhoneAddress, RecipientAddress, SendNotificationRequest, SlugAddress, SubjectAddress,
    TextMessage,
};
pub use oauth::{IntrospectionView, TokenRequest};
pub use recipient::{PhoneRecipient, Recipient, SlugRecipient, SubjectRecipient};
pub use session::{EndedSessions, SessionTokensView, SessionView};
pub use session_request::{
    CookiesCredential, CredentialRequest, EndSessionsRequest, GivenCredential, RefreshCookiesRequest,
    RefreshSessionRequest, TokenCredential, VerifyRequest,
};
pub use signing_key::{SigningKeyList, SigningKeyView};
pub use started::StartedLogin;
pub use status::{
    AttemptStatusWord, FailureKindWord, LoginStatusWord, NotificationStatusWord, OnUnknownWord,
    SessionStatusWord, SigningKeyStatusWord,
};
pub use time::{Time, seconds_between};
pub use verification::{RefreshedCookiesView, VerificationView};
