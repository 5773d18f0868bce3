//! The shop's sessions of browsers: which logins they began, and who is signed in.

use std::collections::HashMap;

use jiff::Timestamp;

use super::person::Person;
use crate::clock::plus;
use crate::random;

/// How long a login that was begun is remembered, in seconds: longer than any login of the demo takes.
const PENDING_SECONDS: i64 = 3600;
/// How long after its claim Herald gives the same answer to the same claim, in seconds.
const CLAIM_GRACE_SECONDS: i64 = 60;

/// What the shop keeps about browsers, by the value of its own cookie.
#[derive(Debug, Default)]
pub(crate) struct State {
    browsers: HashMap<String, Browser>,
}

/// One browser's session at the shop.
#[derive(Debug, Default)]
struct Browser {
    /// Logins under way, by id. The secret never leaves the server.
    pending: HashMap<String, Pending>,
    person: Option<Person>,
}

/// A login that began here.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) tenant: String,
    pub(super) claim_secret: String,
    kept_until: Timestamp,
    /// The session that came of it. A return that is repeated ends in the same.
    became: Option<String>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pending").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

impl Pending {
    pub(super) fn new(tenant: String, claim_secret: String, now: Timestamp) -> Self {
        Self { tenant, claim_secret, kept_until: plus(now, PENDING_SECONDS), became: None }
    }
}

impl State {
    /// Keeps a login for this browser, or for a new one if the cookie is not known. Answers the cookie's value.
    pub(super) fn begin(
        &mut self,
        cookie: Option<String>,
        login_id: String,
        pending: Pending,
        now: Timestamp,
    ) -> String {
        self.forget_what_is_over(now);
        let known = cookie.filter(|value| self.browsers.contains_key(value));
        let id = known.unwrap_or_else(|| random::token(""));
        self.browsers.entry(id.clone()).or_default().pending.insert(login_id, pending);
        id
    }

    /// The login, if this browser began it and it is not over.
    pub(super) fn pending(&self, cookie: &str, login_id: &str, now: Timestamp) -> Option<Pending> {
        let pending = self.browsers.get(cookie)?.pending.get(login_id)?;
        (now < pending.kept_until).then(|| pending.clone())
    }

    /// Signs a person in by a claimed login and answers the value of the cookie that the browser gets now.
    ///
    /// The session is a new one, so that nobody who knew the old cookie is signed in by it. The login stays for the
    /// claim's grace: a browser that missed the answer comes again with the old cookie, and gets the same new one.
    /// Nothing if that one is over by now (signed out, or signed in once more), or never began.
    pub(super) fn sign_in(
        &mut self,
        cookie: &str,
        login_id: &str,
        person: Person,
        now: Timestamp,
    ) -> Option<String> {
        let browser = self.browsers.get_mut(cookie)?;
        let pending = browser.pending.get_mut(login_id)?;
        if let Some(id) = pending.became.clone() {
            return self.person(&id).is_some().then_some(id);
        }
        let id = random::token("");
        pending.became = Some(id.clone());
        pending.kept_until = plus(now, CLAIM_GRACE_SECONDS);
        browser.person = None;
        // Logins that began in other tabs come back with the new cookie.
        let pending = browser.pending.clone();
        self.browsers.insert(id.clone(), Browser { pending, person: Some(person) });
        Some(id)
    }

    /// Who is signed in.
    pub(super) fn person(&self, cookie: &str) -> Option<&Person> {
        self.browsers.get(cookie)?.person.as_ref()
    }

    /// The same, to be changed.
    pub(super) fn person_mut(&mut self, cookie: &str) -> Option<&mut Person> {
        self.browsers.get_mut(cookie)?.person.as_mut()
    }

    pub(super) fn sign_out(&mut self, cookie: &str) {
        self.browsers.remove(cookie);
    }

    fn forget_what_is_over(&mut self, now: Timestamp) {
        self.browsers.retain(|_, browser| {
            browser.pending.retain(|_, pending| now < pending.kept_until);
            browser.person.is_some() || !browser.pending.is_empty()
        });
    }
}
