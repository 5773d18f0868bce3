//! Logins as callers see them.

use herald_core::{
    clock::SystemEntropy,
    id::{ConnectionId, LoginId, SessionId, SubjectId, TenantId},
    identity::{Attributes, Identity, Profile},
    login::{Confirmation, Ending, FailureCode, Grant, Handed, LoginClient, LoginTerms},
    provider::{ApproveLink, Manual, Memo, ProviderAccount, ProviderName, Step},
    return_url::ReturnUrl,
    secret::{ClaimSecret, LoginCode, UrlToken},
    session::SiteSecret,
    text::Reference,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::views::{IdentityView, StartedLogin};

const AT: &str = "2026-01-02T03:04:05.678901Z";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn account() -> ProviderAccount {
    ProviderAccount { provider: ProviderName::ANTIRIUS, account: "app".to_owned() }
}

fn login(step: Step, return_url: Option<&str>) -> Login {
    let terms = LoginTerms {
        id: LoginId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        connection: ConnectionId::parse("main").unwrap(),
        account: account(),
        is_polled: true,
        browser_url: "https://login.example/x".to_owned(),
        return_url: return_url.map(|url| ReturnUrl::parse(url, false).unwrap()),
        site: None,
        reference: Some(Reference::parse("cart-4711").unwrap()),
        locale: None,
        client: LoginClient::default(),
        claim_secret: ClaimSecret::generate(&SystemEntropy).digest(),
        qr_token: UrlToken::generate(&SystemEntropy),
        step,
        created_at: at(),
        provider_expires_at: at(),
    };
    Login::start(terms, Memo::new("memo".to_owned()), at())
}

fn redirect() -> Step {
    Step::Redirect { url: "https://provider.example/authorize?state=secret".parse().unwrap() }
}

fn approve() -> Step {
    let manual = Manual { to: "@ShopBot".to_owned(), text: "/start abc".to_owned() };
    Step::Approve {
        links: vec![
            ApproveLink {
                platform: "telegram".to_owned(),
                url: "https://t.me/ShopBot?start=abc".parse().unwrap(),
                manual: Some(manual),
            },
            ApproveLink {
                platform: "max".to_owned(),
                url: "https://max.ru/shop?start=abc".parse().unwrap(),
                manual: None,
            },
        ],
        poll_after_seconds: 2,
    }
}

fn confirmation() -> Box<Confirmation> {
    let profile = Profile {
        user_key: "683f".to_owned(),
        name: Some("Ivan Petrov".to_owned()),
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: None,
        phone_number: None,
        amr: vec!["oob".to_owned()],
        authenticated_at: at(),
        attributes: Attributes::default(),
    };
    let connection = ConnectionId::parse("main").unwrap();
    Box::new(Confirmation {
        identity: Identity { account: account(), connection, profile },
        code: LoginCode::generate(&SystemEntropy),
        confirmed_at: at(),
    })
}

fn shown(login: &Login) -> Value {
    serde_json::to_value(LoginView::of(login)).unwrap()
}

const ID: &str = "log_00000000000000000000000001";

#[test]
fn a_redirect_leads_to_our_own_start_and_never_to_the_provider() {
    let login = login(redirect(), Some("https://shop.acme.example/in"));
    assert_eq!(
        shown(&login),
        json!({
            "id": ID,
            "status": "pending",
            "provider": "antirius",
            "connection": "main",
            "next": { "type": "redirect", "url": format!("https://login.example/x/login/{ID}/start") },
            "hosted_url": format!("https://login.example/x/login/{ID}"),
            "reference": "cart-4711",
            "return_url": "https://shop.acme.example/in",
            "created_at": "2026-01-02T03:04:05.678Z",
            "expires_at": "2026-01-02T03:04:05.678Z",
        })
    );
}

#[test]
fn links_come_in_order_with_their_qr_codes() {
    let login = login(approve(), None);
    let token = login.terms.qr_token.expose();
    assert_eq!(
        shown(&login)["next"],
        json!({
            "type": "approve",
            "poll_after_seconds": 2,
            "links": [
                { "platform": "telegram", "url": "https://t.me/ShopBot?start=abc",
                  "qr_svg_url": format!("https://login.example/x/qr/{token}-telegram.svg"),
                  "manual": { "to": "@ShopBot", "text": "/start abc" } },
                { "platform": "max", "url": "https://max.ru/shop?start=abc",
                  "qr_svg_url": format!("https://login.example/x/qr/{token}-max.svg") },
            ],
        })
    );
}

#[test]
fn a_confirmed_login_leads_to_the_hosted_page_for_its_code_or_is_done() {
    let mut login = login(approve(), Some("https://shop.acme.example/in"));
    login.phase = Phase::Confirmed(confirmation());
    let view = shown(&login);
    assert_eq!(view["status"], "confirmed");
    assert_eq!(
        view["next"],
        json!({ "type": "redirect", "url": format!("https://login.example/x/login/{ID}") })
    );
    assert_eq!(view["confirmed_at"], "2026-01-02T03:04:05.678Z");
    login.terms.return_url = None;
    assert_eq!(shown(&login)["next"], json!({ "type": "done", "at": "2026-01-02T03:04:05.678Z" }));
}

#[test]
fn a_claimed_login_names_its_subject_and_its_session() {
    let mut login = login(redirect(), None);
    let (subject, session) = (SubjectId::from_u128(2), SessionId::from_u128(3));
    let handed = Handed::Cookie { secret: SiteSecret::generate(session, &SystemEntropy), ends_at: at() };
    let grant = Some(Box::new(Grant { session, handed }));
    login.phase = Phase::Claimed { confirmation: confirmation(), subject, grant, claimed_at: at() };
    let view = shown(&login);
    assert_eq!((&view["status"], &view["subject"]), (&json!("claimed"), &json!(subject.to_string())));
    assert_eq!(view["session_id"], session.to_string());
    assert_eq!(view["claimed_at"], "2026-01-02T03:04:05.678Z");
    assert_eq!(view["next"]["type"], "done");
    // An older release claimed it.
    login.phase = Phase::Claimed { confirmation: confirmation(), subject, grant: None, claimed_at: at() };
    assert!(shown(&login).get("session_id").is_none());
}

#[test]
fn a_failed_login_says_why_and_an_ended_one_does_not() {
    let mut login = login(redirect(), None);
    let ended = |ending| Phase::Ended { ending, ended_at: at(), leftover: None };
    login.phase = ended(Ending::Failed(FailureCode::LoginLost));
    let view = shown(&login);
    assert_eq!((&view["status"], &view["failure"]["code"]), (&json!("failed"), &json!("login_lost")));
    assert!(view["failure"]["message"].is_string());
    login.phase = ended(Ending::Denied);
    let view = shown(&login);
    assert_eq!(view["status"], "denied");
    assert!(view.get("failure").is_none());
}

#[test]
fn the_secret_is_in_the_first_answer_and_the_rest_is_the_same() {
    let login = login(redirect(), None);
    let secret = ClaimSecret::generate(&SystemEntropy);
    let mut started = serde_json::to_value(StartedLogin::new(&login, &secret)).unwrap();
    let claim_secret = started.as_object_mut().unwrap().remove("claim_secret");
    assert_eq!(claim_secret, Some(json!(secret.expose())));
    assert_eq!(started, shown(&login));
}

#[test]
fn an_identity_has_no_empty_members() {
    let view = serde_json::to_value(IdentityView::of(&confirmation().identity)).unwrap();
    assert_eq!(
        view,
        json!({
            "provider": "antirius",
            "connection": "main",
            "provider_user_id": "683f",
            "name": "Ivan Petrov",
            "amr": ["oob"],
            "authenticated_at": "2026-01-02T03:04:05.678Z",
            "attributes": {},
        })
    );
}
