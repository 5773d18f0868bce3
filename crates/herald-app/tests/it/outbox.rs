//! Events told outside: what receivers of logout tokens get, when, and how often.

mod configured;
mod crowded;
mod enabling;
mod endpoints;
mod failing;
mod interrupted;
mod replaying;
mod replicas;
mod signing;
mod trouble;
mod webhooks;

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::{
    clock::Clock as _,
    courier::Parcel,
    id::{SessionId, SubjectId},
    jwt::{self, Rules, Typ, VerifyingKey},
    login::{LoginStatus, Phase, SessionTokens},
};
use herald_testkit::fake_provider::Person;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::world::World;

/// A session of somebody who signed in.
struct SignedIn {
    id: SessionId,
    subject: SubjectId,
    tokens: SessionTokens,
}

impl World {
    async fn signed_in(&self) -> SignedIn {
        let (login, secret) = self.start("main").await;
        self.polled.person_is(Person::Confirmed);
        let confirmed = self.until_status(login, LoginStatus::Confirmed).await;
        let Phase::Confirmed(confirmation) = &confirmed.phase else { panic!("it is not confirmed") };
        self.polled.next_login();
        let code = Some(confirmation.code.expose());
        let claimed = self.herald.logins().claim(&self.tenant(), login, secret.expose(), code).await.unwrap();
        SignedIn { id: claimed.session.0, subject: claimed.subject, tokens: claimed.session.1 }
    }

    async fn end(&self, session: &SignedIn) {
        assert!(self.herald.sessions().end(&self.tenant(), session.id).await.unwrap());
    }

    /// A session that was just ended.
    async fn ended(&self) -> SignedIn {
        let session = self.signed_in().await;
        self.end(&session).await;
        session
    }

    /// Waits until that many parcels were handed to the courier, and gives what their tokens say.
    async fn told(&self, count: usize) -> Vec<Value> {
        let parcels = tokio::time::timeout(Duration::from_secs(10), self.courier.parcels(count)).await;
        parcels.expect("the parcels get there").iter().map(claims).collect()
    }

    /// When the next delivery can be taken up, of whatever tenant.
    async fn next_delivery_due(&self) -> Option<Timestamp> {
        self.store.outbox_backlog().await.unwrap().into_iter().map(|of| of.next_at).min()
    }

    /// Lets the time pass until nothing is left to be told, and gives the longest that nothing happened.
    async fn until_all_is_told(&self) -> SignedDuration {
        let mut longest = SignedDuration::ZERO;
        while let Some(due) = self.rests().await {
            longest = longest.max(due.duration_since(self.clock.now()));
            self.pass_to(due);
        }
        longest
    }

    /// Waits until no delivery is due and none is in hand, and gives when the next one is due.
    async fn rests(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        let wait = async {
            loop {
                let next = self.next_delivery_due().await;
                let is_busy = next.is_some_and(|due| due <= now) || self.handle.has_deliveries_in_hand();
                // Once more, because what was in hand a moment ago was due at the end of its lease.
                if !is_busy && self.next_delivery_due().await == next {
                    break next;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the outbox comes to rest")
    }

    fn pass_to(&self, at: Timestamp) {
        self.clock.advance(at.duration_since(self.clock.now()));
    }
}

fn token(parcel: &Parcel) -> &str {
    parcel.body.expose_secret().strip_prefix("logout_token=").expect("the form has one member")
}

fn claims(parcel: &Parcel) -> Value {
    let middle = token(parcel).split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

fn jtis(told: &[Value]) -> BTreeSet<&str> {
    told.iter().map(|claims| claims["jti"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_ended_session_is_told_by_a_signed_logout_token() {
    let world = World::new().await;
    let session = world.ended().await;
    world.told(1).await;
    let parcel = &world.courier.so_far()[0];
    assert_eq!(parcel.url.as_str(), "https://shop.acme.example/logged-out");
    assert_eq!(
        (parcel.content_type, parcel.may_be_private, parcel.headers.len()),
        ("application/x-www-form-urlencoded", false, 0)
    );
    let header = jwt::peek(token(parcel)).unwrap();
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    let keys = world.herald.signing_keys().jwks(&world.tenant()).await.unwrap();
    let key = keys.iter().find(|key| Some(key.kid()) == header.kid.as_deref()).expect("the key is published");
    let key = serde_json::to_value(key).unwrap();
    let key = VerifyingKey::es256_from_jwk(key["x"].as_str().unwrap(), key["y"].as_str().unwrap()).unwrap();
    let rules = Rules {
        issuer: "https://login.example/t/acme",
        audience: Some("https://login.example/t/acme"),
        typ: Typ::Only("logout+jwt"),
        leeway: Duration::ZERO,
        now: world.clock.now(),
        max_life: Duration::from_secs(120),
    };
    let mut claims: Value = jwt::verify(token(parcel), &key, &rules).unwrap();
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert!(jti.as_str().unwrap().starts_with("evt_"), "{jti}");
    let now = world.clock.now().as_second();
    assert_eq!(
        claims,
        json!({
            "iss": "https://login.example/t/acme",
            "aud": "https://login.example/t/acme",
            "iat": now,
            "exp": now + 120,
            "sub": session.subject,
            "sid": session.id,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        })
    );
    assert_eq!(world.rests().await, None);
}

#[tokio::test]
async fn many_ended_sessions_are_all_told_and_a_few_at_once() {
    let world = World::new().await;
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        ids.insert(world.ended().await.id.to_string());
    }
    let told = world.told(20).await;
    assert_eq!(jtis(&told).len(), 20);
    assert_eq!(
        told.iter().map(|claims| claims["sid"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        ids
    );
    assert!(world.courier.most_at_once() <= 4, "{}", world.courier.most_at_once());
    assert_eq!(world.rests().await, None);
}

#[tokio::test]
async fn a_stolen_refresh_token_causes_one_logout() {
    let world = World::new().await;
    let session = world.signed_in().await;
    let (tenant, stolen) = (world.tenant(), &session.tokens.refresh_token);
    world.herald.sessions().refresh(&tenant, stolen).await.unwrap();
    world.pass(120);
    assert!(world.herald.sessions().refresh(&tenant, stolen).await.is_err());
    let told = world.told(1).await;
    assert_eq!(told[0]["sid"], json!(session.id));
    // That it was stolen is an event too, which nobody is told of by a logout token.
    assert_eq!(world.rests().await, None);
    assert_eq!(world.courier.so_far().len(), 1);
}
