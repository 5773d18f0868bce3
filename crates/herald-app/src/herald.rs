//! The application as a whole.

use std::sync::Arc;

use arc_swap::ArcSwap;
use herald_core::{
    clock::{Clock, Entropy},
    courier::Courier,
    seal::Keyring,
    store::{Store, StoreError},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    changes,
    hooks::Hooks,
    installation::Installation,
    limit::Limits,
    login::Logins,
    notification::Notifications,
    outbox::{EventShapes, Outbox},
    session::{self, Sessions, SigningKeys},
    shared_token::SharedTokens,
    site::Sites,
    tasks::Tasks,
    tenant::Tenants,
    vault::Vault,
    webhook::{self, Webhooks},
    work,
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
    /// How many replicas share the store.
    pub replicas: u32,
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
    pub(crate) replicas: u32,
    pub(crate) is_development: bool,
}

/// The application. Cheap to clone: every call holds one.
#[derive(Clone, Debug)]
pub struct Herald(Arc<UseCases>);

#[derive(Debug)]
struct UseCases {
    context: Arc<Context>,
    installation: Installation,
    limits: Limits,
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
            replicas,
            is_development,
        } = parts;
        let (installation, pepper) =
            Installation::open(Arc::clone(&store), &keyring, entropy.as_ref()).await?;
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
            replicas,
            is_development,
        });
        let limits = Limits::new(Arc::clone(&context));
        let signing_keys = SigningKeys::new(Arc::clone(&context));
        let endpoints = Arc::new(webhook::Book::new(Arc::clone(&context)));
        let outbox = Outbox::new(Arc::clone(&context), signing_keys.clone(), Arc::clone(&endpoints));
        let book = Arc::new(session::Book::new(Arc::clone(&context), outbox.clone()));
        let sessions = Sessions::new(Arc::clone(&context), book, signing_keys.clone());
        let logins = Logins::new(Arc::clone(&context), sessions.clone(), outbox.clone(), limits.clone());
        let notifications = Notifications::new(Arc::clone(&context), outbox.clone(), limits.clone());
        let sites = Sites::new(Arc::clone(&context), logins.clone(), sessions.clone());
        let webhooks = Webhooks::new(Arc::clone(&context), endpoints, outbox.clone());
        let hooks = Hooks::new(Arc::clone(&context), notifications.clone(), sessions.clone());
        Ok(Self(Arc::new(UseCases {
            context,
            installation,
            limits,
            logins,
            sessions,
            sites,
            signing_keys,
            notifications,
            webhooks,
            hooks,
            outbox,
        })))
    }

    /// The tenants as they are now.
    pub fn tenants(&self) -> Arc<Tenants> {
        self.0.context.tenants.load_full()
    }

    /// Takes other tenants from now on. Logins and notifications whose provider account is gone are left alone.
    pub fn replace_tenants(&self, tenants: Tenants) {
        self.0.context.tenants.store(Arc::new(tenants));
        self.0.logins.wake();
        self.0.notifications.wake();
        self.0.outbox.wake();
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The tokens that the replicas share.
    pub fn shared_tokens(&self) -> SharedTokens {
        SharedTokens::new(Arc::clone(&self.0.context))
    }

    /// The logins.
    pub fn logins(&self) -> &Logins {
        &self.0.logins
    }

    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// The origins that a proxy protects.
    pub fn sites(&self) -> &Sites {
        &self.0.sites
    }

    /// What signs the tenants' tokens.
    pub fn signing_keys(&self) -> &SigningKeys {
        &self.0.signing_keys
    }

    /// The notifications.
    pub fn notifications(&self) -> &Notifications {
        &self.0.notifications
    }

    /// The addresses at which tenants are told of events.
    pub fn webhooks(&self) -> &Webhooks {
        &self.0.webhooks
    }

    /// What providers send by themselves.
    pub fn hooks(&self) -> &Hooks {
        &self.0.hooks
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.context.clock
    }

    /// Randomness.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.0.context.entropy
    }

    /// Waits until the store is found to be that of another installation: emptied, and begun anew by a replica that started then.
    /// Nothing is found in it by this one's hashes, and what is written under them is found by nobody else, so the process has to
    /// end at once and without finishing anything.
    pub async fn misplaced(&self) {
        self.0.installation.replaced().await;
    }

    /// Is the store well, and still that of this installation?
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.0.context.store.ping().await?;
        self.0.installation.check().await
    }

    /// Watches logins, delivers notifications, tells of events, rotates keys and takes in what other replicas change until told
    /// to stop, and then finishes what has begun. Begins nothing and finishes nothing once it is [misplaced](Self::misplaced).
    pub fn run(&self, stop: CancellationToken) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            let work = async {
                tokio::join!(
                    this.0.logins.run(stop.clone()),
                    this.0.notifications.run(stop.clone()),
                    this.0.outbox.run(stop.clone()),
                    this.0.signing_keys.run(stop.clone()),
                    this.0.installation.keep(this.0.context.clock.as_ref(), stop.clone()),
                    changes::run(&this, stop),
                );
                this.0.context.tasks.drained().await;
            };
            // Also of what is being finished nobody else is to begin.
            tokio::select! {
                biased;
                () = this.misplaced() => {}
                () = work => {}
                never = work::keep_leases(&this.0.notifications) => match never {},
                never = work::keep_leases(&this.0.outbox) => match never {},
            }
        })
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    pub(crate) fn endpoints(&self) -> &webhook::Book {
        self.0.webhooks.book()
    }
}
