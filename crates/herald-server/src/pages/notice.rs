//! Every page that is only words: a heading, a sentence, at most one button.

use askama::Template;
use herald_core::login::Ending;

use super::text::{Texts, Words};

/// How soon a page that waits for the provider looks again, in seconds.
const MOMENT_SECONDS: u32 = 2;

/// A page that is only words.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct Notice {
    t: &'static Texts,
    words: Words,
    button: Option<Button>,
    refresh_seconds: Option<u32>,
}

/// The one thing to do on a page.
struct Button {
    href: String,
    label: String,
}

impl Notice {
    fn new(t: &'static Texts, words: Words) -> Self {
        Self { t, words, button: None, refresh_seconds: None }
    }

    fn with_button(mut self, href: Option<String>, label: &str) -> Self {
        self.button = href.map(|href| Button { href, label: label.to_owned() });
        self
    }

    /// Signed in, and nowhere to go back to.
    pub(super) fn signed_in(t: &'static Texts) -> Self {
        Self::new(t, t.signed_in)
    }

    /// Claimed, and too long ago to go back again; `page` is what the person wanted to see at a site.
    pub(super) fn finished(t: &'static Texts, page: Option<String>) -> Self {
        Self::new(t, t.finished).with_button(page, t.go_back)
    }

    /// The provider is being asked; the page loads itself again.
    pub(super) fn one_moment(t: &'static Texts) -> Self {
        Self { refresh_seconds: Some(MOMENT_SECONDS), ..Self::new(t, t.one_moment) }
    }

    /// Over without a claim. `back` is the way back to the caller, if there is one; `tenant` is what it is called.
    pub(super) fn ended(
        t: &'static Texts,
        ending: Ending,
        tenant: Option<String>,
        back: Option<String>,
    ) -> Self {
        let label = match tenant {
            Some(tenant) => format!("{}{tenant}{}", t.go_back_to.before, t.go_back_to.after),
            None => t.go_back.to_owned(),
        };
        Self::new(t, words_for(t, ending)).with_button(back, &label)
    }

    /// The same at a site; `start` is where the person can sign in again.
    pub(super) fn ended_at_site(t: &'static Texts, ending: Ending, start: String) -> Self {
        Self::new(t, words_for(t, ending)).with_button(Some(start), t.try_again)
    }

    /// Signed out of a site; `start` is where the person can sign in again.
    pub(super) fn signed_out(t: &'static Texts, start: String) -> Self {
        Self::new(t, t.signed_out).with_button(Some(start), t.sign_in_again)
    }

    /// Still signed in at a site, because something is down.
    pub(super) fn not_signed_out(t: &'static Texts) -> Self {
        Self::new(t, t.not_signed_out)
    }

    /// A page of another origin sent the request.
    pub(super) fn cross_site(t: &'static Texts) -> Self {
        Self::new(t, t.cross_site)
    }

    /// An address of no site.
    pub(super) fn no_such_page(t: &'static Texts) -> Self {
        Self::new(t, t.no_such_page)
    }

    /// An address of no login.
    pub(super) fn no_such_login(t: &'static Texts) -> Self {
        Self::new(t, t.no_such_login)
    }

    /// The browser keeps no cookies; `address` is where to try again.
    pub(super) fn cookies_needed(t: &'static Texts, address: &str) -> Self {
        Self::new(t, t.cookies_needed).with_button(Some(address.to_owned()), t.try_again)
    }

    /// The login belongs to another browser.
    pub(super) fn another_browser(t: &'static Texts) -> Self {
        Self::new(t, t.another_browser)
    }

    /// A callback that belongs to no login of this browser, for whatever reason.
    pub(super) fn no_login_of_this_browser(t: &'static Texts) -> Self {
        Self::new(t, t.no_login_here)
    }

    /// Back from a messenger, in a browser that knows nothing of the login.
    pub(super) fn return_to_browser(t: &'static Texts) -> Self {
        Self::new(t, t.return_to_browser)
    }

    /// Something is down; the page tries again by itself after so many seconds.
    pub(super) fn unavailable(t: &'static Texts, seconds: u32) -> Self {
        Self { refresh_seconds: Some(seconds), ..Self::new(t, t.unavailable) }
    }
}

fn words_for(t: &'static Texts, ending: Ending) -> Words {
    match ending {
        Ending::Denied => t.denied,
        Ending::Expired => t.expired,
        Ending::Cancelled => t.cancelled,
        Ending::Failed(_) => t.failed,
    }
}

#[cfg(test)]
mod tests {
    use herald_core::login::FailureCode;

    use super::*;
    use crate::pages::{language::Language, text};

    #[test]
    fn nothing_that_is_filled_in_is_markup() {
        let t = text::of(Language::English);
        let tenant = Some("<script>alert(1)</script>".to_owned());
        let back = Some("https://shop.example/?a=1&b=\"x\"".to_owned());
        let page =
            Notice::ended(t, Ending::Failed(FailureCode::ProviderError), tenant, back).render().unwrap();
        assert!(!page.contains("<script>") && !page.contains("\"x\""), "{page}");
        assert!(page.contains("Back to &#60;script&#62;"), "{page}");
    }

    #[test]
    fn only_a_page_that_waits_loads_itself_again() {
        let t = text::of(Language::Russian);
        let page = Notice::one_moment(t).render().unwrap();
        assert!(page.contains(r#"<meta http-equiv="refresh" content="2">"#) && page.contains(r#"lang="ru""#));
        assert!(!Notice::finished(t, None).render().unwrap().contains("refresh"));
    }
}
