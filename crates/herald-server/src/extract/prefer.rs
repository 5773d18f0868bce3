//! `Prefer: wait=25` (RFC 7240).

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
};
use jiff::SignedDuration;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The longest wait, in seconds.
const LONGEST: u32 = 60;

/// How long a caller wants to wait: 1 to 60 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(u32);

impl Wait {
    /// The wait that the request asks for. More than 60 s is 60 s; what is below 1 or no number is ignored, as RFC 7240
    /// asks of preferences that are not understood. Of several the first counts.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request
            .headers()
            .get_all(PREFER)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(wait_member)
            .and_then(parse)
    }

    /// How long.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.0))
    }
}

/// The value of a preference that is `wait`; its own parameters (after `;`) mean nothing to us.
fn wait_member(preference: &str) -> Option<&str> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"'))
}

fn parse(value: &str) -> Option<Wait> {
    if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Only digits: what does not fit is more than 60.
    let seconds = value.parse::<u32>().unwrap_or(u32::MAX).min(LONGEST);
    (seconds >= 1).then_some(Wait(seconds))
}

/// The answer, saying that it was waited for.
#[must_use]
pub fn applied(mut response: HttpResponse, wait: Option<Wait>) -> HttpResponse {
    if let Some(value) = wait.and_then(|Wait(seconds)| HeaderValue::try_from(format!("wait={seconds}")).ok())
    {
        response.headers_mut().insert(PREFERENCE_APPLIED, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn wait(values: &[&str]) -> Option<u32> {
        let mut request = TestRequest::default();
        for value in values {
            request = request.append_header((PREFER, *value));
        }
        Wait::of(&request.to_http_request()).map(|Wait(seconds)| seconds)
    }

    #[test]
    fn a_wait_is_cut_to_sixty_and_nonsense_is_ignored() {
        for (value, seconds) in [
            ("wait=25", Some(25)),
            ("WAIT = 25", Some(25)),
            ("respond-async, wait=10; x=y", Some(10)),
            ("wait=\"7\"", Some(7)),
            ("wait=61", Some(60)),
            ("wait=1000000000", Some(60)),
            ("wait=99999999999999999999999", Some(60)),
            ("wait=0", None),
            ("wait=-1", None),
            ("wait=abc", None),
            ("wait=1e9", None),
            ("wait=2.5", None),
            ("wait=", None),
            ("wait", None),
            ("await=5", None),
        ] {
            assert_eq!(wait(&[value]), seconds, "{value}");
        }
        assert_eq!(wait(&["respond-async", "wait=5", "wait=9"]), Some(5));
        assert_eq!(wait(&[]), None);
    }
}
