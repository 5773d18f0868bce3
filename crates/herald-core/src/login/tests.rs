//! The login's moves: the legal ones lead where they should, the others are refused.

use url::Url;

use super::*;
use crate::{
    clock::SystemEntropy,
    id::SessionId,
    identity::{Attributes, Identity, Profile},
    provider::{Answer, ApproveLink, ProviderName},
    secret::{ClaimSecret, LoginCode},
};

const NOW: Timestamp = Timestamp::constant(1_000_000, 0);

fn at(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

fn memo(text: &str) -> Memo {
    Memo::new(text.to_owned())
}

fn account() -> ProviderAccount {
    ProviderAccount { provider: ProviderName::ANTIRIUS, account: "683f1a2b3c4d5e6f70819a2b".to_owned() }
}

fn waiting(is_polled: bool) -> Login {
    let url = Url::parse("https://t.me/Bot?start=683f1a2b3c4d").unwrap();
    let links = vec![ApproveLink { platform: "telegram".to_owned(), url, manual: None }];
    let terms = LoginTerms {
        id: LoginId::generate(&SystemEntropy),
        tenant: TenantId::parse("acme").unwrap(),
        connection: ConnectionId::parse("main").unwrap(),
        account: account(),
        is_polled,
        browser_url: "https://login.example".to_owned(),
        return_url: None,
        site: None,
        reference: None,
        locale: None,
        client: LoginClient::default(),
        claim_secret: ClaimSecret::generate(&SystemEntropy).digest(),
        qr_token: UrlToken::generate(&SystemEntropy),
        step: Step::Approve { links, poll_after_seconds: 2 },
        created_at: NOW,
        provider_expires_at: at(300),
    };
    Login::start(terms, memo("m0"), at(120))
}

fn grant() -> Grant {
    let tokens = SessionTokens {
        access_token: "eyJ".to_owned(),
        expires_in_seconds: 600,
        refresh_token: "hrt_".to_owned(),
    };
    Grant { session: SessionId::from_u128(9), handed: Handed::Tokens(tokens) }
}

fn claim(attempt: u32) -> RedeemClaim {
    RedeemClaim { owner: "a".to_owned(), deadline: at(20), attempt }
}

fn redeeming() -> Login {
    waiting(true).start_redeeming(memo("m1"), claim(1)).unwrap()
}

fn confirmed() -> Login {
    let profile = Profile {
        user_key: "507f1f77bcf86cd799439011".to_owned(),
        name: None,
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: None,
        phone_number: None,
        amr: vec![],
        authenticated_at: NOW,
        attributes: Attributes::default(),
    };
    let identity = Identity { account: account(), connection: ConnectionId::parse("main").unwrap(), profile };
    let code = LoginCode::generate(&SystemEntropy);
    let answered = redeeming().answered(Answer::new("{}".to_owned())).unwrap();
    answered.confirm(Confirmation { identity, code, confirmed_at: at(10) }).unwrap()
}

#[test]
fn a_login_walks_from_pending_to_claimed() {
    let login = waiting(true);
    assert_eq!(login.status(), LoginStatus::Pending);
    assert_eq!(login.clone().open(at(1)).status(), LoginStatus::Opened);
    assert_eq!(redeeming().status(), LoginStatus::Pending);
    let login = confirmed();
    assert_eq!((login.status(), login.expires_at), (LoginStatus::Confirmed, at(10 + CLAIM_SECONDS)));
    let subject = SubjectId::generate(NOW, &SystemEntropy);
    assert_eq!(login.claim(subject, grant(), at(11)).unwrap().status(), LoginStatus::Claimed);
}

#[test]
fn a_login_is_claimed_at_most_once() {
    let subject = SubjectId::generate(NOW, &SystemEntropy);
    let claimed = confirmed().claim(subject, grant(), at(11)).unwrap();
    assert_eq!(claimed.clone().claim(subject, grant(), at(12)).unwrap_err().from, LoginStatus::Claimed);
    assert!(claimed.end(Ending::Cancelled, at(12)).is_err());
    assert!(waiting(true).claim(subject, grant(), at(1)).is_err());
}

#[test]
fn moves_from_the_wrong_place_are_refused() {
    let answer = || Answer::new("{}".to_owned());
    assert!(waiting(true).answered(answer()).is_err());
    assert!(waiting(true).give_back(at(1)).is_err());
    assert!(waiting(true).verify_later(at(1)).is_err());
    assert!(waiting(true).set_leftover(None).is_err());
    assert!(redeeming().start_redeeming(memo("x"), claim(1)).is_err());
    assert!(redeeming().still_waiting(memo("x")).is_err());
    assert!(confirmed().start_redeeming(memo("x"), claim(1)).is_err());
    let ended = waiting(false).end(Ending::Denied, at(1)).unwrap();
    assert!(ended.clone().end(Ending::Expired, at(2)).is_err());
    assert!(ended.answered(answer()).is_err());
}

#[test]
fn a_claim_to_redeem_is_taken_over_only_after_its_deadline() {
    assert!(redeeming().take_over("b", at(19), at(60)).is_err());
    let taken = redeeming().take_over("b", at(20), at(60)).unwrap();
    let Phase::Redeeming { claim, .. } = taken.phase else { panic!("it is not being redeemed") };
    assert_eq!((claim.owner.as_str(), claim.attempt, claim.deadline), ("b", 2, at(60)));
}

#[test]
fn a_try_without_effect_does_not_count() {
    let ready = redeeming().give_back(at(5)).unwrap();
    assert_eq!(ready.attend_at(at(1)), Some(at(5)));
    let Phase::Redeeming { claim, .. } = ready.take_over("a", at(5), at(30)).unwrap().phase else {
        panic!("it is not being redeemed")
    };
    assert_eq!(claim.attempt, 1);
}

#[test]
fn the_first_browser_is_bound_for_good() {
    let (first, second) = (Digest::of("1"), Digest::of("2"));
    let bound = waiting(false).bind(first).unwrap();
    assert!(bound.clone().bind(first).is_ok());
    assert!(bound.bind(second).is_err());
}

#[test]
fn a_login_that_ends_early_leaves_something_at_its_provider() {
    let leftover = |login: Login, ending| match login.end(ending, at(60)).unwrap().phase {
        Phase::Ended { leftover, .. } => leftover,
        _ => panic!("it has not ended"),
    };
    assert_eq!(leftover(waiting(true), Ending::Cancelled).unwrap().until, at(300));
    assert!(leftover(waiting(true), Ending::Expired).is_some());
    assert!(leftover(redeeming(), Ending::Cancelled).unwrap().claim.is_some());
    assert_eq!(leftover(waiting(false), Ending::Cancelled).unwrap().until, at(300));
    let given_back = leftover(redeeming().give_back(at(70)).unwrap(), Ending::Expired).unwrap();
    assert_eq!((given_back.claim, given_back.not_before), (None, Some(at(70))));
    // The provider itself ended it, or the answer is taken.
    // What may have been taken is not forgotten with the wait: "consumed" is then nobody else's doing.
    let taken_over = redeeming().take_over("b", at(20), at(60)).unwrap();
    let given_back = leftover(taken_over.give_back(at(70)).unwrap(), Ending::Expired).unwrap();
    assert_eq!((given_back.claim, given_back.attempt), (None, 1));
    assert!(leftover(waiting(true), Ending::Denied).is_none());
    assert!(leftover(confirmed(), Ending::Expired).is_none());
    let late = waiting(true).end(Ending::Expired, at(300)).unwrap();
    assert!(matches!(late.phase, Phase::Ended { leftover: None, .. }));
}

#[test]
fn somebody_attends_to_every_login_that_is_not_done() {
    assert_eq!(waiting(true).attend_at(at(1)), Some(at(1)));
    assert_eq!(waiting(false).attend_at(at(1)), Some(at(120)));
    assert_eq!(redeeming().attend_at(at(1)), Some(at(20)));
    assert_eq!(confirmed().attend_at(at(11)), Some(at(10 + CLAIM_SECONDS)));
    let subject = SubjectId::generate(NOW, &SystemEntropy);
    assert_eq!(confirmed().claim(subject, grant(), at(11)).unwrap().attend_at(at(12)), None);
    assert_eq!(waiting(false).end(Ending::Denied, at(1)).unwrap().attend_at(at(2)), None);
    assert_eq!(waiting(true).end(Ending::Cancelled, at(1)).unwrap().attend_at(at(2)), Some(at(2)));
    // Nothing is to be done until the browser comes back, if it does.
    assert_eq!(waiting(false).end(Ending::Cancelled, at(1)).unwrap().attend_at(at(2)), None);
}

#[test]
fn an_answer_that_came_in_time_may_be_verified_once_however_late_that_is() {
    let answered = redeeming().answered(Answer::new("{}".to_owned())).unwrap();
    assert_eq!(answered.attend_at(at(10)), Some(at(15)));
    assert_eq!(answered.attend_at(at(119)), Some(at(124)));
    assert_eq!(answered.attend_at(at(121)), Some(at(126)));
    let later = answered.verify_later(at(130)).unwrap();
    assert_eq!((later.attend_at(at(10)), later.attend_at(at(121))), (Some(at(120)), Some(at(121))));
}

#[test]
fn a_login_survives_being_stored() {
    for login in [
        waiting(true),
        redeeming(),
        confirmed(),
        waiting(true).end(Ending::Failed(FailureCode::LoginLost), at(1)).unwrap(),
    ] {
        let text = serde_json::to_string(&login).unwrap();
        assert_eq!(serde_json::from_str::<Login>(&text).unwrap(), login);
    }
}

#[test]
fn debug_shows_nothing_secret() {
    let shown = format!("{:?}", confirmed());
    assert!(!shown.contains("hcc_") && !shown.contains("507f1f77bcf86cd799439011"), "{shown}");
    let shown = format!("{:?}", waiting(true).terms.step);
    assert_eq!(shown, "Approve([ApproveLink(telegram)])");
}
