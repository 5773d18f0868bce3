//! Antara, Antirius and Authara simulated over HTTP to the letter of their contracts, errors included, with faults on
//! demand, a ledger of what took effect, a control API and a demo shop.
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
//! one process. Time is a [`Clock`] that is moved forward, never waited for. Nothing is kept on disk.

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
mod operation;
mod page;
mod proxy;
mod random;
mod request;
mod server;
mod shared;
mod shop;
mod start_page;

pub use antara::{AntaraConfig, AntaraSwitches, AntaraUser};
pub use antirius::{AntiriusConfig, AntiriusPerson, AntiriusSwitches, SessionStatus};
pub use authara::{AutharaConfig, AutharaOrganization, AutharaSwitches, AutharaUser, RaceLoser, Rotation};
pub use clock::Clock;
pub use config::{SandboxConfig, ShopConfig, ShopTenant};
pub use control::{
    AntaraControl, AntiriusControl, AutharaControl, Control, ControlError, Decision, SessionView, SignedIn,
};
pub use credentials::{
    AntaraCredentials, AntiriusCredentials, AutharaCredentials, AutharaKey, AutharaLogin, Credentials,
};
pub use fault::{Fault, FaultEffect};
pub use ledger::Effect;
pub use operation::{Operation, Provider};
pub use server::{Sandbox, StartError};
