//! The session cookie of a site.

use std::borrow::Cow;

use actix_web::http::header::{COOKIE, HeaderMap};
use herald_core::session::{SiteOrigin, SiteSecret};
use memchr::memchr_iter;

/// What a request says about the cookie of its site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// It has none.
    Nothing,
    /// It has this one, good or not, and maybe no text.
    One(&'a [u8]),
    /// It has several: somebody else may have set one of them, so none counts.
    Several,
}

/// The cookie's name. Browsers take `__Host-` cookies over https only; over plain http (development) it goes without.
pub fn name(origin: &SiteOrigin) -> &'static str {
    if origin.is_secure() { "__Host-herald_session" } else { "herald_session" }
}

/// What a request says about the cookie of this site.
pub fn presented<'a>(headers: &'a HeaderMap, origin: &SiteOrigin) -> Presented<'a> {
    let wanted = name(origin).as_bytes();
    let mut found = Presented::Nothing;
    for line in headers.get_all(COOKIE) {
        for pair in pairs(line.as_bytes()) {
            let Some(after_name) = pair.trim_ascii_start().strip_prefix(wanted) else { continue };
            let Some(value) = after_name.trim_ascii_start().strip_prefix(b"=") else { continue };
            if found != Presented::Nothing {
                return Presented::Several;
            }
            found = Presented::One(value.trim_ascii());
        }
    }
    found
}

/// What stands between the semicolons of a line.
fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut begin = 0;
    memchr_iter(b';', line).chain([line.len()]).map(move |end| {
        let pair = &line[begin..end];
        begin = end + 1;
        pair
    })
}

/// All cookies of a request, as one header would have them. What is no text reads as something that is nobody's.
pub fn all(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let text =
        |bytes| std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    let mut lines = headers.get_all(COOKIE).map(|line| text(line.as_bytes()));
    let first = lines.next()?;
    Some(lines.fold(first, |joined, line| Cow::Owned(format!("{joined}; {line}"))))
}

/// The `Set-Cookie` header that gives a browser this cookie, for as long as its session can last.
pub fn set(origin: &SiteOrigin, secret: &SiteSecret, max_age_seconds: i64) -> String {
    line(origin, secret.expose(), max_age_seconds)
}

/// The `Set-Cookie` header that takes it away.
pub fn clear(origin: &SiteOrigin) -> String {
    line(origin, "", 0)
}

fn line(origin: &SiteOrigin, value: &str, max_age_seconds: i64) -> String {
    let name = name(origin);
    let secure = if origin.is_secure() { "; Secure" } else { "" };
    format!("{name}={value}; Max-Age={max_age_seconds}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn origin(url: &str) -> SiteOrigin {
        SiteOrigin::of(&url.parse().unwrap()).unwrap()
    }

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn the_cookie_counts_if_it_comes_once() {
        let secure = origin("https://app.example");
        let cases: [(&[&[u8]], Presented<'_>); 9] = [
            (&[], Presented::Nothing),
            (&[b"a=1; __Host-herald_session=x=y ;b=2"], Presented::One(b"x=y")),
            (&[b"a=1", b"__Host-herald_session=x"], Presented::One(b"x")),
            (&[b"__Host-herald_session="], Presented::One(b"")),
            (&[b"__Host-herald_session=x; __Host-herald_session=x"], Presented::Several),
            (&[b"__Host-herald_session=x", b"__Host-herald_session=\xff"], Presented::Several),
            (&[b"__Host-herald_session=\xff"], Presented::One(b"\xff")),
            (&[b"__host-herald_session=x; herald_session=x; x__Host-herald_session=x"], Presented::Nothing),
            (&[b"__Host-herald_session"], Presented::Nothing),
        ];
        for (lines, expected) in cases {
            assert_eq!(presented(&headers(lines), &secure), expected, "{lines:?}");
        }
        let plain = origin("http://app.example");
        let both: &[&[u8]] = &[b"__Host-herald_session=a; herald_session=b"];
        assert_eq!(presented(&headers(both), &plain), Presented::One(b"b"));
    }

    #[test]
    fn several_headers_are_one() {
        assert_eq!(all(&headers(&[])), None);
        assert_eq!(all(&headers(&[b"a=1; b=2"])).as_deref(), Some("a=1; b=2"));
        assert_eq!(all(&headers(&[b"a=1", b"b=\xff", b"c=3"])).as_deref(), Some("a=1; b=\u{fffd}; c=3"));
    }

    #[test]
    fn the_cookie_belongs_to_its_host_alone_and_is_out_of_reach_of_scripts() {
        assert_eq!(
            clear(&origin("https://app.example")),
            "__Host-herald_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            line(&origin("http://app.example"), "x", 60),
            "herald_session=x; Max-Age=60; Path=/; HttpOnly; SameSite=Lax"
        );
    }
}
