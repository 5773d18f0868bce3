//! What a provider gave for a refresh token, kept for late comers: in a row of its own that is gone when nobody may have it any
//! more, while the record that the token was used stays.

use herald_core::{
    secret::UrlToken,
    store::{SecretRow, StoreError},
};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{RenewedCookies, known::Place};
use crate::session::{SessionError, Sessions};

const KIND: &str = "cookie-answer";

#[derive(Serialize, Deserialize)]
struct Answer {
    set_cookies: Vec<String>,
    expires_at: Timestamp,
}

impl Sessions {
    /// Keeps what this try gave, until then.
    pub(super) async fn keep_answer(
        &self,
        place: &Place,
        attempt: &UrlToken,
        given: &RenewedCookies,
        until: Timestamp,
    ) -> Result<(), SessionError> {
        let set_cookies = given.set_cookies.iter().map(|line| line.expose_secret().to_owned()).collect();
        let answer = Answer { set_cookies, expires_at: given.expires_at };
        let name = self.answer_name(place, attempt);
        let row = SecretRow {
            tenant: place.tenant.clone(),
            body: self.context.vault.seal(&place.tenant, KIND, &name, &answer),
            name,
            version: 1,
            purge_at: Some(until),
        };
        match self.context.store.replace_secret(&row).await {
            Ok(true) => Ok(()),
            // 128 random bits were taken: somebody else's answer must not be handed out as this one.
            Ok(false) => {
                Err(StoreError::Corrupt("a fresh try to refresh was there already".to_owned()).into())
            }
            // Once more, because nobody can be given it anew. If it is there by now, it is this one.
            Err(StoreError::Unavailable(_)) => Ok(self.context.store.replace_secret(&row).await.map(drop)?),
            Err(error) => Err(error.into()),
        }
    }

    /// What this try gave, while it is kept.
    pub(super) async fn answer(
        &self,
        place: &Place,
        attempt: &UrlToken,
    ) -> Result<Option<RenewedCookies>, SessionError> {
        let name = self.answer_name(place, attempt);
        let Some(row) = self.context.store.secret(&place.tenant, &name).await? else { return Ok(None) };
        let answer: Answer = self.context.vault.open(&place.tenant, KIND, &name, &row.body)?;
        let set_cookies = answer.set_cookies.into_iter().map(SecretString::from).collect();
        Ok(Some(RenewedCookies { set_cookies, expires_at: answer.expires_at }))
    }

    fn answer_name(&self, place: &Place, attempt: &UrlToken) -> String {
        self.context.vault.name(&place.tenant, KIND, &[&place.name, attempt.expose()])
    }
}
