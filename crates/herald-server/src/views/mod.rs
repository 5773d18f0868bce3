//! What callers see of things: the shapes of `/v1`, built from the domain's types.
//!
//! A member that has no value is absent, never null. Every answer is an object with a name; unions are told apart by
//! `type` alone, each variant with a member of its own that is always there, so that every generator can decode them.

mod claim;
mod identity;
mod list;
mod login;
mod login_request;
mod next_step;
mod notification;
mod notification_request;
mod recipient;
mod started;
mod status;
mod time;

pub use claim::ClaimView;
pub use identity::{AttributesView, IdentityView, OrganizationView};
pub use list::LoginList;
pub use login::{LoginFailureView, LoginView};
pub use login_request::{ClaimRequest, ClientInfo, StartLoginRequest};
pub use next_step::{ApproveStep, DoneStep, LinkView, ManualView, NextStep, RedirectStep};
pub use notification::{AttemptFailureView, AttemptView, NotificationView};
pub use notification_request::{
    MessageRequest, PhoneAddress, RecipientAddress, SendNotificationRequest, SlugAddress, SubjectAddress,
    TextMessage,
};
pub use recipient::{PhoneRecipient, Recipient, SlugRecipient, SubjectRecipient};
pub use started::StartedLogin;
pub use status::{
    AttemptStatusWord, FailureKindWord, LoginStatusWord, NotificationStatusWord, OnUnknownWord,
};
pub use time::{Time, seconds_between};
