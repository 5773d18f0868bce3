//! Takes work that is due, from every tenant its part, and has it attended to.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use herald_core::store::{Backlog, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{
    LEASE, Left, Work,
    fair::{Turns, Want},
    in_hand::Held,
    lease_end,
};
use crate::{chance, tenant::DeliveryRules};

/// How many pieces of one tenant to take at a time.
const MOST_AT_A_TIME: usize = 512;
/// How many pieces may be in hand at once; more are left in the store.
const MOST_IN_HAND: usize = 20_000;
/// When to look again although nothing is known to come: what another replica accepted and cannot take up, gave back or left
/// behind is found then. It does not tell the others, or each would look for every single accept.
const IDLE: SignedDuration = SignedDuration::from_secs(5);
/// When to look again for what is due by the clock here, but was not to be had: another replica was faster, or the store's clock,
/// which leases go by, is behind. Long enough that looking costs little however long that lasts.
const NOT_YET: SignedDuration = SignedDuration::from_millis(50);
/// How long to wait when the store fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(2);
/// How long a piece is left alone at first that broke down. It is left alone for as long as it is late, so for about twice as long
/// each time, up to the longest; and by chance up to half as long again.
const AFTER_BREAKDOWN: SignedDuration = SignedDuration::from_secs(30);
const LONG_AFTER_BREAKDOWN: SignedDuration = SignedDuration::from_mins(15);

/// What there is to take.
#[derive(Debug, Default)]
struct Demand {
    /// What every tenant could be given now.
    wants: Vec<Want>,
    /// The tenants that may have no more in hand.
    full: Vec<Want>,
    /// When the next one comes that is not due yet.
    next_at: Option<Timestamp>,
}

/// Works until told to stop. What has begun is finished by the tasks that it runs in.
pub(crate) async fn run<W: Work>(work: W, stop: CancellationToken) {
    let mut turns = Turns::default();
    while !stop.is_cancelled() {
        let next = match take_due(&work, &mut turns, &stop).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(work = W::KIND, %error, "what is due cannot be taken");
                work.context().clock.now() + AFTER_FAILURE
            }
        };
        work.in_hand().rests(next);
        tokio::select! {
            () = stop.cancelled() => {}
            () = work.something_due() => {}
            () = work.context().clock.sleep_until(next) => {}
        }
    }
}

/// Takes what is due until nothing more can be taken, and says when to look again.
async fn take_due<W: Work>(
    work: &W,
    turns: &mut Turns,
    stop: &CancellationToken,
) -> Result<Timestamp, StoreError> {
    let in_hand = work.in_hand();
    loop {
        in_hand.looks_around();
        let had = in_hand.len();
        let backlog = work.backlog().await?;
        let now = work.context().clock.now();
        let Demand { wants, full, next_at } = demand(work, backlog, now);
        let asked = wants.len();
        let shares = turns.share(wants, MOST_IN_HAND.saturating_sub(had), MOST_IN_HAND);
        let is_short = shares.len() < asked;
        let (mut has_taken, mut has_failed) = (false, false);
        for (tenant, places) in &shares {
            if stop.is_cancelled() {
                return Ok(now);
            }
            let until = lease_end(work.context().clock.now());
            match work.lease(tenant, LEASE, *places).await {
                Ok(pieces) => {
                    has_taken |= !pieces.is_empty();
                    for piece in pieces {
                        hand_out(work, piece, until, stop);
                    }
                }
                // What cannot be taken of one tenant keeps nobody else waiting.
                Err(error) => {
                    has_failed = true;
                    tracing::error!(work = W::KIND, tenant.id = %tenant, %error, "what is due of a tenant cannot be taken");
                }
            }
        }
        if has_taken {
            continue;
        }
        // Who is full is told of when it has room: its next one is due, and no time would be waited for.
        let has_room = full.iter().any(|want| in_hand.wants_more(&want.tenant, want.has));
        if has_room || (is_short && in_hand.want_more(had)) {
            continue;
        }
        let idle = match (has_failed, shares.is_empty()) {
            (true, _) => AFTER_FAILURE,
            (false, true) => IDLE,
            (false, false) => NOT_YET,
        };
        let idle = work.context().clock.now() + idle;
        return Ok(next_at.map_or(idle, |next| next.min(idle)));
    }
}

fn demand<W: Work>(work: &W, backlog: Vec<Backlog>, now: Timestamp) -> Demand {
    let tenants = work.context().tenants.load_full();
    let mut demand = Demand::default();
    for Backlog { tenant, next_at, .. } in backlog {
        if next_at > now {
            demand.next_at = Some(demand.next_at.map_or(next_at, |next| next.min(next_at)));
            continue;
        }
        // What is left of a tenant that is not configured here is put off, or ends, like everybody's.
        let rules = tenants.get(&tenant).map_or_else(DeliveryRules::default, |tenant| tenant.delivery);
        let has = work.in_hand().len_of(&tenant);
        let places = W::most_of_tenant(&rules).max(1).saturating_sub(has).min(MOST_AT_A_TIME);
        let want = Want { tenant, weight: rules.weight, has, places };
        if places == 0 { demand.full.push(want) } else { demand.wants.push(want) }
    }
    demand
}

fn hand_out<W: Work>(work: &W, piece: W::Piece, until: Timestamp, stop: &CancellationToken) {
    let (tenant, id) = W::name(&piece);
    let Some(held) = work.in_hand().take(tenant, id, until) else { return };
    let (this, stop) = (work.clone(), stop.clone());
    work.context().tasks.spawn(async move { attend(&this, piece, held, &stop).await });
}

/// Attends to one, whatever comes of it, and gives its lease back.
async fn attend<W: Work>(work: &W, piece: W::Piece, held: Held<W::Id>, stop: &CancellationToken) {
    let (tenant, id) = W::name(&piece);
    // One that breaks down again and again takes nothing with it but itself.
    let left = match AssertUnwindSafe(work.attend(&piece, stop)).catch_unwind().await {
        Ok(Ok(left)) => left,
        Ok(Err(error)) if W::is_short(&error) => {
            tracing::warn!(work = W::KIND, tenant.id = %tenant, %id, %error, "it was interrupted, and will be taken up again");
            let context = work.context();
            let wait = AFTER_FAILURE + chance::up_to(AFTER_FAILURE, context.entropy.as_ref());
            Left::Until(context.clock.now() + wait)
        }
        Ok(Err(error)) => {
            tracing::error!(work = W::KIND, tenant.id = %tenant, %id, %error, "it failed, and will be taken up again");
            put_off(work, &piece)
        }
        Err(_panic) => {
            metrics::counter!("herald_panics_total", "work" => W::KIND).increment(1);
            tracing::error!(work = W::KIND, tenant.id = %tenant, %id, "it broke down, and will be taken up again");
            put_off(work, &piece)
        }
    };
    give_back(work, &piece, held, left).await;
}

/// For longer each time.
fn put_off<W: Work>(work: &W, piece: &W::Piece) -> Left {
    let now = work.context().clock.now();
    let late = now.duration_since(W::due_at(piece).unwrap_or(now));
    let wait = late.clamp(AFTER_BREAKDOWN, LONG_AFTER_BREAKDOWN);
    Left::Until(now + wait + chance::up_to(wait / 2, work.context().entropy.as_ref()))
}

/// Gives the lease of one back that was left like this, and tells the dispatcher if that is news to it.
async fn give_back<W: Work>(work: &W, piece: &W::Piece, mut held: Held<W::Id>, left: Left) {
    let (tenant, id) = W::name(piece);
    let not_before = match left {
        Left::Until(until) => Some(until),
        Left::Free => None,
    };
    loop {
        held.gives_back();
        let next = work.release(tenant, id, not_before).await.unwrap_or_else(|error| {
            // The lease ends by itself.
            tracing::warn!(work = W::KIND, tenant.id = %tenant, %id, %error, "a lease could not be given back");
            None
        });
        match held.ends(next) {
            Ok(is_news) => {
                if is_news {
                    work.wake();
                }
                return;
            }
            // The dispatcher took it once more, and could not hand it out.
            Err(again) => held = again,
        }
    }
}
