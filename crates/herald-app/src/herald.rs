//! The application as a whole.

use std::sync::Arc;

use arc_swap::ArcSwap;
use herald_core::{
    clock::{Clock, Entropy},
    courier::Courier,
    seal::{Keyring, Pepper, Place},
    store::{Store, StoreError},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    hooks::Hooks,
    login::Logins,
    notification::Notifications,
    outbox::{EventShapes, Outbox},
    session::{self, Sessions, SigningKeys},
    site::Sites,
    tasks::Tasks,
    tenant::Tenants,
    vault::Vault,
    webhook::{self, Webhooks},
};

/// What the application is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The encryption keys.
    pub keyring: Keyring,
    /// The tenants to begin with.
    pub tenants: Tenants,
    /// Hands messages to tenants' addresses.
    pub courier: Arc<dyn Courier>,
    /// Writes events in the shapes of the API.
    pub shapes: Arc<dyn EventShapes>,
    /// What the address of every issuer begins with; no slash at its end.
    pub public_url: String,
    /// This replica's name, different from every other's and from its own before a restart.
    pub replica: String,
    /// May webhook endpoints be http, at private addresses and at any port? For development only.
    pub is_development: bool,
}

/// The application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be used.
    #[error("the store cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The store was written under other encryption keys.
    #[error(
        "the store was written under an encryption key that is not configured; put that key back into \
         `store.encryption_keys` (the first key seals, all of them open)"
    )]
    WrongKeys,
}

/// What every use case needs.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) vault: Vault,
    pub(crate) tenants: ArcSwap<Tenants>,
    pub(crate) tasks: Tasks,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) shapes: Arc<dyn EventShapes>,
    pub(crate) public_url: String,
    pub(crate) replica: String,
    pub(crate) is_development: bool,
}

/// The application. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Herald {
    context: Arc<Context>,
    logins: Logins,
    sessions: Sessions,
    sites: Sites,
    signing_keys: SigningKeys,
    notifications: Notifications,
    webhooks: Webhooks,
    hooks: Hooks,
    outbox: Outbox,
}

impl Herald {
    /// Opens the application on its store; on the runtime that will do the background work.
    pub async fn open(parts: Parts) -> Result<Self, OpenError> {
        let Parts {
            store,
            clock,
            entropy,
            keyring,
            tenants,
            courier,
            shapes,
            public_url,
            replica,
            is_development,
        } = parts;
        let place = Place { tenant: None, kind: "secret", id: "pepper" };
        let fresh = keyring.seal(place, Pepper::generate(entropy.as_ref()).as_slice());
        let kept = store.shared_secret("pepper", fresh).await?;
        let pepper = Pepper::new(&keyring.open(place, &kept).map_err(|_| OpenError::WrongKeys)?);
        let context = Arc::new(Context {
            store,
            clock,
            entropy,
            vault: Vault::new(keyring, pepper),
            tenants: ArcSwap::from_pointee(tenants),
            tasks: Tasks::here(),
            courier,
            shapes,
            public_url,
            replica,
            is_development,
        });
        let signing_keys = SigningKeys::new(Arc::clone(&context));
        let endpoints = Arc::new(webhook::Book::new(Arc::clone(&context)));
        let outbox = Outbox::new(Arc::clone(&context), signing_keys.clone(), Arc::clone(&endpoints));
        let book = Arc::new(session::Book::new(Arc::clone(&context), outbox.clone()));
        let sessions = Sessions::new(Arc::clone(&context), book, signing_keys.clone());
        let logins = Logins::new(Arc::clone(&context), sessions.clone(), outbox.clone());
        let notifications = Notifications::new(Arc::clone(&context), outbox.clone());
        let sites = Sites::new(Arc::clone(&context), logins.clone(), sessions.clone());
        let webhooks = Webhooks::new(Arc::clone(&context), endpoints, outbox.clone());
        let hooks = Hooks::new(Arc::clone(&context), notifications.clone(), sessions.clone());
        Ok(Self { context, logins, sessions, sites, signing_keys, notifications, webhooks, hooks, outbox })
    }

    /// The tenants as they are now.
    pub fn tenants(&self) -> Arc<Tenants> {
        self.context.tenants.load_full()
    }

    /// Takes other tenants from now on. Logins and notifications whose provider account is gone are left alone.
    pub fn replace_tenants(&self, tenants: Tenants) {
        self.context.tenants.store(Arc::new(tenants));
        self.logins.wake();
        self.notifications.wake();
        self.outbox.wake();
    }

    /// The logins.
    pub fn logins(&self) -> &Logins {
        &self.logins
    }

    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The origins that a proxy protects.
    pub fn sites(&self) -> &Sites {
        &self.sites
    }

    /// What signs the tenants' tokens.
    pub fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    /// The notifications.
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// The addresses at which tenants are told of events.
    pub fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// What providers send by themselves.
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.context.clock
    }

    /// Randomness.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.context.entropy
    }

    /// Can the store be read?
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.context.store.ping().await
    }

    /// Watches logins, delivers notifications, tells of events and rotates keys until told to stop, and then finishes what
    /// has begun.
    pub fn run(&self, stop: CancellationToken) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            tokio::join!(
                this.logins.run(stop.clone()),
                this.notifications.run(stop.clone()),
                this.outbox.run(stop.clone()),
                this.signing_keys.run(stop),
            );
            this.context.tasks.drained().await;
        })
    }
}
