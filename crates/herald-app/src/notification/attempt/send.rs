//! The call itself, and what came of it.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    event::ConnectionNews,
    failpoint,
    notification::Notification,
    notifier::{Notifier, Receipt, Recipient, SendKey},
    provider::{ProviderAccount, ProviderName},
};
use jiff::{SignedDuration, Timestamp};

use super::{Attempt, LONGEST_PAUSE, Tried};
use crate::{
    hub::Kept,
    notification::{
        Notifications, NotifyError,
        deliver::{advanced, record},
        gate::Permit,
        policy::{self, Way},
        stops::hop_timeout,
    },
    store_retry::StoreRetry,
    work::Left,
};

impl Notifications {
    /// Sends under a record that is believed until `deadline`, if there is leave to, and stores what came of it.
    pub(super) async fn send_and_settle(
        &self,
        attempt: Attempt<'_>,
        sending: &Kept<Notification>,
        permit: Option<Permit>,
        deadline: Timestamp,
    ) -> Result<Tried, NotifyError> {
        let Attempt { tenant, chosen, notifier, .. } = attempt;
        failpoint::pass("K5");
        let (result, news) = self.send(attempt, &sending.value, permit, deadline).await;
        let now = self.context.clock.now();
        let way = Way {
            honours_key: notifier.honours_key() && !policy::is_forgotten(&sending.value, now),
            next: chosen.next,
            hop_timeout: hop_timeout(tenant),
            entropy: self.context.entropy.as_ref(),
        };
        let next = policy::after(&sending.value, result.as_ref().cloned(), way, now);
        record(&sending.value, &chosen.connection, result.as_ref().err(), &next);
        let Some(done) = advanced(&sending.value, next, now) else {
            return Ok(Tried::Left(Left::Free));
        };
        let saved = self.save_surely(attempt, sending.version, done, deadline).await;
        if let Some(news) = news {
            self.gates.tell(&tenant.id, news).await;
        }
        let Some(saved) = saved? else {
            metrics::counter!("herald_late_outcomes_total").increment(1);
            tracing::warn!(tenant.id = %tenant.id, notification.id = %sending.value.id, "the outcome of a send came too late: another replica has taken its sender for dead");
            return Ok(Tried::Left(Left::Free));
        };
        Ok(Tried::Now(saved))
    }

    /// Makes the call, if there is leave to and time for it, and tells the gate. Gives what is to be told of the connection, too.
    async fn send(
        &self,
        attempt: Attempt<'_>,
        sending: &Notification,
        permit: Option<Permit>,
        deadline: Timestamp,
    ) -> (Result<Receipt, ProviderError>, Option<ConnectionNews>) {
        let Attempt { chosen, notifier, .. } = attempt;
        let account = chosen.connection.account();
        let left = deadline.duration_since(self.context.clock.now()) - SignedDuration::from_secs(1);
        let permit = permit.filter(|_| left >= attempt.patience());
        let result = if permit.is_some() {
            send_in_time(notifier, &chosen.recipient, sending, left, account).await
        } else {
            // Storing the record took so long that the outcome might come too late to be stored. Nothing is begun.
            let retry = Retry::After(Duration::from_secs(1));
            Err(fault(&account.provider, ErrorKind::Timeout, retry, "the record took too long"))
        };
        failpoint::pass("K8");
        let news = permit.and_then(|permit| permit.ended(result.as_ref().err()));
        (result, news)
    }

    /// Saves an outcome, which must not be lost: a store that is away is asked again for as long as the process runs, and when
    /// that stops, until the record that says `sending` is over. That nobody wrote meanwhile is guarded by its version.
    async fn save_surely(
        &self,
        attempt: Attempt<'_>,
        seen: u64,
        done: Notification,
        deadline: Timestamp,
    ) -> Result<Option<Kept<Notification>>, NotifyError> {
        let until = || if attempt.stop.is_cancelled() { deadline } else { Timestamp::MAX };
        let mut is_repeat = false;
        let save = || {
            let (done, was_asked) = (done.clone(), std::mem::replace(&mut is_repeat, true));
            async move {
                if was_asked {
                    self.book.save_again(seen, done).await
                } else {
                    self.book.save(seen, done).await
                }
            }
        };
        let retry = StoreRetry::new(self.context.clock.as_ref(), LONGEST_PAUSE);
        retry.saying("the store did not take an outcome; it is asked again").ask(until, save).await
    }
}

/// Sends within `time`, so that no send outlives the record that says so. Of a send that breaks down nobody knows the end.
async fn send_in_time(
    notifier: &dyn Notifier,
    recipient: &Recipient,
    notification: &Notification,
    time: SignedDuration,
    account: &ProviderAccount,
) -> Result<Receipt, ProviderError> {
    let unclear = |kind, detail| fault(&account.provider, kind, Retry::OutcomeUnknown, detail);
    let key = SendKey(notification.send_key());
    let sending = AssertUnwindSafe(notifier.send(recipient, &notification.message, &key)).catch_unwind();
    match tokio::time::timeout(Duration::try_from(time).unwrap_or_default(), sending).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => {
            metrics::counter!("herald_panics_total", "work" => "notifications").increment(1);
            Err(unclear(ErrorKind::Protocol, "the adapter broke down"))
        }
        Err(_) => Err(unclear(ErrorKind::Timeout, "no answer within the record's time")),
    }
}

fn fault(provider: &ProviderName, kind: ErrorKind, retry: Retry, detail: &'static str) -> ProviderError {
    ProviderError::new(provider, "send", kind, retry, detail)
}
