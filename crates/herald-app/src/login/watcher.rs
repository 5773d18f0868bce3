//! Watches logins: one watcher per login, however many callers wait for it.

use std::time::Duration;

use herald_core::{
    login::{Ending, FailureCode, Login, Phase},
    provider::{Look, Observed},
    store::LoginRow,
};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{LoginError, Logins, drive::Driver, lease::LEASE};
use crate::{
    hub::{Kept, Subscription},
    tenant::Connection,
};

/// How long one look lasts at most, and the pause between two: longer than any provider holds the line.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_secs(20);
/// How long to wait after a look that failed.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);
/// When to look for due logins again although nothing is known to come: what another replica gave back or left behind is found
/// then. Nobody is told of it, so that a change of a login costs the replicas nothing that have nothing to do with it.
const IDLE: SignedDuration = SignedDuration::from_secs(5);
/// The shortest time between two looks for due logins, unless one became due here. What is due by the clock here may not be so
/// by the store's yet, which leases go by.
const NOT_YET: SignedDuration = SignedDuration::from_millis(50);
/// How long after the end of a login its answer may still be verified for the first time: after that nobody waits for it.
const LATEST: SignedDuration = SignedDuration::from_mins(10);
/// How many logins to take at a time.
const BATCH: usize = 256;

impl Logins {
    /// Watches until told to stop.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let next = match self.take_due(&stop).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "logins cannot be watched");
                    self.context.clock.now() + AFTER_FAILURE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.book.something_due() => {}
                () = self.context.clock.sleep_until(next) => {}
            }
        }
    }

    /// Starts a watcher for every login that is due and gives the time to look again.
    async fn take_due(&self, stop: &CancellationToken) -> Result<Timestamp, LoginError> {
        loop {
            let rows = self.context.store.lease_logins(&self.context.replica, LEASE, BATCH).await?;
            let is_all = rows.len() < BATCH;
            for row in rows {
                // A lease that ran out on a living watcher (the clock jumped) does not make a second one.
                let Some(watching) = self.watching.enter(row.id) else { continue };
                let (this, stop) = (self.clone(), stop.clone());
                self.context.tasks.spawn(async move {
                    let is_done = this.attend(&row, &stop).await;
                    // The place first, the lease then: whoever is given the lease next finds the place free, also here.
                    drop(watching);
                    if is_done {
                        this.give_back(&row).await;
                    }
                    this.book.wake();
                });
            }
            if is_all {
                break;
            }
        }
        let next = self.context.store.next_login_due().await?;
        let now = self.context.clock.now();
        Ok(next.map_or(now + IDLE, |due| due.clamp(now + NOT_YET, now + IDLE)))
    }

    /// One watcher's whole work; true when the lease is to be given back. What can be left at any time is left when the lease is
    /// lost, as when everything stops; what has begun to take an answer goes on to its end.
    async fn attend(&self, row: &LoginRow, stop: &CancellationToken) -> bool {
        let LoginRow { tenant, id, .. } = row;
        let stop = stop.child_token();
        // Subscribed first, read then: a change in between, here or elsewhere, is not missed.
        let mut changes = self.book.subscribe_as_watcher(tenant, *id);
        let work = async {
            self.until_due(row, &mut changes, &stop).await;
            let Some(mut kept) = self.book.load(tenant, *id).await? else { return Ok(()) };
            while self.context.store.lease_login(&self.context.replica, tenant, *id, LEASE).await? {
                match self.step(kept, &mut changes, &stop).await? {
                    Some(next) => kept = next,
                    None => break,
                }
            }
            Ok::<_, LoginError>(())
        };
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            never = self.keep_lease(tenant, *id, &stop) => match never {},
        };
        match ended {
            Ok(()) => true,
            // The lease runs out by itself: another replica, or a corrected configuration, goes on.
            Err(LoginError::AccountGone) => false,
            Err(error) => {
                tracing::warn!(tenant.id = %tenant, %error, "a login could not be watched; it will be tried again");
                false
            }
        }
    }

    /// Does what is due and gives the login as it is then; nothing when the watcher is not needed (any more).
    async fn step(
        &self,
        kept: Kept<Login>,
        changes: &mut Subscription<super::book::Key, Login>,
        stop: &CancellationToken,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let driver = self.driver();
        let now = driver.now();
        let login = &kept.value;
        let is_over = login.expires_at <= now;
        match &login.phase {
            Phase::Waiting { .. } if is_over => self.last_look(kept).await,
            Phase::Waiting { .. } if login.terms.is_polled => self.look(kept, changes, stop).await,
            Phase::Ready { .. } | Phase::Confirmed(_) if is_over => driver.end(kept, Ending::Expired).await,
            Phase::Ready { not_before, .. } if *not_before <= now => {
                let connection = self.connection_of(login)?;
                driver.take_over(kept, &connection).await.map(Some)
            }
            Phase::Redeeming { claim, .. } if claim.deadline <= now => match self.connection_of(login) {
                Ok(connection) => driver.take_over(kept, &connection).await.map(Some),
                // Nobody here can ask for the answer again, and its time is over.
                Err(LoginError::AccountGone) if is_over => driver.end(kept, Ending::Expired).await,
                Err(error) => Err(error),
            },
            // Who took the answer here is verifying it, and holds no lease for that.
            Phase::Answered { .. } if self.redeeming.contains(login.terms.id) => {
                driver.wait_for_ours(kept).await.map(Some)
            }
            Phase::Answered { not_before, .. }
                if is_over && (not_before.is_some() || login.expires_at + LATEST <= now) =>
            {
                driver.end(kept, Ending::Failed(FailureCode::ProviderError)).await
            }
            // It came in time, so it is verified at least once, even when that is late.
            Phase::Answered { not_before, .. } if not_before.is_none_or(|at| at <= now) => {
                match self.connection_of(login) {
                    Ok(connection) => driver.identify(kept, &connection).await.map(Some),
                    // Nobody here can verify it, and its time is over.
                    Err(LoginError::AccountGone) if is_over => driver.end(kept, Ending::Expired).await,
                    Err(error) => Err(error),
                }
            }
            Phase::Ended { leftover: Some(_), .. } => self.step_leftover(kept, changes, stop).await,
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Redeeming { .. }
            | Phase::Answered { .. }
            | Phase::Confirmed(_)
            | Phase::Claimed { .. }
            | Phase::Ended { .. } => Ok(None),
        }
    }

    /// Looks once, for as long as the provider holds the line, unless the login changes meanwhile.
    async fn look(
        &self,
        kept: Kept<Login>,
        changes: &mut Subscription<super::book::Key, Login>,
        stop: &CancellationToken,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let Phase::Waiting { memo } = &kept.value.phase else { return Ok(Some(kept)) };
        let connection = self.connection_of(&kept.value)?;
        let until = kept.value.expires_at.min(self.context.clock.now() + LONGEST_LOOK);
        let observed = tokio::select! {
            observed = connection.provider.observe(memo, Look::Poll { is_last: false }) => observed,
            newer = changes.newer_than(kept.version) => return Ok(Some(newer)),
            () = self.context.clock.sleep_until(until) => return Ok(Some(kept)),
            () = stop.cancelled() => return Ok(None),
        };
        let pause = Self::pause_after(&observed, &connection);
        let kept = match observed {
            Ok(observed) => self.driver().settle(kept, observed).await?,
            Err(_) => kept,
        };
        let is_waiting = matches!(kept.value.phase, Phase::Waiting { .. });
        if !is_waiting {
            return Ok(Some(kept));
        }
        Ok(self.rest(kept, pause, changes, stop).await)
    }

    /// Looks for the last time, and lets the login expire if there is nothing to see.
    async fn last_look(&self, kept: Kept<Login>) -> Result<Option<Kept<Login>>, LoginError> {
        let Phase::Waiting { memo } = &kept.value.phase else { return Ok(Some(kept)) };
        let connection = match self.connection_of(&kept.value) {
            // There is no provider to look at any more, and the wait is over all the same.
            Err(LoginError::AccountGone) => return self.driver().end(kept, Ending::Expired).await,
            connection => connection?,
        };
        match connection.provider.observe(memo, Look::Poll { is_last: true }).await {
            Ok(observed @ (Observed::Ready { .. } | Observed::Rejected(_))) => {
                self.driver().settle(kept, observed).await.map(Some)
            }
            Ok(Observed::Pending { .. }) | Err(_) => self.driver().end(kept, Ending::Expired).await,
        }
    }

    async fn step_leftover(
        &self,
        kept: Kept<Login>,
        changes: &mut Subscription<super::book::Key, Login>,
        stop: &CancellationToken,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let Phase::Ended { leftover: Some(leftover), .. } = &kept.value.phase else { return Ok(None) };
        let (driver, now) = (self.driver(), self.context.clock.now());
        match (&leftover.claim, leftover.not_before) {
            (Some(claim), _) if claim.deadline > now => return Ok(None),
            (None, Some(not_before)) if not_before > now && leftover.until > now => return Ok(None),
            (None, None) if !kept.value.terms.is_polled => return Ok(None),
            _ => {}
        }
        if leftover.until <= now {
            let done = Login::clone(&kept.value).set_leftover(None).ok();
            return driver.save_or_reload(kept, done).await.map(|_| None);
        }
        let connection = self.connection_of(&kept.value)?;
        // What a browser brought is confirmed: there is nothing to look for.
        if leftover.claim.is_some() || !kept.value.terms.is_polled {
            return driver.discard_again(kept, &connection).await.map(Some);
        }
        let until = leftover.until.min(now + LONGEST_LOOK);
        let observed = tokio::select! {
            observed = connection.provider.observe(&leftover.memo, Look::Poll { is_last: false }) => observed,
            () = self.context.clock.sleep_until(until) => return Ok(Some(kept)),
            () = stop.cancelled() => return Ok(None),
        };
        let Ok(observed) = observed else {
            return Ok(self.rest(kept, AFTER_FAILURE, changes, stop).await);
        };
        let pause = match &observed {
            Observed::Pending { poll_after, .. } => signed(*poll_after),
            _ => SignedDuration::ZERO,
        };
        let kept = driver.settle_leftover(kept, observed).await?;
        Ok(self.rest(kept, pause, changes, stop).await)
    }

    /// Waits until it makes sense to look again, the login changes, or everything stops.
    async fn rest(
        &self,
        kept: Kept<Login>,
        pause: SignedDuration,
        changes: &mut Subscription<super::book::Key, Login>,
        stop: &CancellationToken,
    ) -> Option<Kept<Login>> {
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            newer = changes.newer_than(kept.version) => Some(newer),
            () = self.context.clock.sleep_until(self.context.clock.now() + pause) => Some(kept),
        }
    }

    /// When to look again. A look that failed says nothing about the login: it is repeated while the login lasts.
    fn pause_after(
        observed: &Result<Observed, herald_core::error::ProviderError>,
        connection: &Connection,
    ) -> SignedDuration {
        match observed {
            Ok(Observed::Pending { poll_after, .. }) => signed(*poll_after),
            Ok(_) => SignedDuration::ZERO,
            Err(error) => {
                tracing::info!(connection.id = %connection.id, %error, "a look at a login failed");
                match error.retry() {
                    herald_core::error::Retry::After(wait) => signed(wait).clamp(AFTER_FAILURE, LONGEST_LOOK),
                    _ => AFTER_FAILURE,
                }
            }
        }
    }
}

impl Driver<'_> {
    /// Ends a login whose time is over.
    pub(super) async fn end(
        self,
        kept: Kept<Login>,
        ending: Ending,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        let ended = Login::clone(&kept.value).end(ending, self.now()).ok();
        self.save_or_reload(kept, ended).await.map(Some)
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(LONGEST_LOOK)
}
