//! Herald's use cases: logins, sessions, sites, notifications, tenants. No actix, no wire types, no adapter's name.
//!
//! [`Herald`] is the whole application: [`Herald::logins`], [`Herald::sessions`], [`Herald::sites`] and
//! [`Herald::notifications`] are what callers ask for, [`Herald::run`] is what goes on in the background (watching logins,
//! delivering notifications, telling of events, rotating keys).
//!
//! # Things to note
//! - Whatever changes is changed by compare-and-swap on a stored row: [`login`] loads, moves, saves, and on a lost race
//!   starts over. Nothing is kept in memory that a crash may not take.
//! - What calls a provider with effect runs as a task of its own ([`tasks`]), so that a caller who hangs up cannot stop it
//!   half way.
//! - Waiters are woken by the change itself ([`hub`]), also by one that another replica makes, of which the store tells
//!   (`changes`); a timer is only for changes that were not heard of.
//! - Which replica does what is said by leases, which it has to prolong while it lives; what it may write, by versions alone.

mod chance;
mod changes;
mod clock;
mod herald;
pub mod hooks;
pub mod hub;
mod installation;
mod limit;
pub mod login;
pub mod notification;
pub mod outbox;
pub mod session;
mod shared_token;
pub mod site;
mod store_retry;
pub mod tasks;
pub mod tenant;
pub mod vault;
pub mod webhook;
mod work;

pub use clock::SystemClock;
pub use herald::{Herald, OpenError, Parts};
pub use hooks::{HookError, Hooks};
pub use limit::{LimitName, LimitReached, LimitRules, Limits, Standing};
pub use login::{
    CancelError, ClaimError, Claimed, Entered, LoginError, Logins, StartError, StartLogin, Watch,
};
pub use notification::{
    AcceptError, Accepted, ConnectionStanding, ListNotifications, Listed, ManageError, NewNotification,
    Notifications, NotifyError,
};
pub use session::{
    AccessClaims, Active, ActiveKind, ChoiceError, EndWhich, Introspection, RefreshCookiesError,
    RefreshError, RenewedCookies, SessionError, Sessions, SigningKeys, Verification, VerifyError,
};
pub use shared_token::SharedTokens;
pub use site::{Admitted, SiteCredential, Sites};
pub use tenant::{
    Connection, DeliveryRules, IdentityMember, LogoutReceiver, Scope, Scopes, SessionRules, Site, Tenant,
    TenantKey, Tenants,
};
