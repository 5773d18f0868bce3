//! The page of a login in a real browser, while there is trouble between it and Herald.

use herald_testkit::peer::{Act, Peer, answer};

use crate::{
    relay::{Relay, address},
    stack::{Stack, free_ports},
    webdriver::WebDriver,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_stays_while_a_proxy_finds_no_herald_and_goes_on_by_itself_after_that() {
    let [port] = free_ports();
    let outside = format!("http://127.0.0.1:{port}");
    let stack = Stack::start_with(|config| reached_at(&config, &outside)).await;
    let proxy = Relay::start(port, &[address(&stack.url)]).await;
    let headers = "content-type: text/html\r\nconnection: close\r\n";
    let nobody = Peer::start(Act::Say(answer("502 Bad Gateway", headers, "<h1>502 Bad Gateway</h1>"))).await;
    let driver = WebDriver::start();
    let browser = driver.browser().await;

    let login = stack.caller("antirius").start_login(&stack.return_url()).await;
    browser.open(login["hosted_url"].as_str().expect("a login has a hosted page")).await;
    browser.shows("[role=status]", &["Waiting for you to confirm"]).await;
    proxy.lead_to(&[address(&nobody.origin())]);
    proxy.break_all();
    browser.shows("[role=status]", &["Connection lost"]).await;
    // The stream was asked for, and then whether there is anything to go on with. There is not, so the page is still there.
    nobody.has_read(2).await;
    assert!(nobody.requests()[1].starts_with("HEAD "), "{:?}", nobody.requests());
    browser.shows("h1", &["Sign in"]).await;

    proxy.lead_to(&[address(&stack.url)]);
    browser.shows("[role=status]", &["Waiting for you to confirm"]).await;
    browser.quit().await;
}

/// The configuration of a Herald that is reached from outside at this address.
fn reached_at(config: &str, outside: &str) -> String {
    let line =
        config.lines().find(|line| line.starts_with("public_url = ")).expect("the address is configured");
    config.replacen(line, &format!("public_url = \"{outside}\""), 1)
}
