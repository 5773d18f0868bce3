//! What providers send by themselves: taken in once, from whom it really comes.

mod deleted;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use herald_app::{Connection, Herald, HookError, Tenants};
use herald_core::{
    error::ProviderError,
    id::{ConnectionId, NotificationId, TenantId},
    identity::Identity,
    notification::{Address, Message, Notification, NotificationStatus},
    notifier::{MessageLimits, Notifier, Receipt, Recipient, SendKey},
    session::EndReason,
    webhook_source::{Header, Notice, NoticeKind, Refused, WebhookSource},
};
use herald_testkit::{
    fake_notifier::FakeNotifier,
    late_store::{Trouble, Write},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    accepting::wish,
    sessions::{is_active, tokens},
    world::{World, claimed},
};

/// Believes whoever says so, and reads one notice: its id, its kind, what it is about, and perhaps when it happened.
#[derive(Debug)]
struct Gullible;

impl WebhookSource for Gullible {
    fn read(&self, headers: &[Header<'_>], body: &[u8], _now: Timestamp) -> Result<Vec<Notice>, Refused> {
        if !headers.contains(&("x-trust", b"me")) {
            return Err(Refused::Signature);
        }
        let text = std::str::from_utf8(body).map_err(|_| Refused::Unreadable)?;
        let mut words = text.split(' ').map(str::to_owned);
        let (Some(id), Some(kind), Some(about)) = (words.next(), words.next(), words.next()) else {
            return Err(Refused::Unreadable);
        };
        let what = match kind.as_str() {
            "delivered" => NoticeKind::MessageDelivered { message_id: about },
            "deleted" => NoticeKind::UserDeleted { user_key: about },
            _ => NoticeKind::other(&kind),
        };
        Ok(vec![Notice { id, at: words.next().map(|at| at.parse().unwrap()), what }])
    }
}

/// A notifier whose provider says that the message arrived before it answers the send.
#[derive(Debug)]
struct Hasty {
    inner: Arc<FakeNotifier>,
    herald: OnceLock<Herald>,
}

#[async_trait]
impl Notifier for Hasty {
    fn limits(&self) -> &MessageLimits {
        self.inner.limits()
    }

    fn honours_key(&self) -> bool {
        self.inner.honours_key()
    }

    fn send_timeout(&self) -> Duration {
        self.inner.send_timeout()
    }

    fn concurrency(&self) -> usize {
        self.inner.concurrency()
    }

    fn address(&self, to: &Address, identity: Option<&Identity>) -> Option<Recipient> {
        self.inner.address(to, identity)
    }

    async fn send(
        &self,
        recipient: &Recipient,
        message: &Message,
        key: &SendKey,
    ) -> Result<Receipt, ProviderError> {
        let receipt = self.inner.send(recipient, message, key).await?;
        let body = format!("evt-1 delivered {}", receipt.message_id.as_ref().expect("there is an id"));
        let herald = self.herald.get().expect("the application is there");
        take_in(herald, "web", &body).await.expect("it is taken in");
        Ok(receipt)
    }
}

async fn take_in(herald: &Herald, connection: &str, body: &str) -> Result<(), HookError> {
    let (tenant, connection) = (TenantId::parse("acme").unwrap(), ConnectionId::parse(connection).unwrap());
    herald.hooks().take_in(&tenant, &connection, &[("x-trust", b"me")], body.as_bytes()).await
}

impl World {
    /// Both connections take notices in.
    fn with_hooks(self) -> Self {
        self.change_connections(|connection| connection.webhook_source = Some(Arc::new(Gullible)));
        self
    }

    fn change_connections(&self, change: impl Fn(&mut Connection)) {
        let mut tenant = self.tenant_value();
        for connection in tenant.connections.values_mut() {
            let mut changed = Connection::clone(connection);
            change(&mut changed);
            *connection = Arc::new(changed);
        }
        self.herald.replace_tenants(Tenants::new(vec![tenant]));
    }

    async fn hears(&self, connection: &str, body: &str) -> Result<(), HookError> {
        take_in(&self.herald, connection, body).await
    }

    /// A notification that was sent through `web`, and what the provider calls its message.
    async fn sent(&self, key: &str) -> (NotificationId, String) {
        let id = self.accept_wish(key, wish("web")).await.notification.id;
        assert_eq!(self.settled(id).await.status, NotificationStatus::Sent);
        let effects = self.keyed.effects();
        (id, format!("m-{}", effects.last().expect("an effect").1))
    }

    async fn found(&self, id: NotificationId) -> Arc<Notification> {
        self.herald.notifications().get(&self.tenant(), id).await.unwrap().expect("it is there")
    }

    async fn version(&self, id: NotificationId) -> u64 {
        self.store.notification(&self.tenant().id, id).await.unwrap().expect("it is there").version
    }
}

#[tokio::test]
async fn a_notification_is_delivered_when_the_provider_says_so() {
    let world = World::new().await.with_hooks();
    let (id, message) = world.sent("k").await;
    let at = world.now();
    world.pass(60);
    world.hears("web", &format!("evt-1 delivered {message} {at}")).await.unwrap();
    let found = world.found(id).await;
    assert_eq!((found.status, found.delivered_at), (NotificationStatus::Delivered, Some(at)));
}

#[tokio::test]
async fn a_provider_whose_clock_is_ahead_delivers_nothing_in_the_future() {
    let world = World::new().await.with_hooks();
    let (id, message) = world.sent("k").await;
    let at = world.now() + SignedDuration::from_hours(1);
    world.hears("web", &format!("evt-1 delivered {message} {at}")).await.unwrap();
    assert_eq!(world.found(id).await.delivered_at, Some(world.now()));
}

#[tokio::test]
async fn a_notice_replayed_a_hundred_times_has_one_effect() {
    let world = World::new().await.with_hooks();
    let (id, message) = world.sent("k").await;
    let before = world.version(id).await;
    let body = format!("evt-1 delivered {message}");
    let replays = (0..100).map(|_| {
        let (world, body) = (world.clone(), body.clone());
        tokio::spawn(async move { world.hears("web", &body).await.unwrap() })
    });
    for replay in replays.collect::<Vec<_>>() {
        replay.await.unwrap();
    }
    world.hears("web", &body).await.unwrap();
    assert_eq!(world.version(id).await, before + 1);
    assert_eq!(world.found(id).await.status, NotificationStatus::Delivered);
}

#[tokio::test]
async fn a_notice_that_overtakes_the_answer_to_its_send_is_not_lost() {
    let world = World::new().await.with_hooks();
    let hasty = Arc::new(Hasty { inner: world.keyed.clone(), herald: OnceLock::new() });
    hasty.herald.set(world.herald.clone()).expect("it is set once");
    world.change_connections(|connection| {
        connection.webhook_source = Some(Arc::new(Gullible));
        connection.notifier = Some(hasty.clone());
    });
    let id = world.accept_wish("k", wish("web")).await.notification.id;
    let settled = world.settled(id).await;
    assert_eq!((settled.status, settled.attempts.len()), (NotificationStatus::Delivered, 1));
    assert_eq!(settled.delivered_at, Some(world.now()));
    assert_eq!(world.keyed.effects().len(), 1);
}

#[tokio::test]
async fn another_accounts_message_of_the_same_name_is_another_message() {
    let world = World::new().await.with_hooks();
    let (id, message) = world.sent("k").await;
    world.hears("main", &format!("evt-1 delivered {message}")).await.unwrap();
    assert_eq!(world.found(id).await.status, NotificationStatus::Sent);
    // Nor is another account's notice of the same name the same notice.
    world.hears("web", &format!("evt-1 delivered {message}")).await.unwrap();
    assert_eq!(world.found(id).await.status, NotificationStatus::Delivered);
}

#[tokio::test]
async fn a_deleted_user_loses_its_sessions_and_nobody_else_does() {
    let world = World::new().await.with_hooks();
    let (one, two) = (claimed(&world, "web").await, claimed(&world, "web").await);
    let elsewhere = claimed(&world, "main").await;
    world.web.user_is("olga");
    let olga = claimed(&world, "web").await;
    assert_eq!(one.subject, two.subject);
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    for (claimed, is_ended) in [(&one, true), (&two, true), (&elsewhere, false), (&olga, false)] {
        let session = world.herald.sessions().get(&world.tenant(), claimed.session.0).await.unwrap().unwrap();
        let reason = session.end.map(|end| end.reason);
        assert_eq!(reason, is_ended.then_some(EndReason::UserDeleted));
        assert_eq!(is_active(&world, tokens(claimed).0).await, !is_ended);
    }
    // Told like every other end.
    assert_eq!(world.courier.parcels(2).await.len(), 2);
    let end = async || {
        let session = world.herald.sessions().get(&world.tenant(), one.session.0).await;
        session.unwrap().expect("it is there").end
    };
    let first = end().await;
    world.pass(1);
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    world.hears("web", "evt-2 deleted ivan").await.unwrap();
    assert_eq!(end().await, first);
}

#[tokio::test]
async fn somebody_who_never_signed_in_can_be_deleted() {
    let world = World::new().await.with_hooks();
    world.hears("web", "evt-1 deleted nobody").await.unwrap();
}

#[tokio::test]
async fn a_notice_whose_effect_failed_is_taken_in_again() {
    let (world, late) = World::with_late_store().await;
    let world = world.with_hooks();
    let claimed = claimed(&world, "web").await;
    late.troubles(Write::ReplaceSession, [Trouble::Before]);
    assert!(matches!(world.hears("web", "evt-1 deleted ivan").await, Err(HookError::Session(_))));
    assert!(is_active(&world, tokens(&claimed).0).await);
    world.hears("web", "evt-1 deleted ivan").await.unwrap();
    assert!(!is_active(&world, tokens(&claimed).0).await);
}

#[tokio::test]
async fn what_nothing_follows_from_is_taken_in() {
    let world = World::new().await.with_hooks();
    for body in ["evt-1 weather.changed rain", "evt-1 weather.changed rain", "evt-2 delivered m-unknown"] {
        world.hears("web", body).await.unwrap();
    }
}

#[tokio::test]
async fn what_proves_nothing_has_no_effect() {
    let world = World::new().await.with_hooks();
    let (id, message) = world.sent("k").await;
    let (tenant, connection) = (TenantId::parse("acme").unwrap(), ConnectionId::parse("web").unwrap());
    let body = format!("evt-1 delivered {message}");
    for headers in [&[][..], &[("x-trust", &b"him"[..])]] {
        let refused = world.herald.hooks().take_in(&tenant, &connection, headers, body.as_bytes()).await;
        assert!(matches!(refused, Err(HookError::Refused(Refused::Signature))));
    }
    assert!(matches!(world.hears("web", "evt-1").await, Err(HookError::Refused(Refused::Unreadable))));
    assert_eq!(world.found(id).await.status, NotificationStatus::Sent);
}

#[tokio::test]
async fn nothing_is_taken_in_for_what_does_not_exist_or_has_no_secret() {
    let world = World::new().await;
    assert!(matches!(world.hears("web", "evt-1 delivered m-1").await, Err(HookError::Unknown)));
    let world = world.with_hooks();
    assert!(matches!(world.hears("nowhere", "evt-1 delivered m-1").await, Err(HookError::Unknown)));
    let (tenant, connection) = (TenantId::parse("beta").unwrap(), ConnectionId::parse("web").unwrap());
    let other = world.herald.hooks().take_in(&tenant, &connection, &[("x-trust", b"me")], b"a b c").await;
    assert!(matches!(other, Err(HookError::Unknown)));
}
