//! Messages by slug, under the send's own key.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    identity::Identity,
    notification::{Address, Message},
    notifier::{MessageLimits, Notifier, Receipt, Recipient, SendKey},
    provider::{ProviderAccount, ProviderName},
    text::{MessageText, Slug},
};
use herald_outbound::{Response, lenient};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    api::{self, Api, Success},
    config::AntaraConfig,
    error,
    token::AppTokens,
};

/// Exchange, send, and both once more after a refused token.
const REQUESTS_PER_SEND: u32 = 4;

/// What is of use in the answer to a message.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queued {
    #[serde(default, deserialize_with = "lenient")]
    message_id: Option<Value>,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    success: Option<bool>,
    /// Where a success should be: an error all the same.
    #[serde(default, deserialize_with = "lenient")]
    error: Option<Value>,
}

impl Queued {
    /// Does it say that the message was not taken?
    fn is_refused(&self) -> bool {
        let refusals = ["rejected", "refused", "failed"];
        let status = self.status.as_deref().unwrap_or_default();
        self.success == Some(false) || refusals.iter().any(|refusal| status.eq_ignore_ascii_case(refusal))
    }
}

/// Antara as a notifier.
#[derive(Debug)]
pub(crate) struct AntaraNotifier {
    account: ProviderAccount,
    limits: MessageLimits,
    send_timeout: Duration,
    concurrency: usize,
    api: Api,
    tokens: AppTokens,
}

impl AntaraNotifier {
    pub(crate) fn new(config: &Arc<AntaraConfig>, api: Api, tokens: AppTokens) -> Self {
        Self {
            account: config.account(),
            // Antara documents none.
            limits: MessageLimits { longest_text: MessageText::LONGEST },
            send_timeout: config.timeout.saturating_mul(REQUESTS_PER_SEND),
            concurrency: (config.max_in_flight / 2).max(1),
            api,
            tokens,
        }
    }

    /// One request with the app's token; a refused token is renewed once, and the same send made again under the same key.
    async fn request(&self, slug: &Slug, text: &MessageText, key: &str) -> Result<Response, ProviderError> {
        let token = self.tokens.get().await.map_err(error::of_exchange)?;
        let response = self.api.send_message(&token, slug, text, key).await?;
        if response.status() != 401 {
            return Ok(response);
        }
        self.tokens.reject(&token);
        let fresh = self.tokens.get().await.map_err(error::of_exchange)?;
        self.api.send_message(&fresh, slug, text, key).await
    }
}

#[async_trait]
impl Notifier for AntaraNotifier {
    fn limits(&self) -> &MessageLimits {
        &self.limits
    }

    fn honours_key(&self) -> bool {
        true
    }

    fn send_timeout(&self) -> Duration {
        self.send_timeout
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn address(&self, to: &Address, identity: Option<&Identity>) -> Option<Recipient> {
        let slug = match to {
            Address::Slug { slug } => slug.clone(),
            Address::Phone { .. } => return None,
            Address::Subject { .. } => {
                let identity = identity.filter(|identity| identity.account == self.account)?;
                let named = identity.profile.attributes.slug.as_ref();
                Slug::parse(named.unwrap_or(&identity.profile.user_key)).ok()?
            }
        };
        Some(Recipient::new(slug.as_str().to_owned()))
    }

    async fn send(
        &self,
        recipient: &Recipient,
        message: &Message,
        key: &SendKey,
    ) -> Result<Receipt, ProviderError> {
        let slug = Slug::parse(recipient.expose()).map_err(|_| {
            let detail = "the recipient is no slug";
            ProviderError::new(&ProviderName::ANTARA, "send", ErrorKind::InvalidInput, Retry::Never, detail)
        })?;
        let Message::Text { text } = message;
        receipt(&self.request(&slug, text, &key.0).await?)
    }
}

/// Any 2xx with the id of a message is one that was taken, in the envelope or bare. Without an id nobody knows: a repeat finds out,
/// and makes no second message.
fn receipt(response: &Response) -> Result<Receipt, ProviderError> {
    if !response.is_success() {
        return Err(error::of_message(response));
    }
    // 204 has no body by definition; of every other one a missing body is half an answer.
    let Success { data: queued, request_id } = match response.status() {
        204 => Success { data: Queued::default(), request_id: None },
        _ => api::read::<Queued>(response)?,
    };
    if queued.is_refused() || error::says_failed(response) {
        return Err(error::of(response).with_kind(ErrorKind::Refused).with_retry(Retry::Never));
    }
    let strange = |detail| response.protocol(detail).with_request_id(request_id.as_deref());
    if queued.error.is_some() {
        return Err(strange("a success with an error in it"));
    }
    match queued.message_id.as_ref().and_then(api::id) {
        Some(id) => Ok(Receipt { message_id: Some(id), request_id, platform: None }),
        None => Err(strange("a success without the id of a message")),
    }
}
