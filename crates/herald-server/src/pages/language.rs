//! Which language a page speaks.

use herald_core::text::Locale;

/// A language that the pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// English, also for everybody whose language is not here.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// The person's language as the caller named it, else the one that the browser likes best.
    pub(super) fn choose(locale: Option<&Locale>, accept_language: &str) -> Self {
        locale
            .and_then(|locale| Self::of_tag(locale.as_str()))
            .or_else(|| Self::accepted(accept_language))
            .unwrap_or(Self::English)
    }

    /// The language of a tag such as `ru` or `en-GB`.
    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        [("en", Self::English), ("ru", Self::Russian)]
            .into_iter()
            .find(|(known, _)| primary.eq_ignore_ascii_case(known))
            .map(|(_, language)| language)
    }

    fn accepted(header: &str) -> Option<Self> {
        best_of(header, Self::of_tag)
    }
}

/// The language that a browser likes best, as a tag: for a provider, which may speak others than we do.
pub(super) fn preferred(accept_language: &str) -> Option<Locale> {
    best_of(accept_language, |tag| Locale::parse(tag).ok())
}

/// The best entry of an `Accept-Language` header (RFC 9110, 12.5.4) of which `read` makes something; among equals the first.
fn best_of<T>(header: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best: Option<(T, f32)> = None;
    for entry in header.split(',') {
        let mut parts = entry.split(';').map(str::trim);
        let Some(language) = parts.next().and_then(&read) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse);
        let Ok(weight) = weight else { continue };
        if weight > 0.0 && best.as_ref().is_none_or(|(_, known)| weight > *known) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_word_goes_before_the_browsers() {
        let russian = Locale::parse("ru-RU").unwrap();
        assert_eq!(Language::choose(Some(&russian), "en"), Language::Russian);
    }

    #[test]
    fn a_language_that_is_not_here_falls_through_to_the_browser_and_then_to_english() {
        let german = Locale::parse("de").unwrap();
        assert_eq!(Language::choose(Some(&german), "ru"), Language::Russian);
        assert_eq!(Language::choose(Some(&german), "de, fr"), Language::English);
        assert_eq!(Language::choose(None, ""), Language::English);
    }

    #[test]
    fn the_browsers_weights_decide() {
        for (header, language) in [
            ("de, ru;q=0.8, en;q=0.7", Language::Russian),
            ("en;q=0.2, ru;q=0.9", Language::Russian),
            ("en-GB,en;q=0.9,ru;q=0.8", Language::English),
            ("RU", Language::Russian),
            ("ru;q=0, en", Language::English),
            ("ru;q=much", Language::English),
            ("*", Language::English),
        ] {
            assert_eq!(Language::choose(None, header), language, "{header}");
        }
    }

    #[test]
    fn a_provider_is_told_what_the_browser_likes_best() {
        for (header, tag) in
            [("de-DE, ru;q=0.8", Some("de-DE")), ("*, en;q=0.5", Some("en")), ("*", None), ("", None)]
        {
            assert_eq!(preferred(header).as_ref().map(Locale::as_str), tag, "{header}");
        }
    }
}
