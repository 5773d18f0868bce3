//! A newcomer clicks through the demo shop in a real browser, with what `make run` starts.

use crate::{
    demo::Demo,
    webdriver::{Chromium, WebDriver},
};

impl Demo {
    fn shop(&self) -> String {
        format!("http://{}/shop/", self.sandbox)
    }

    /// Clicks on a tenant's button in the shop.
    async fn sign_in_with(&self, browser: &Chromium, tenant: &str) {
        browser.open(&self.shop()).await;
        browser.shows("h1", &["Who are you?"]).await;
        browser.click(&format!("form:has(input[value={tenant}]) button")).await;
    }

    /// The shop knows who it is; then the person sends themselves a message, and signs out.
    async fn signed_in(&self, browser: &Chromium, identity: &[&str], outcome: &str) {
        browser.shows("h1", &["Hello"]).await;
        assert_eq!(browser.address().await, self.shop(), "code and login id are gone from the address");
        browser.shows("main", identity).await;
        browser.click("form[action='/shop/message'] button").await;
        browser.shows("[role=status]", &[outcome]).await;
        browser.click("form[action='/shop/sign-out'] button").await;
        browser.shows("h1", &["Who are you?"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_the_shop_through_antara_and_is_sent_a_message() {
    let (demo, driver) = (Demo::start(), WebDriver::start());
    let browser = driver.browser().await;
    demo.sign_in_with(&browser, "demo-antara").await;
    browser.shows("h1", &["asks who you are"]).await;
    browser.click("button[value=approve]").await;
    demo.signed_in(&browser, &["sub_", "antara", "main"], "Your message is on its way.").await;

    demo.sign_in_with(&browser, "demo-antara").await;
    browser.click("button[value=refuse]").await;
    browser.shows("main", &["You said no. Nobody was signed in."]).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_the_shop_through_antirius_while_the_page_moves_on_by_itself() {
    let (demo, driver) = (Demo::start(), WebDriver::start());
    let browser = driver.browser().await;
    demo.sign_in_with(&browser, "demo-antirius").await;
    browser.shows("h1", &["Sign in"]).await;
    browser.shows("[role=status]", &["Waiting for you to confirm"]).await;
    let hosted = browser.address().await;

    // Whoever was sent the address sees neither links nor codes.
    let other = driver.browser().await;
    other.open(&hosted).await;
    let page = other.shows("h1", &["This sign-in belongs to another browser"]).await;
    assert_eq!(other.status().await, 403, "{page}");
    other.quit().await;

    // The messenger opens in a window of its own, and the page behind it notices.
    browser.click("section a.button").await;
    browser.to_window(2).await;
    browser.shows("h1", &["is it you who is signing in?"]).await;
    browser.click("button[value=confirm]").await;
    browser.shows("h1", &["Confirmed"]).await;
    browser.close_window().await;
    let identity = ["sub_", "antirius", "Ivan Petrov", "+79001234567", "telegram"];
    demo.signed_in(&browser, &identity, "Your message is on its way.").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_the_shop_through_authara_and_is_told_that_it_carries_no_messages() {
    let (demo, driver) = (Demo::start(), WebDriver::start());
    let browser = driver.browser().await;
    demo.sign_in_with(&browser, "demo-authara").await;
    browser.write("input[name=email]", "anna@demo.example").await;
    browser.write("input[name=password]", "not-her-password").await;
    browser.click("form button").await;
    let alert = browser.shows("[role=alert]", &[]).await;
    assert!(!alert.is_empty(), "a wrong password is told");
    browser.write("input[name=email]", "anna@demo.example").await;
    browser.write("input[name=password]", "sandbox-password").await;
    browser.click("form button").await;
    let outcome = "This provider signs people in but carries no messages.";
    demo.signed_in(&browser, &["sub_", "authara", "anna@demo.example"], outcome).await;
    browser.quit().await;
}
