//! The page that a person wants to see at a site, chosen by somebody else: no `Location` ever leaves the site.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use herald_core::id::LoginId;
use herald_sandbox::Decision;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::proxy::own_page;
use crate::{
    hostile,
    pages::world::{WIKI, World},
};

/// Where a browser goes that is told so by this page.
fn goes(from: &str, location: &str) -> Url {
    Url::parse(from)
        .and_then(|from| from.join(location))
        .unwrap_or_else(|error| panic!("{location:?}: {error}"))
}

/// Is it on the site itself, as a browser reads it?
fn is_at_home(url: &Url) -> bool {
    url.origin().ascii_serialization() == WIKI && url.username().is_empty() && url.password().is_none()
}

/// Begins a login for this page, and gives the login's own page and the path at which it will end.
async fn start(world: &World, rd: &str) -> (Url, String) {
    let start = own_page(WIKI, &format!("/start?rd={}", utf8_percent_encode(rd, NON_ALPHANUMERIC)));
    let answer = world.browser().get(&start).await;
    assert_eq!(answer.status, 303, "{rd:?}: {answer:?}");
    let hosted = goes(&start, answer.location().expect("the way to the login"));
    assert!(is_at_home(&hosted), "{rd:?} leads to {hosted}");
    let id = hosted.path().rsplit('/').next().and_then(|id| LoginId::parse(id).ok()).expect("a login");
    let login = world.herald.logins().find_by_id(id).await.expect("the store").expect("the login");
    (hosted, login.terms.site.as_ref().expect("a site's login").path.clone())
}

#[tokio::test]
async fn of_a_thousand_hostile_pages_none_leads_off_the_site_raw_or_unescaped() {
    let world = World::start().await;
    let corpus = hostile::addresses(&format!("{WIKI}/page"));
    let begun = stream::iter(&corpus).map(|rd| start(&world, rd)).buffer_unordered(16);
    // One login for each path that a browser would be sent to in the end. Most come to nothing.
    let paths: BTreeMap<String, Url> = begun.map(|(hosted, path)| (path, hosted)).collect().await;
    assert!(paths.contains_key("/") && paths.len() > 10, "{paths:?}");

    // What is left is a path of the site, however odd: its person really ends there.
    let mut ends = stream::iter(&paths)
        .map(|(path, hosted)| {
            let (world, browser) = (&world, world.browser());
            async move {
                let end = browser.follow(hosted.as_str()).await;
                let callback =
                    world.sandbox.control().antara().authorize(end.url.as_str(), &Decision::default());
                let callback = callback.expect("a consent page").expect("a way back");
                let last = browser.get(callback.as_str()).await;
                (path, goes(callback.as_str(), last.location().expect("the way to the page")))
            }
        })
        .buffer_unordered(16);
    while let Some((path, end)) = ends.next().await {
        assert!(is_at_home(&end), "{path:?} leads to {end}");
        assert_eq!(end.as_str(), format!("{WIKI}{path}"));
    }
}
