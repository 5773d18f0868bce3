//! What a session does, move by move.

use super::*;
use crate::{
    clock::SystemEntropy,
    id::ConnectionId,
    identity::{Attributes, Profile},
    provider::{ProviderAccount, ProviderName},
};

const BEGIN: Timestamp = Timestamp::constant(1_767_323_045, 0);
const GRACE: SignedDuration = SignedDuration::from_secs(60);

fn at(seconds: i64) -> Timestamp {
    BEGIN + SignedDuration::from_secs(seconds)
}

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn session() -> Session {
    let profile = Profile {
        user_key: "u1".to_owned(),
        name: None,
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: None,
        phone_number: None,
        amr: vec![],
        authenticated_at: BEGIN,
        attributes: Attributes::default(),
    };
    let account = ProviderAccount { provider: ProviderName::ANTARA, account: "app".to_owned() };
    Session {
        id: SessionId::from_u128(1),
        tenant: tenant(),
        login: LoginId::from_u128(2),
        subject: SubjectId::from_u128(3),
        identity: Identity { account, connection: ConnectionId::parse("main").unwrap(), profile },
        created_at: BEGIN,
        last_used_at: BEGIN,
        lifetime: Lifetime { idle_seconds: 100, absolute_seconds: 250 },
        tether: Tether::Refresh(RefreshChain::start(&SystemEntropy)),
        end: None,
    }
}

fn chain(session: &Session) -> &RefreshChain {
    match &session.tether {
        Tether::Refresh(chain) => chain,
        Tether::Site { .. } => panic!("the session hangs on a refresh token"),
    }
}

fn token(session: &Session) -> RefreshToken {
    chain(session).current(&session.tenant, session.id)
}

#[test]
fn use_prolongs_a_session_up_to_its_absolute_end() {
    let session = session();
    assert!(session.is_active(at(99)) && !session.is_active(at(100)));
    let used = session.touch(at(90)).unwrap();
    assert_eq!(used.expires_at(), at(190));
    let used = used.touch(at(180)).unwrap();
    assert_eq!(used.expires_at(), at(250));
    assert_eq!(used.touch(at(250)), Err(SessionOver));
}

#[test]
fn a_clock_that_steps_back_takes_no_time_from_a_session() {
    let used = session().touch(at(50)).unwrap().touch(at(40)).unwrap();
    assert_eq!(used.last_used_at, at(50));
}

#[test]
fn an_ended_session_stays_as_it_ended() {
    let ended = session().end(EndReason::Ended, at(10)).unwrap();
    assert!(!ended.is_active(at(10)));
    assert_eq!(ended.ended_at(at(500)), Some(at(10)));
    assert_eq!(ended.clone().end(EndReason::LoggedOut, at(20)), Err(SessionOver));
    assert_eq!(ended.clone().touch(at(20)), Err(SessionOver));
    assert_eq!(ended.rotate(at(20)), Err(SessionOver));
}

#[test]
fn a_session_that_ran_out_ended_when_its_time_was_over() {
    assert_eq!(session().ended_at(at(99)), None);
    assert_eq!(session().ended_at(at(1000)), Some(at(100)));
    assert_eq!(session().end(EndReason::Ended, at(1000)), Err(SessionOver));
}

#[test]
fn a_refresh_token_survives_its_text_form_and_nothing_else_does() {
    let session = session();
    let token = token(&session);
    let text = token.expose();
    assert_eq!(text.len(), 4 + 70);
    assert_eq!(RefreshToken::parse(&text), Some(token));
    for bad in
        ["", "hrt_", &text[4..], &text[..73], &format!("{text}A"), &text.replace("hrt_", "hss_"), "hrt_é"]
    {
        assert_eq!(RefreshToken::parse(bad), None, "{bad}");
    }
}

#[test]
fn only_the_chain_itself_makes_its_tokens() {
    let (a, b) = (session(), session());
    assert!(chain(&a).is_ours(&a.tenant, &token(&a)));
    assert!(!chain(&a).is_ours(&a.tenant, &token(&b)));
    assert!(!chain(&a).is_ours(&TenantId::parse("other").unwrap(), &token(&a)));
    // A token of a generation that is yet to come was never handed out.
    let next = token(&a.clone().rotate(at(1)).unwrap());
    assert!(!chain(&a).is_ours(&a.tenant, &next));
    // The last character has bits to spare, the one before it has none.
    let good = token(&a).expose();
    let other = if good.as_bytes()[72] == b'A' { "B" } else { "A" };
    let forged = RefreshToken::parse(&format!("{}{other}{}", &good[..72], &good[73..])).unwrap();
    assert!(!chain(&a).is_ours(&a.tenant, &forged));
}

#[test]
fn a_used_token_is_forgiven_for_a_moment_and_never_again() {
    let first = session();
    let zero = token(&first);
    assert_eq!(chain(&first).meaning_of(&zero, GRACE, at(0)), Presented::Current);

    let second = first.rotate(at(10)).unwrap();
    let one = token(&second);
    assert_eq!(chain(&second).meaning_of(&zero, GRACE, at(69)), Presented::JustUsed);
    assert_eq!(chain(&second).meaning_of(&zero, GRACE, at(70)), Presented::Reused);

    let third = second.rotate(at(20)).unwrap();
    assert_eq!(chain(&third).meaning_of(&zero, GRACE, at(30)), Presented::Overtaken);
    assert_eq!(chain(&third).meaning_of(&zero, GRACE, at(70)), Presented::Reused);
    assert_eq!(chain(&third).meaning_of(&one, GRACE, at(79)), Presented::JustUsed);
    assert_eq!(chain(&third).meaning_of(&token(&third), GRACE, at(99)), Presented::Current);
}

#[test]
fn rotations_are_forgotten_in_order_and_what_is_forgotten_is_reuse() {
    let mut session = session();
    let zero = token(&session);
    for _ in 0..65 {
        session = session.rotate(at(1)).unwrap();
    }
    assert_eq!(chain(&session).meaning_of(&zero, GRACE, at(2)), Presented::Reused);
}

#[test]
fn debug_shows_no_secret() {
    let session = session();
    let shown = format!("{:?} {:?}", session.tether, token(&session));
    assert_eq!(shown, "Refresh(RefreshChain(generation 0)) RefreshToken(…)");
}
