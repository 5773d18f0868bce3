//! Which of Antirius' links are shown: they are somebody else's text that a person will click.

use std::collections::BTreeMap;

use herald_core::provider::{ApproveLink, Manual};
use serde_json::Value;
use url::Url;

const LONGEST: usize = 2048;

/// The links that may be shown, in display order, then those that the order leaves out. What is no link to an allowed host is
/// dropped.
pub(crate) fn shown(
    links: &BTreeMap<String, Value>,
    display_order: &[&str],
    allowed: &[String],
) -> Vec<ApproveLink> {
    let mut names: Vec<&str> = Vec::new();
    for name in display_order.iter().copied().chain(links.keys().map(String::as_str)) {
        if links.contains_key(name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().filter_map(|name| shown_one(name, links.get(name)?, allowed)).collect()
}

fn shown_one(platform: &str, link: &Value, allowed: &[String]) -> Option<ApproveLink> {
    // A messenger that is not offered may also be there as null.
    let url = link.as_str()?;
    let url = Url::parse(url).ok().filter(|parsed| url.len() <= LONGEST && is_allowed(parsed, allowed));
    let (Some(url), true) = (url, is_word(platform)) else {
        tracing::warn!(provider = "antirius", "a link was dropped: it leads to no host of link_hosts");
        return None;
    };
    let manual = manual(platform, &url);
    Some(ApproveLink { platform: platform.to_owned(), url, manual })
}

fn is_word(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

/// https on its usual port at an allowed host, or http(s) at an allowed `host:port`.
fn is_allowed(url: &Url, allowed: &[String]) -> bool {
    if !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    let Some(host) = url.host_str() else { return false };
    let is_listed = |place: &str| allowed.iter().any(|known| known.eq_ignore_ascii_case(place));
    match (url.scheme(), url.port()) {
        ("https", None) => is_listed(host),
        ("https" | "http", Some(port)) => is_listed(&format!("{host}:{port}")),
        _ => false,
    }
}

/// What to send to the bot by hand, because Telegram drops the start parameter for a bot that the person already knows.
fn manual(platform: &str, url: &Url) -> Option<Manual> {
    if platform != "telegram" || url.host_str() != Some("t.me") {
        return None;
    }
    let is_plain = |text: &str, longest: usize| {
        (1..=longest).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let bot = url.path().strip_prefix('/').filter(|bot| is_plain(bot, 64))?;
    let (_, parameter) = url.query_pairs().find(|(name, _)| name == "start")?;
    is_plain(&parameter, 128).then(|| Manual { to: format!("@{bot}"), text: format!("/start {parameter}") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn show(links: &Value, order: &[&str], allowed: &[&str]) -> Vec<ApproveLink> {
        let links = serde_json::from_value(links.clone()).unwrap();
        let allowed: Vec<_> = allowed.iter().map(|&host| host.to_owned()).collect();
        shown(&links, order, &allowed)
    }

    fn platforms(links: &[ApproveLink]) -> Vec<&str> {
        links.iter().map(|link| link.platform.as_str()).collect()
    }

    const HOSTS: [&str; 3] = ["t.me", "max.ru", "wa.me"];

    #[test]
    fn links_come_in_display_order_and_the_rest_after_them() {
        let links = json!({ "whatsapp": "https://wa.me/7?text=x", "max": "https://max.ru/b?start=x", "telegram": "https://t.me/b?start=x" });
        let order = ["telegram", "unknown", "whatsapp", "telegram"];
        assert_eq!(platforms(&show(&links, &order, &HOSTS)), ["telegram", "whatsapp", "max"]);
    }

    #[test]
    fn a_link_to_elsewhere_is_dropped() {
        for bad in [
            json!("javascript:alert(1)"),
            json!("data:text/html,x"),
            json!("tg://resolve?domain=b"),
            json!("http://t.me/b"),
            json!("https://t.me:444/b"),
            json!("https://t.me.evil.example/b"),
            json!("https://evil.example/t.me"),
            json!("https://user@t.me/b"),
            json!("https://t.me@evil.example/"),
            json!("//t.me/b"),
            json!("https://t.me./b"),
            json!(format!("https://t.me/{}", "x".repeat(3000))),
            json!(null),
            json!(7),
            json!(""),
        ] {
            let links = json!({ "telegram": bad, "max": "https://max.ru/b" });
            assert_eq!(platforms(&show(&links, &["telegram"], &HOSTS)), ["max"], "{bad}");
        }
        assert!(show(&json!({ "<b>": "https://t.me/b" }), &[], &HOSTS).is_empty());
    }

    #[test]
    fn development_may_name_a_host_and_port() {
        let links = json!({ "telegram": "http://127.0.0.1:9100/messenger/x" });
        assert_eq!(show(&links, &[], &["127.0.0.1:9100"]).len(), 1);
        assert!(show(&links, &[], &["127.0.0.1", "127.0.0.1:9101"]).is_empty());
    }

    #[test]
    fn telegram_can_be_used_by_hand() {
        let manual = |url: &str| {
            let manual = show(&json!({ "telegram": url }), &[], &HOSTS).remove(0).manual;
            manual.map(|Manual { to, text }| (to, text))
        };
        let expected = ("@ShopBot".to_owned(), "/start 683f".to_owned());
        assert_eq!(manual("https://t.me/ShopBot?start=683f"), Some(expected));
        for other in [
            "https://t.me/ShopBot",
            "https://t.me/a/b?start=1",
            "https://t.me/ShopBot?start=a%20b",
            "https://max.ru/b?start=1",
        ] {
            assert_eq!(manual(other), None, "{other}");
        }
    }
}
