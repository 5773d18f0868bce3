//! Sessions: what a claim begins, how they are refreshed, and that what was ended is over.

use std::{collections::HashSet, sync::Arc};

use herald_app::{Claimed, EndWhich, Introspection, RefreshError, SessionError, Verification, VerifyError};
use herald_core::{
    credential::Credential,
    id::SubjectId,
    login::{LoginStatus, Phase},
    session::EndReason,
};
use herald_testkit::fake_provider::Person;

use crate::world::{World, claimed};

pub(crate) async fn is_active(world: &World, access_token: &str) -> bool {
    let verified =
        world.herald.sessions().verify(&world.tenant(), Credential::Token(access_token), None).await;
    matches!(verified.unwrap(), Verification::Active(_))
}

pub(crate) async fn refresh(world: &World, token: &str) -> Result<String, RefreshError> {
    let refreshed = world.herald.sessions().refresh(&world.tenant(), token).await;
    refreshed.map(|(_, tokens)| tokens.refresh_token)
}

pub(crate) fn tokens(claimed: &Claimed) -> (&str, &str) {
    (&claimed.session.1.access_token, &claimed.session.1.refresh_token)
}

#[tokio::test]
async fn a_claim_begins_a_session_and_the_same_claim_hands_out_the_same_tokens() {
    let world = World::new().await;
    let (id, secret, code) = world.confirmed("main").await;
    let logins = world.herald.logins();
    let first = logins.claim(&world.tenant(), id, secret.expose(), Some(&code)).await.unwrap();
    world.pass(59);
    let again = logins.claim(&world.tenant(), id, secret.expose(), Some(&code)).await.unwrap();
    assert_eq!(tokens(&first), tokens(&again));
    assert_eq!(first.session.1.expires_in_seconds, 600);
    let session = world.herald.sessions().get(&world.tenant(), first.session.0).await.unwrap().unwrap();
    assert_eq!((session.subject, session.login), (first.subject, id));
    let Phase::Claimed { grant: Some(grant), .. } = &world.login(id).await.phase else { panic!("claimed") };
    assert_eq!(grant.session, session.id);
    assert!(is_active(&world, tokens(&first).0).await);
}

#[tokio::test]
async fn an_access_token_ends_after_ten_minutes_and_the_session_goes_on() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let (access, refresh_token) = tokens(&claimed);
    world.pass(599);
    assert!(is_active(&world, access).await);
    world.pass(1);
    assert!(!is_active(&world, access).await);
    let (_, renewed) = world.herald.sessions().refresh(&world.tenant(), refresh_token).await.unwrap();
    assert!(is_active(&world, &renewed.access_token).await);
}

#[tokio::test]
async fn fifty_refreshes_at_once_are_one_rotation_with_one_successor() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let first = tokens(&claimed).1.to_owned();
    let other = world.replica("replica-2").await;
    let calls = (0..50).map(|i| {
        let (world, token) = (if i % 2 == 0 { world.clone() } else { other.clone() }, first.clone());
        tokio::spawn(async move { refresh(&world, &token).await.unwrap() })
    });
    let mut successors = HashSet::new();
    for call in calls.collect::<Vec<_>>() {
        successors.insert(call.await.unwrap());
    }
    assert_eq!(successors.len(), 1);
    let successor = successors.into_iter().next().unwrap();
    assert_ne!(successor, first);
    refresh(&world, &successor).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_used_successor_refuses_without_harm() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let zero = tokens(&claimed).1;
    let one = refresh(&world, zero).await.unwrap();
    world.pass(59);
    assert_eq!(refresh(&world, zero).await.unwrap(), one);
    let two = refresh(&world, &one).await.unwrap();
    assert!(matches!(refresh(&world, zero).await, Err(RefreshError::Refused)));
    refresh(&world, &two).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_used_again_after_the_grace_ends_the_session_and_is_told() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let zero = tokens(&claimed).1;
    let (_, one) = world.herald.sessions().refresh(&world.tenant(), zero).await.unwrap();
    assert!(is_active(&world, &one.access_token).await);
    world.pass(60);
    assert!(matches!(refresh(&world, zero).await, Err(RefreshError::Refused)));
    assert!(!is_active(&world, &one.access_token).await);
    assert!(matches!(refresh(&world, &one.refresh_token).await, Err(RefreshError::Refused)));
    let session = world.herald.sessions().get(&world.tenant(), claimed.session.0).await.unwrap().unwrap();
    assert_eq!(session.end.unwrap().reason, EndReason::RefreshTokenReused);
    // The logout is announced once, whatever else is told.
    assert_eq!(world.courier.parcels(1).await.len(), 1);
}

#[tokio::test]
async fn what_is_no_token_of_the_tenants_is_refused() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let (access, good) = tokens(&claimed);
    let mut forged = good.to_owned();
    forged.replace_range(40..41, if &good[40..41] == "A" { "B" } else { "A" });
    for bad in ["", "hrt_", access, &forged, &good[..good.len() - 1]] {
        assert!(matches!(refresh(&world, bad).await, Err(RefreshError::Refused)), "{bad}");
    }
    refresh(&world, good).await.unwrap();
}

#[tokio::test]
async fn an_idle_session_ends_and_a_used_one_at_its_absolute_end() {
    let world = World::new().await;
    let idle = claimed(&world, "main").await;
    world.pass(3600);
    assert!(matches!(refresh(&world, tokens(&idle).1).await, Err(RefreshError::Refused)));

    let used = claimed(&world, "main").await;
    let mut token = tokens(&used).1.to_owned();
    for _ in 0..2 {
        world.pass(3500);
        token = refresh(&world, &token).await.unwrap();
    }
    world.pass(100);
    let (_, last) = world.herald.sessions().refresh(&world.tenant(), &token).await.unwrap();
    // Its absolute end is nearer than ten minutes.
    assert_eq!(last.expires_in_seconds, 100);
    world.pass(100);
    assert!(matches!(refresh(&world, &last.refresh_token).await, Err(RefreshError::Refused)));
    assert!(!is_active(&world, &last.access_token).await);
}

#[tokio::test]
async fn an_ended_session_is_refused_by_the_next_verification_however_warm_the_cache() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let (access, refresh_token) = tokens(&claimed);
    let replica = world.replica("replica-2").await;
    for _ in 0..3 {
        assert!(is_active(&world, access).await && is_active(&replica, access).await);
    }
    let sessions = world.herald.sessions();
    assert!(sessions.end(&world.tenant(), claimed.session.0).await.unwrap());
    assert!(!is_active(&world, access).await);
    // Another replica sees it within five seconds.
    world.pass(4);
    assert!(!is_active(&replica, access).await);
    assert!(matches!(refresh(&world, refresh_token).await, Err(RefreshError::Refused)));
    // Ending again is fine, and told once.
    assert!(sessions.end(&world.tenant(), claimed.session.0).await.unwrap());
    assert_eq!(world.courier.parcels(1).await.len(), 1);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_subject_connection_and_all() {
    let world = World::new().await;
    let ivan = claimed(&world, "main").await;
    world.pass(1);
    let ivan_again = claimed(&world, "main").await;
    world.polled.user_is("olga");
    let olga = claimed(&world, "main").await;
    let web = claimed(&world, "web").await;
    assert_eq!(ivan.subject, ivan_again.subject);

    let (tenant, sessions) = (world.tenant(), world.herald.sessions());
    let of = |subject: SubjectId| sessions.list(&tenant, Some(subject), None, None, 50);
    let (listed, next) = of(ivan.subject).await.unwrap();
    assert_eq!(listed.iter().map(|s| s.id).collect::<Vec<_>>(), [ivan_again.session.0, ivan.session.0]);
    assert!(next.is_none());

    assert_eq!(sessions.end_all(&tenant, EndWhich::Subject(ivan.subject)).await.unwrap(), 2);
    assert_eq!(sessions.end_all(&tenant, EndWhich::Subject(ivan.subject)).await.unwrap(), 0);
    assert!(is_active(&world, tokens(&olga).0).await && !is_active(&world, tokens(&ivan).0).await);
    let connection = web.identity.connection.clone();
    assert_eq!(sessions.end_all(&tenant, EndWhich::Connection(connection)).await.unwrap(), 1);
    assert_eq!(sessions.end_all(&tenant, EndWhich::All).await.unwrap(), 1);
    assert!(!is_active(&world, tokens(&olga).0).await);
    assert_eq!(world.courier.parcels(4).await.len(), 4);
}

#[tokio::test]
async fn ending_all_goes_through_every_page() {
    let world = World::new().await;
    for _ in 0..140 {
        claimed(&world, "main").await;
    }
    assert_eq!(world.herald.sessions().end_all(&world.tenant(), EndWhich::All).await.unwrap(), 140);
}

#[tokio::test]
async fn ending_all_goes_on_where_a_page_is_empty_because_many_are_over() {
    let world = World::new().await;
    let (tenant, sessions) = (world.tenant(), world.herald.sessions());
    let oldest = claimed(&world, "main").await;
    for _ in 0..3 {
        let newer = claimed(&world, "main").await;
        assert!(sessions.end(&tenant, newer.session.0).await.unwrap());
    }
    world.handle.set_short_sighted(true);
    assert_eq!(sessions.end_all(&tenant, EndWhich::All).await.unwrap(), 1);
    assert!(!is_active(&world, tokens(&oldest).0).await);
}

#[tokio::test]
async fn introspection_tells_of_our_tokens_and_revocation_ends_their_session() {
    let world = World::new().await;
    let (tenant, sessions) = (world.tenant(), world.herald.sessions());
    for by_access in [true, false] {
        let claimed = claimed(&world, "main").await;
        let (access, refresh_token) = tokens(&claimed);
        let Introspection::AccessToken(claims) = sessions.introspect(&tenant, access).await.unwrap() else {
            panic!("an access token")
        };
        assert_eq!((claims.sub, claims.sid), (claimed.subject, claimed.session.0));
        let asked = sessions.introspect(&tenant, refresh_token).await.unwrap();
        assert!(matches!(asked, Introspection::RefreshToken(session) if session.id == claimed.session.0));

        sessions.revoke(&tenant, if by_access { access } else { refresh_token }).await.unwrap();
        for token in [access, refresh_token, "", "nonsense"] {
            let asked = sessions.introspect(&tenant, token).await.unwrap();
            assert!(matches!(asked, Introspection::Inactive));
            sessions.revoke(&tenant, token).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_used_refresh_token_is_inactive_and_still_revokes() {
    let world = World::new().await;
    let (tenant, sessions) = (world.tenant(), world.herald.sessions());
    let claimed = claimed(&world, "main").await;
    let zero = tokens(&claimed).1;
    let one = refresh(&world, zero).await.unwrap();
    assert!(matches!(sessions.introspect(&tenant, zero).await.unwrap(), Introspection::Inactive));
    sessions.revoke(&tenant, zero).await.unwrap();
    assert!(matches!(refresh(&world, &one).await, Err(RefreshError::Refused)));
}

#[tokio::test]
async fn the_keys_of_a_session_open_nothing_at_another_tenant() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let (access, refresh_token) = tokens(&claimed);
    let other = Arc::new(herald_app::Tenant {
        id: herald_core::id::TenantId::parse("other").unwrap(),
        ..world.tenant_value()
    });
    let sessions = world.herald.sessions();
    let verified = sessions.verify(&other, Credential::Token(access), None).await.unwrap();
    assert!(matches!(verified, Verification::Inactive));
    assert!(matches!(sessions.refresh(&other, refresh_token).await, Err(RefreshError::Refused)));
    assert!(!sessions.end(&other, claimed.session.0).await.unwrap());
    assert_eq!(sessions.end_all(&other, EndWhich::All).await.unwrap(), 0);
    sessions.revoke(&other, refresh_token).await.unwrap();
    assert!(is_active(&world, access).await);
}

#[tokio::test]
async fn a_session_whose_account_is_not_configured_is_left_alone() {
    let world = World::new().await;
    let claimed = claimed(&world, "main").await;
    let (access, refresh_token) = tokens(&claimed);
    assert!(is_active(&world, access).await);
    let mut other = world.tenant_value();
    other.connections.retain(|name, _| name.as_str() != "main");
    let (tenant, sessions) = (Arc::new(other), world.herald.sessions());
    world.pass(2);
    let verified = sessions.verify(&tenant, Credential::Token(access), None).await;
    assert!(matches!(verified, Err(VerifyError::Session(SessionError::AccountGone))));
    let refused = sessions.refresh(&tenant, refresh_token).await;
    assert!(matches!(refused, Err(RefreshError::Session(SessionError::AccountGone))));
    // Where it is configured nothing has happened to it.
    refresh(&world, refresh_token).await.unwrap();
}

#[tokio::test]
async fn a_claim_that_the_store_did_not_take_leaves_no_session() {
    let world = World::new().await;
    let (id, secret, code) = world.confirmed("main").await;
    world.herald.logins().cancel(&world.tenant(), id).await.unwrap();
    let refused = world.herald.logins().claim(&world.tenant(), id, secret.expose(), Some(&code)).await;
    assert!(refused.is_err());
    assert_eq!(world.login(id).await.status(), LoginStatus::Cancelled);
    let (sessions, _) = world.herald.sessions().list(&world.tenant(), None, None, None, 10).await.unwrap();
    assert!(sessions.is_empty());
    world.polled.person_is(Person::Silent);
}
