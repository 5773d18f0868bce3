//! A person with a real browser, which has rules of its own: what it takes for a `__Host-` cookie, which page may send a form
//! where, and what it says of a request in `Sec-Fetch`.

use serde_json::json;

use super::{Front, Kind};
use crate::webdriver::WebDriver;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_a_real_browser_signs_in_at_a_page_and_out_again() {
    let (front, driver) = (Front::start(Kind::Nginx, &["antirius"]).await, WebDriver::start());
    let here = ["--ignore-certificate-errors", "--host-resolver-rules=MAP *.example 127.0.0.1"];
    let browser = driver.browser_with(&here).await;
    let origin = front.origin("antirius");
    let home = format!("{origin}/home?tab=1");

    browser.open(&home).await;
    browser.shows("[role=status]", &["Waiting for you to confirm"]).await;
    front.stack.tell("antirius/sessions/latest/confirm", json!({})).await;
    // The page moves on by itself.
    browser.shows("h1", &["At home"]).await;
    assert_eq!(browser.address().await, home);
    browser.shows("pre", &["X-Herald-Subject", "sub_", "Ivan%20Petrov"]).await;

    browser.click("form button").await;
    browser.shows("h1", &["You are signed out"]).await;
    assert_eq!(browser.address().await, format!("{origin}/.herald/signed-out"));
    browser.open(&home).await;
    browser.shows("[role=status]", &["Waiting for you to confirm"]).await;

    // The button of the page leads to the login as well.
    browser.open(&format!("{origin}/.herald/signed-out")).await;
    browser.click("main a").await;
    browser.shows("[role=status]", &["Waiting for you to confirm"]).await;
    browser.quit().await;
}
