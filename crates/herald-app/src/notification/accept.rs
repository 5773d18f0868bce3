//! Accepting a notification: one atomic step, before the caller hears of it.

use std::{error::Error, sync::Arc};

use herald_core::{
    id::{ConnectionId, NotificationId},
    notification::{Address, Message, Notification, NotificationStatus, OnUnknown},
    notifier::Recipient,
    store::{Accepted as Stored, KeyRecord, StoreError},
    text::{IdempotencyKey, Reference},
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    AcceptError, Notifications,
    reach::{Known, NoHop},
};
use crate::{
    store_retry::MayBeAway,
    tenant::{Connection, Tenant},
};

/// What a caller wishes of a notification.
///
/// Written as JSON it is what an idempotency key stands for: a member that is absent is not written, so that a release which
/// knows more members takes the same wish for the same.
#[derive(Clone, Debug, Serialize)]
pub struct NewNotification {
    /// Whom it is for.
    pub to: Address,
    /// What it says.
    pub message: Message,
    /// The caller's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The connections to try, as the caller wrote them; the tenant's own route when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Vec<String>>,
    /// Not before then; at once when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Timestamp>,
    /// Not after then; six hours after `send_at` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What to do after a send whose end nobody saw; the tenant's rule when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_unknown: Option<OnUnknown>,
}

/// An accepted notification.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The notification, as it is now.
    pub notification: Arc<Notification>,
    /// The key was used for the same notification before.
    pub is_replay: bool,
}

/// How long a notification may wait for its sending unless the caller says otherwise.
const LIFE: SignedDuration = SignedDuration::from_hours(6);
/// How far ahead a caller may plan.
const HORIZON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How old a `send_at` may be and still mean "now": the caller's clock and the way here.
const PAST_LEEWAY: SignedDuration = SignedDuration::from_mins(1);
/// How long a key is kept beyond the time of its notification, so that a dead letter can be sent anew for four weeks.
const KEEP_KEY: SignedDuration = SignedDuration::from_hours(29 * 24);

impl Notifications {
    /// Accepts a notification durably. The same key with the same wish gives the same notification again, as it is now.
    pub async fn accept(
        &self,
        tenant: &Tenant,
        key: &IdempotencyKey,
        wish: NewNotification,
    ) -> Result<Accepted, AcceptError> {
        let now = self.context.clock.now();
        let fingerprint = fingerprint(&wish)?;
        let vault = &self.context.vault;
        let record = KeyRecord {
            key: vault.index(&tenant.id, "idempotency-key", key.as_str()),
            fingerprint: vault.index(&tenant.id, "fingerprint", &fingerprint),
            // Counts only for what is stored, and that knows better.
            keep_until: now,
        };
        let (notification, identities) = match self.compose(tenant, wish, now).await {
            Ok(composed) => composed,
            // Another look would take as long, and the caller is to hear of it soon.
            Err(away) if away.away().is_some() => return Err(away),
            // What was accepted once is replayed, also when it would not be accepted now (its recipient left, its time came).
            Err(refused) => {
                let known = self.context.store.notification_under(&tenant.id, &record).await?;
                return known.map_or(Err(refused), |known| self.answer(known, None));
            }
        };
        if tenant.limits.notifications_per_recipient.is_some() {
            // A replay sends nothing, and takes nothing.
            if let Some(known) = self.context.store.notification_under(&tenant.id, &record).await? {
                return self.answer(known, None);
            }
            let recipient = self.first_recipient(tenant, &notification, &identities);
            let recipient = recipient.ok_or(AcceptError::Unreachable)?;
            if let Err(reached) = self.limits.notification_to(tenant, &recipient).await {
                // Another call under the same key may have taken the last one, and this one is its replay.
                return match self.context.store.notification_under(&tenant.id, &record).await? {
                    Some(known) => self.answer(known, None),
                    None => Err(reached.into()),
                };
            }
        }
        let record = KeyRecord { keep_until: notification.key_until, ..record };
        let stored = self.book.accept(&notification, &record).await?;
        self.answer(stored, Some(notification))
    }

    fn answer(&self, stored: Stored, fresh: Option<Notification>) -> Result<Accepted, AcceptError> {
        match (stored, fresh) {
            (Stored::New, Some(notification)) => {
                metrics::counter!("herald_notifications_accepted_total").increment(1);
                Ok(Accepted { notification: Arc::new(notification), is_replay: false })
            }
            (Stored::Replay(row), _) => {
                Ok(Accepted { notification: self.book.open(&row)?.value, is_replay: true })
            }
            (Stored::KeyReused | Stored::New, _) => Err(AcceptError::KeyReused),
        }
    }

    async fn compose(
        &self,
        tenant: &Tenant,
        wish: NewNotification,
        now: Timestamp,
    ) -> Result<(Notification, Known), AcceptError> {
        let (send_at, expires_at) = times(&wish, now)?;
        let route = route(tenant, wish.route.as_deref())?;
        let identities = self.known(tenant, &wish.to).await?;
        let hops =
            self.hops(tenant, &route, &wish.to, &wish.message, &identities).map_err(
                |problem| match problem {
                    NoHop::Unsupported => AcceptError::Unsupported,
                    NoHop::Unreachable => AcceptError::Unreachable,
                    NoHop::TooLong(longest) => AcceptError::TextTooLong { longest },
                },
            )?;
        let notification = Notification {
            id: NotificationId::generate(now, self.context.entropy.as_ref()),
            tenant: tenant.id.clone(),
            to: wish.to,
            message: wish.message,
            reference: wish.reference,
            route: hops,
            on_unknown: wish.on_unknown.unwrap_or(tenant.on_unknown),
            send_at,
            expires_at,
            created_at: now,
            key_until: expires_at + KEEP_KEY,
            status: NotificationStatus::Queued,
            hop: 0,
            hop_since: None,
            retry_at: None,
            attempts: Vec::new(),
            former_attempts: 0,
            settled_at: None,
            delivered_at: None,
        };
        Ok((notification, identities))
    }

    /// Whom the first stop of its route delivers to: the same for a person's phone number and for the subject that has it.
    fn first_recipient(
        &self,
        tenant: &Tenant,
        notification: &Notification,
        identities: &Known,
    ) -> Option<Recipient> {
        let first = notification.route.first()?;
        let connection = tenant.connection_of(&first.connection, &first.account)?;
        self.recipient(tenant, connection, &notification.to, identities)
    }
}

impl MayBeAway for AcceptError {
    fn away(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self {
            Self::Notify(error) => error.away(),
            _ => None,
        }
    }
}

/// The canonical text of a wish: the same for the same wish, however its JSON was written, in every release.
fn fingerprint(wish: &NewNotification) -> Result<String, StoreError> {
    serde_json::to_string(wish)
        .map_err(|error| StoreError::Corrupt(format!("a wish cannot be written: {error}")))
}

fn times(wish: &NewNotification, now: Timestamp) -> Result<(Timestamp, Timestamp), AcceptError> {
    let invalid = |pointer, detail| Err(AcceptError::Invalid { pointer, code: "out_of_range", detail });
    let send_at = wish.send_at.unwrap_or(now);
    if send_at < now - PAST_LEEWAY {
        return invalid("/send_at", "the time is past");
    }
    if send_at > now + HORIZON {
        return invalid("/send_at", "the time is more than 30 days ahead");
    }
    let expires_at = wish.expires_at.unwrap_or(send_at + LIFE);
    if expires_at <= send_at.max(now) {
        return invalid("/expires_at", "the time is not after that of sending");
    }
    if expires_at > now + HORIZON + LIFE {
        return invalid("/expires_at", "the time is more than 30 days ahead");
    }
    Ok((send_at, expires_at))
}

fn route(tenant: &Tenant, asked: Option<&[String]>) -> Result<Vec<Arc<Connection>>, AcceptError> {
    let find = |(index, id): (usize, Option<ConnectionId>)| {
        id.and_then(|id| tenant.connections.get(&id)).cloned().ok_or(AcceptError::UnknownConnection { index })
    };
    let Some(asked) = asked else {
        return tenant.notify.iter().cloned().map(Some).enumerate().map(find).collect();
    };
    // A stop is known by its connection's name, in attempts and in what the provider tells later.
    if let Some(index) = (1..asked.len()).find(|index| asked[..*index].contains(&asked[*index])) {
        return Err(AcceptError::RepeatedConnection { index });
    }
    asked.iter().map(|id| ConnectionId::parse(id).ok()).enumerate().map(find).collect()
}

/// When the notification was to expire as it was accepted, whatever was done with it since.
pub(super) fn first_expiry(notification: &Notification) -> Timestamp {
    notification.key_until - KEEP_KEY
}

#[cfg(test)]
mod tests {
    use herald_core::{phone::PhoneNumber, text::MessageText};

    use super::*;

    #[test]
    fn a_wish_has_the_same_fingerprint_in_every_release() {
        let wish = NewNotification {
            to: Address::Phone { phone_number: PhoneNumber::parse("+16502530000").unwrap() },
            message: Message::Text { text: MessageText::parse("hi").unwrap() },
            reference: None,
            route: None,
            send_at: None,
            expires_at: None,
            on_unknown: None,
        };
        let text =
            r#"{"to":{"type":"phone","phone_number":"+16502530000"},"message":{"type":"text","text":"hi"}}"#;
        assert_eq!(fingerprint(&wish).unwrap(), text);
        let wish = NewNotification {
            reference: Some(Reference::parse("parcel-9").unwrap()),
            route: Some(vec!["main".to_owned()]),
            send_at: Some(Timestamp::constant(1_767_323_045, 0)),
            on_unknown: Some(OnUnknown::AtLeastOnce),
            ..wish
        };
        let more = r#","reference":"parcel-9","route":["main"],"send_at":"2026-01-02T03:04:05Z","on_unknown":"at_least_once"}"#;
        assert_eq!(fingerprint(&wish).unwrap(), format!("{}{more}", &text[..text.len() - 1]));
    }
}
