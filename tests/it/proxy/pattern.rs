//! As much of regular expressions as the examples of `deploy/proxies` use for the names of headers.

/// A pattern of literal characters, `[^a-z0-9]`, and `.*` at its end. Names are in lower case, so that `(?i)` and `^` are
/// taken as given.
pub(super) struct Pattern {
    steps: Vec<Step>,
    /// Does anything follow?
    is_open: bool,
}

enum Step {
    Literal(char),
    /// `[^a-z0-9]`.
    Separator,
}

impl Pattern {
    /// One that has to match the whole of a name.
    pub(super) fn whole(text: &str) -> Self {
        let (text, is_open) = match text.strip_suffix(".*") {
            Some(text) => (text, true),
            None => (text, false),
        };
        Self { steps: steps(text), is_open }
    }

    /// One that has to match the beginning of a name.
    pub(super) fn beginning(text: &str) -> Self {
        let text = text.strip_prefix("(?i)").unwrap_or(text);
        Self { steps: steps(text.strip_prefix('^').unwrap_or(text)), is_open: true }
    }

    /// Is this name, in lower case, one of those?
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut rest = name.chars();
        let fits = self.steps.iter().all(|step| match (step, rest.next()) {
            (Step::Literal(wanted), Some(c)) => c == *wanted,
            (Step::Separator, Some(c)) => !c.is_ascii_lowercase() && !c.is_ascii_digit(),
            (_, None) => false,
        });
        fits && (self.is_open || rest.next().is_none())
    }
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("[^a-z0-9]") {
            steps.push(Step::Separator);
            rest = after;
        } else {
            assert!(first.is_ascii_lowercase() || first == '-', "{text:?} says more than is understood here");
            steps.push(Step::Literal(first));
            rest = &rest[1..];
        }
    }
    steps
}

#[test]
fn a_pattern_matches_what_it_says() {
    let every_spelling = Pattern::whole("x[^a-z0-9]herald[^a-z0-9].*");
    for name in ["x-herald-subject", "x_herald_subject", "x.herald~", "x-herald-"] {
        assert!(every_spelling.matches(name), "{name}");
    }
    for name in ["x-herald", "xherald-subject", "xaherald-subject", "y-x-herald-subject", "x-heralds-a", ""] {
        assert!(!every_spelling.matches(name), "{name}");
    }
    assert!(Pattern::beginning("(?i)^x[^a-z0-9]herald[^a-z0-9]").matches("x-herald-name"));
    assert!(
        Pattern::whole("accept").matches("accept") && !Pattern::whole("accept").matches("accept-language")
    );
    assert!(Pattern::beginning("sec-fetch-").matches("sec-fetch-mode"));
}
