//! Configurations that are refused, each with a word for the operator.

use herald_authara::{OpenError, Verify};
use url::Url;

use crate::harness::Fixture;

fn local(keys: Vec<(&str, Vec<u8>)>) -> Verify {
    Verify::Local {
        issuer: "authara".to_owned(),
        audience: "app".to_owned(),
        keys: keys.into_iter().map(|(kid, secret)| (kid.to_owned(), secret.into())).collect(),
    }
}

#[tokio::test]
async fn local_keys_are_there_long_enough_and_named_once() {
    let fixture = Fixture::remote().await;
    let open = |verify| {
        let mut config = fixture.config();
        config.verify = verify;
        fixture.open(config)
    };
    assert!(open(local(vec![("a", vec![1; 32]), ("b", vec![2; 32])])).is_ok());
    assert!(matches!(open(local(vec![])), Err(OpenError::NoKeys)));
    let short = open(local(vec![("a", vec![1; 31])])).unwrap_err();
    assert!(matches!(&short, OpenError::Key { kid, .. } if kid == "a"), "{short}");
    let twice = open(local(vec![("a", vec![1; 32]), ("a", vec![2; 32])])).unwrap_err();
    assert!(matches!(twice, OpenError::RepeatedKey(kid) if kid == "a"));
}

#[tokio::test]
async fn a_browser_address_without_an_origin_is_refused() {
    let fixture = Fixture::remote().await;
    let mut config = fixture.config();
    config.browser_url = Url::parse("file:///herald").unwrap();
    assert!(matches!(fixture.open(config), Err(OpenError::BrowserUrl)));
}

#[tokio::test]
async fn the_origin_is_written_without_a_usual_port_and_without_the_prefix() {
    let fixture = Fixture::remote().await;
    let account = |browser_url: &str| {
        let mut config = fixture.config();
        config.browser_url = Url::parse(browser_url).unwrap();
        config.account().unwrap().account
    };
    assert_eq!(account("https://app.acme.example/herald"), "https://app.acme.example");
    assert_eq!(account("https://APP.acme.example:443"), "https://app.acme.example");
    assert_eq!(account("http://localhost:9100/herald/"), "http://localhost:9100");
}

#[tokio::test]
async fn neither_configuration_nor_ports_show_a_key() {
    let fixture = Fixture::local().await;
    let mut config = fixture.config();
    config.verify = local(vec![("a", b"0123456789abcdef0123456789abcdef".to_vec())]);
    let shown = format!("{config:?} {:?}", fixture.open(config.clone()).unwrap());
    assert!(!shown.contains("48, 49, 50") && !shown.contains("0123456789"), "{shown}");
}
