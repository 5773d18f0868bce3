//! Where a person may be sent back to on a site.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::tenant::Site;

/// The longest path that is kept.
const LONGEST: usize = 2048;

/// The path and query that `rd` names on the site, or `/` for whatever is not surely one of its pages: it begins with one
/// slash, has no backslash, white space, control character or fragment, and does not lie below the site's own prefix.
pub fn local_path(site: &Site, rd: &str) -> String {
    checked(site, rd).unwrap_or_else(|| "/".to_owned())
}

fn checked(site: &Site, rd: &str) -> Option<String> {
    let is_plain = rd.len() <= LONGEST
        && rd.starts_with('/')
        && !rd.starts_with("//")
        && rd.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
    if !is_plain {
        return None;
    }
    let origin = Url::parse(site.origin.as_str()).ok()?;
    let url = origin.join(rd).ok()?;
    if url.origin() != origin.origin() {
        return None;
    }
    // Dot segments are resolved by now, and by every browser: what is left may begin with two slashes again.
    let path = url.path();
    if path.starts_with("//") || is_below(path, site.prefix()) {
        return None;
    }
    Some(match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

/// Does a proxy see this path below the prefix? It compares what it has decoded, and some merge slashes. A path that decodes to
/// dot segments counts as below: who knows where it leads.
fn is_below(path: &str, prefix: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let mut segments = decoded.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty());
    if segments.clone().any(|segment| segment == b"." || segment == b"..") {
        return true;
    }
    let mut wanted = prefix.split('/').filter(|segment| !segment.is_empty()).peekable();
    wanted.peek().is_some() && wanted.all(|wanted| segments.next() == Some(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use herald_core::session::SiteOrigin;

    use super::*;

    fn path(rd: &str) -> String {
        let url = "https://app.acme.example/.herald";
        let origin = SiteOrigin::of(&url.parse().unwrap()).unwrap();
        let site = Site { origin, url: url.to_owned(), connection: None, identity_headers: vec![] };
        local_path(&site, rd)
    }

    #[test]
    fn a_page_of_the_site_is_kept_with_its_query() {
        for good in [
            "/",
            "/a",
            "/a/b?c=d&e=/f",
            "/a%2Fb",
            "/.heraldry",
            "/a?next=https://evil.example",
            "/a//b",
            "/%ff",
            "/a/%2Eb",
        ] {
            assert_eq!(path(good), good);
        }
        assert_eq!(path("/a/../b?x"), "/b?x");
    }

    #[test]
    fn whatever_could_lead_elsewhere_leads_to_the_front_page() {
        let long = format!("/{}", "a".repeat(2048));
        for bad in [
            "",
            "a",
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\/evil.example/",
            "/a/..//evil.example/",
            "/.//evil.example/",
            "/%09/\tevil",
            "/a b",
            "/a\r\nX: y",
            "/é",
            "/a#b",
            "javascript:alert(1)",
            "/.herald",
            "/.herald/logout",
            "/a/../.herald/logout",
            "/%2e/%2e/.herald/logout/../logout",
            "/%2Eherald/start",
            "/.%68erald/start",
            "/%2F.herald/start",
            "/a/..%2F.herald/start",
            "//.herald",
            &long,
        ] {
            assert_eq!(path(bad), "/", "{bad:?}");
        }
    }
}
