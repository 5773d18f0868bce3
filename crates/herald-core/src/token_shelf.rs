//! The port of a token that the replicas share: fetched by one of them, used by all.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::store::StoreError;

/// A token on the shelf.
#[derive(Clone, Debug)]
pub struct ShelvedToken {
    /// The token.
    pub token: SecretString,
    /// From then on one replica fetches the next one.
    pub renew_at: Timestamp,
    /// From then on it is of no use.
    pub expires_at: Timestamp,
}

/// The right to fetch a token, and to put it on the shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn(pub u64);

/// What was found on the shelf.
#[derive(Clone, Debug)]
pub enum Shelf {
    /// A token that need not be renewed yet.
    Token(ShelvedToken),
    /// None: whoever looked is to fetch one.
    Fetch(Turn),
    /// Somebody else is fetching one, and counts as dead from this time on.
    Wait(Timestamp),
}

/// Where one token lies that the replicas share.
#[async_trait]
pub trait TokenShelf: fmt::Debug + Send + Sync + 'static {
    /// The token, unless it is `refused` or due for renewal; else the right to fetch one within `lease`, if nobody has it.
    ///
    /// # Behaviour
    /// - `of_many_who_look_one_fetches`.
    /// - `who_dies_fetching_holds_nobody_up_for_longer_than_his_lease`.
    /// - `a_refused_token_is_fetched_anew_once`.
    async fn look(&self, refused: Option<&SecretString>, lease: Duration) -> Result<Shelf, StoreError>;

    /// Puts a fetched token on the shelf. Does nothing for who has lost his turn.
    async fn put(&self, turn: Turn, token: &ShelvedToken) -> Result<(), StoreError>;

    /// Gives the turn back: fetching failed. Does nothing for who has lost it.
    async fn give_up(&self, turn: Turn) -> Result<(), StoreError>;
}
