//! What callers wish of an endpoint, checked.

use std::fmt;

use herald_core::event::EventFilter;
use url::Url;

use super::{WebhookError, Webhooks};

/// The longest address.
const LONGEST_URL: usize = 2_000;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 500;
/// How many filters an endpoint may have.
const MOST_FILTERS: usize = 50;

/// A new endpoint, as a caller wishes it.
#[derive(Clone, Default)]
pub struct NewEndpoint {
    /// Where events go.
    pub url: String,
    /// Which events: types, `<family>.*` or `*`; at least one.
    pub events: Vec<String>,
    /// The caller's words about it, 1 to 500 characters.
    pub description: Option<String>,
}

/// What is to be changed; what is not given stays as it is.
#[derive(Clone, Default)]
pub struct EndpointChange {
    /// Where events go.
    pub url: Option<String>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// Is it told? Enabling forgets why it was disabled, and that it failed.
    pub is_enabled: Option<bool>,
    /// The caller's words about it; empty for none.
    pub description: Option<String>,
}

// Addresses may have secrets of their receiver in them.
impl fmt::Debug for NewEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewEndpoint(…)")
    }
}

impl fmt::Debug for EndpointChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointChange(…)")
    }
}

impl Webhooks {
    /// The address, if events may be sent there: https at port 443 and no address that is not public, unless in development.
    /// Where a name leads is looked at when it is connected to.
    pub(super) fn checked_url(&self, text: &str) -> Result<Url, WebhookError> {
        let invalid = |detail| WebhookError::invalid("/url", "invalid_url", detail);
        if text.len() > LONGEST_URL {
            return Err(invalid("an address has at most 2,000 characters"));
        }
        // A parser of addresses would take these out, and so change what was meant.
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(invalid("an address has no spaces or control characters"));
        }
        let url = Url::parse(text).map_err(|_| invalid("this is no absolute address"))?;
        if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
            return Err(invalid("the scheme must be https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("a user name or password has no place in it"));
        }
        if url.fragment().is_some() {
            return Err(invalid("a fragment has no place in it"));
        }
        if url.as_str().len() > LONGEST_URL {
            return Err(invalid("an address has at most 2,000 characters"));
        }
        let is_development = self.context.is_development;
        if !is_development && url.scheme() != "https" {
            return Err(invalid("the scheme must be https"));
        }
        if !is_development && url.port_or_known_default() != Some(443) {
            return Err(invalid("the port must be 443"));
        }
        if !self.context.courier.reaches(&url, is_development) {
            return Err(WebhookError::invalid("/url", "blocked_address", "this address must not be called"));
        }
        Ok(url)
    }
}

/// The filters, each once.
pub(super) fn checked_events(texts: &[String]) -> Result<Vec<EventFilter>, WebhookError> {
    if texts.is_empty() {
        return Err(WebhookError::invalid(
            "/events",
            "too_few_items",
            "at least one type of event is needed",
        ));
    }
    if texts.len() > MOST_FILTERS {
        return Err(WebhookError::invalid(
            "/events",
            "too_many_items",
            "at most 50 types of events can be named",
        ));
    }
    let mut filters = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let filter = EventFilter::parse(text).map_err(|_| {
            let pointer = format!("/events/{index}");
            WebhookError::invalid(pointer, "unknown_event", "no event is called so, nor a family of events")
        })?;
        if !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    Ok(filters)
}

/// The description; none when it is empty.
pub(super) fn checked_description(text: Option<String>) -> Result<Option<String>, WebhookError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > LONGEST_DESCRIPTION || text.chars().any(char::is_control) {
        let detail = "a description has at most 500 characters, and no control characters";
        return Err(WebhookError::invalid("/description", "invalid_description", detail));
    }
    Ok(Some(text))
}
