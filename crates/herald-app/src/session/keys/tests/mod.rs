//! The signing keys over the embedded store and a clock that stands still.

mod away;
mod load;
mod making;
mod replicas;
mod rotating;
mod shaky_store;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    courier::{Courier, NoAnswer, Parcel, Receipt},
    event::Happening,
    id::{ConnectionId, LoginId, SessionId, SubjectId, TenantId},
    identity::{Attributes, Identity, Profile},
    jwt::{self, Token},
    notification::OnUnknown,
    provider::{ProviderAccount, ProviderName},
    seal::{Keyring, Pepper},
    session::{Lifetime, RefreshChain, Session, Tether},
    store::{SecretRow, SecretStore as _},
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use url::Url;
use zeroize::Zeroizing;

use self::shaky_store::ShakyStore;
use super::*;
use crate::{
    limit::LimitRules,
    outbox::EventShapes,
    session::token::{self, AccessClaims},
    tasks::Tasks,
    tenant::{DeliveryRules, SessionRules, Tenants},
    vault::Vault,
};

/// One replica with the tenant `acme`.
struct World {
    clock: Arc<FakeClock>,
    store: Arc<EmbeddedStore>,
    /// The way from the keys to the store.
    shaky: Arc<ShakyStore>,
    context: Arc<Context>,
    keys: SigningKeys,
    tenant: Tenant,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::default());
        let store = EmbeddedStore::in_memory(clock.clone()).expect("a store in memory opens");
        Self::on(clock, Arc::new(store))
    }

    /// Another replica with the same store.
    fn replica(&self) -> Self {
        Self::on(Arc::clone(&self.clock), Arc::clone(&self.store))
    }

    fn on(clock: Arc<FakeClock>, store: Arc<EmbeddedStore>) -> Self {
        let tenant = tenant("acme");
        let keyring = Keyring::new(&[Zeroizing::new([7; 32])]).expect("one key is a ring");
        let context = Arc::new(Context {
            store: store.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            vault: Vault::new(keyring, Pepper::new(&[7; 32])),
            tenants: ArcSwap::from_pointee(Tenants::new(vec![tenant.clone()])),
            tasks: Tasks::here(),
            courier: Arc::new(NoOutside),
            shapes: Arc::new(NoOutside),
            public_url: "https://herald.example".to_owned(),
            replica: "replica".to_owned(),
            replicas: 1,
            is_development: false,
        });
        let shaky = Arc::new(ShakyStore::new(store.clone()));
        let keys = SigningKeys::over(Arc::clone(&context), shaky.clone());
        Self { clock, store, shaky, context, keys, tenant }
    }

    /// An access token of a fresh session.
    async fn token(&self) -> Result<String, SessionError> {
        let now = self.clock.now();
        let issuer = self.keys.issuer(&self.tenant);
        let session = session(&self.tenant.id, now);
        let claims = token::mint(&session, &self.tenant.sessions, &issuer, now, &SystemEntropy);
        self.keys.sign(&self.tenant, token::TYP, &claims).await
    }

    /// What a token says, if it is good.
    async fn read(&self, token: &str) -> Result<Option<AccessClaims>, SessionError> {
        let kid = kid_of(token);
        let Some(key) = self.keys.verifying_key(&self.tenant, &kid).await? else { return Ok(None) };
        let issuer = self.keys.issuer(&self.tenant);
        let token = Token::take_apart(token).ok();
        let now = self.clock.now();
        Ok(token.and_then(|token| token::read(&token, &key, &issuer, &issuer, now).ok()))
    }

    /// Is the token good?
    async fn is_good(&self, token: &str) -> bool {
        self.read(token).await.expect("the store answers").is_some()
    }

    async fn keys(&self) -> Vec<KeyInfo> {
        self.keys.list(&self.tenant).await.expect("the store answers")
    }

    /// The row of the tenant's ring.
    async fn row(&self) -> Option<SecretRow> {
        self.store.secret(&self.tenant.id, "signing-keys").await.expect("the store answers")
    }

    async fn version(&self) -> u64 {
        self.row().await.map_or(0, |row| row.version)
    }

    fn pass(&self, milliseconds: i64) {
        self.clock.advance(SignedDuration::from_millis(milliseconds));
    }
}

fn kid_of(token: &str) -> String {
    jwt::peek(token).expect("it is a token").kid.expect("it names its key")
}

fn states(keys: &[KeyInfo]) -> Vec<KeyState> {
    keys.iter().map(|key| key.state).collect()
}

fn tenant(id: &str) -> Tenant {
    Tenant {
        id: TenantId::parse(id).unwrap(),
        name: id.to_owned(),
        return_urls: vec![],
        detached_logins: false,
        login: None,
        notify: vec![],
        on_unknown: OnUnknown::default(),
        delivery: DeliveryRules::default(),
        limits: LimitRules::default(),
        sessions: SessionRules::default(),
        sites: vec![],
        keys: vec![],
        connections: BTreeMap::new(),
    }
}

fn session(tenant: &TenantId, now: Timestamp) -> Session {
    let profile = Profile {
        user_key: "u1".to_owned(),
        name: None,
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: None,
        phone_number: None,
        amr: vec![],
        authenticated_at: now,
        attributes: Attributes::default(),
    };
    let account = ProviderAccount { provider: ProviderName::ANTARA, account: "app".to_owned() };
    Session {
        id: SessionId::from_u128(1),
        tenant: tenant.clone(),
        login: LoginId::from_u128(2),
        subject: SubjectId::from_u128(3),
        identity: Identity { account, connection: ConnectionId::parse("main").unwrap(), profile },
        created_at: now,
        last_used_at: now,
        lifetime: Lifetime { idle_seconds: 3600, absolute_seconds: 3600 },
        tether: Tether::Refresh(RefreshChain::start(&SystemEntropy)),
        end: None,
    }
}

/// Keys send nothing and tell of nothing.
#[derive(Debug)]
struct NoOutside;

#[async_trait]
impl Courier for NoOutside {
    fn reaches(&self, _: &Url, _: bool) -> bool {
        false
    }

    async fn deliver(&self, _: &Parcel) -> Result<Receipt, NoAnswer> {
        panic!("nothing is sent by signing keys")
    }
}

impl EventShapes for NoOutside {
    fn data(&self, _: &Happening) -> serde_json::Map<String, serde_json::Value> {
        panic!("nothing is told of signing keys")
    }
}
