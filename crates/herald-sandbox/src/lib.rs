//! Antara, Antirius and Authara simulated over HTTP to the letter of their contracts, errors included, with faults and
//! webhooks on demand, a ledger of what took effect, a control API and a demo shop.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use herald_sandbox::{Provider, Sandbox, SandboxConfig};
//!
//! let sandbox = Sandbox::start(SandboxConfig::only(Provider::Antirius)).await?;
//! println!("{}", sandbox.url());
//! sandbox.control().antirius().confirm("latest")?;
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! The server runs on threads of its own: it answers also while a test blocks its runtime, and many sandboxes live in
//! one process. [`Control`] is everything that may be done to it; the same is served as JSON under `/control/`, which the
//! crate's README lists: faults, the ledger in full and in short, the webhooks that Antara and Authara send. Time is a
//! [`Clock`] that is moved forward, never waited for. Nothing is kept on disk.

mod antara;
mod antirius;
mod authara;
mod clock;
mod config;
mod control;
mod credentials;
mod fault;
mod faulting;
mod jwt;
mod ledger;
mod merge_patch;
mod operation;
mod page;
mod proxy;
mod random;
mod request;
mod server;
mod shared;
mod shop;
mod start_page;
mod webhook;

pub use antara::{AntaraConfig, AntaraSwitches, AntaraUser, DeliveryNotice, RepeatedKey};
pub use antirius::{AntiriusConfig, AntiriusPerson, AntiriusSwitches, SessionStatus};
pub use authara::{AutharaConfig, AutharaOrganization, AutharaSwitches, AutharaUser, RaceLoser, Rotation};
pub use clock::Clock;
pub use config::{SandboxConfig, ShopConfig, ShopTenant};
pub use control::{
    AntaraControl, AntiriusControl, AutharaControl, Control, ControlError, Decision, SessionView, SignedIn,
    WebhookEvent,
};
pub use credentials::{
    AntaraCredentials, AntiriusCredentials, AutharaCredentials, AutharaKey, AutharaLogin, Credentials,
};
pub use fault::{Fault, FaultEffect, Malformed, Share};
pub use ledger::{Effect, Summary, Tally};
pub use operation::{Operation, Provider};
pub use server::{Sandbox, StartError};
pub use webhook::{SignatureEncoding, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookStatus};
