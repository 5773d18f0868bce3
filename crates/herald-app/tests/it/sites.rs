//! Sites: who is let in, how one signs in there and out again.

use std::sync::{Arc, atomic::Ordering};

use herald_app::{Admitted, Entered, Site, SiteCredential, StartLogin, Tenants};
use herald_core::{
    clock::Clock as _,
    credential::Credential,
    error::Retry,
    id::ConnectionId,
    jwt,
    login::{Login, LoginStatus},
    session::EndReason,
};
use herald_testkit::{fake_provider::Person, fake_sessions::Says};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::world::{ANY_SITE, WEB_SITE, World, claimed};

fn site(world: &World, url: &str) -> Arc<Site> {
    let tenant = world.tenant();
    Arc::clone(tenant.sites.iter().find(|site| site.url == url).expect("the site is configured"))
}

async fn admit(world: &World, url: &str, credential: SiteCredential<'_>) -> Option<Arc<Admitted>> {
    let site = site(world, url);
    world.herald.sites().admit(&world.tenant(), &site, credential, || None).await.unwrap()
}

async fn is_in(world: &World, url: &str, cookie: &str) -> bool {
    admit(world, url, SiteCredential::Cookie(cookie.as_bytes())).await.is_some()
}

/// A confirmed login at the site.
pub(crate) async fn confirmed(world: &World, url: &str) -> Arc<Login> {
    let site = site(world, url);
    let sites = world.herald.sites();
    let login = sites.start(&world.tenant(), &site, "/inbox?new", StartLogin::default()).await.unwrap();
    if login.terms.is_polled {
        world.polled.person_is(Person::Confirmed);
    } else {
        world.web.person_is(Person::Confirmed);
        world
            .herald
            .logins()
            .returned(&login, vec![("code".to_owned(), "c1".to_owned())], vec![])
            .await
            .unwrap();
    }
    let login = world.until_status(login.terms.id, LoginStatus::Confirmed).await;
    (if login.terms.is_polled { &world.polled } else { &world.web }).next_login();
    login
}

async fn entered(world: &World, url: &str) -> Entered {
    let login = confirmed(world, url).await;
    world.herald.sites().enter(&login).await.unwrap().expect("a confirmed login of a site can be entered")
}

/// Waits until the use of the only session is noted with the present time.
async fn until_noted(world: &World) {
    let now = world.clock.now();
    loop {
        let (listed, _) = world.herald.sessions().list(&world.tenant(), None, None, None, 1).await.unwrap();
        if listed[0].last_used_at == now {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_login_at_a_site_gives_its_browser_a_cookie_once_and_the_same_for_a_minute() {
    let world = World::new().await;
    let login = confirmed(&world, ANY_SITE).await;
    assert_eq!(login.terms.browser_url, ANY_SITE);
    let sites = world.herald.sites();
    let first = sites.enter(&login).await.unwrap().unwrap();
    assert_eq!((first.path.as_str(), first.max_age_seconds), ("/inbox?new", 7200));
    world.pass(59);
    let again = sites.enter(&login).await.unwrap().unwrap();
    assert!(again.cookie == first.cookie && again.max_age_seconds == 7141);
    world.pass(1);
    assert!(sites.enter(&login).await.unwrap().is_none());
    assert!(is_in(&world, ANY_SITE, first.cookie.expose()).await);
}

#[tokio::test]
async fn twenty_pages_that_enter_at_once_make_one_session() {
    let world = World::new().await;
    let login = confirmed(&world, ANY_SITE).await;
    let enters: Vec<_> = (0..20)
        .map(|_| {
            let (sites, login) = (world.herald.sites().clone(), Arc::clone(&login));
            tokio::spawn(
                async move { sites.enter(&login).await.unwrap().unwrap().cookie.expose().to_owned() },
            )
        })
        .collect();
    let mut cookies = std::collections::HashSet::new();
    for enter in enters {
        cookies.insert(enter.await.unwrap());
    }
    assert_eq!(cookies.len(), 1);
    let (sessions, _) = world.herald.sessions().list(&world.tenant(), None, None, None, 10).await.unwrap();
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn a_login_that_is_not_a_sites_is_not_entered_and_a_sites_login_is_not_claimed() {
    let world = World::new().await;
    let (id, _, _) = world.confirmed("main").await;
    assert!(world.herald.sites().enter(&*world.login(id).await).await.unwrap().is_none());
    let login = confirmed(&world, ANY_SITE).await;
    let claim = world.herald.logins().claim(&world.tenant(), login.terms.id, "hcs_guess", None).await;
    assert!(claim.is_err());
}

#[tokio::test]
async fn a_cookie_opens_its_own_site_only() {
    let world = World::new().await;
    let any = entered(&world, ANY_SITE).await;
    let web = entered(&world, WEB_SITE).await;
    assert!(is_in(&world, ANY_SITE, any.cookie.expose()).await);
    assert!(is_in(&world, WEB_SITE, web.cookie.expose()).await);
    assert!(!is_in(&world, WEB_SITE, any.cookie.expose()).await);
    assert!(!is_in(&world, ANY_SITE, web.cookie.expose()).await);
    for bad in ["", "hss_", "nonsense", &any.cookie.expose()[..60]] {
        assert!(!is_in(&world, ANY_SITE, bad).await, "{bad}");
    }
    let mut forged = any.cookie.expose().to_owned();
    let at = 40;
    forged.replace_range(at..=at, if &forged[at..=at] == "A" { "B" } else { "A" });
    assert!(!is_in(&world, ANY_SITE, &forged).await);
}

#[tokio::test]
async fn a_bearer_opens_every_site_of_its_tenant_that_takes_its_connection() {
    let world = World::new().await;
    let (main, web) = (claimed(&world, "main").await, claimed(&world, "web").await);
    for (claimed, url, is_let_in) in
        [(&main, ANY_SITE, true), (&main, WEB_SITE, false), (&web, ANY_SITE, true), (&web, WEB_SITE, true)]
    {
        let bearer = SiteCredential::Bearer(claimed.session.1.access_token.as_bytes());
        assert_eq!(admit(&world, url, bearer).await.is_some(), is_let_in, "{url}");
    }
    // A cookie is no bearer, a bearer is no cookie, and an identity token is neither.
    let site_session = entered(&world, ANY_SITE).await;
    let cookie = site_session.cookie.expose();
    assert!(admit(&world, ANY_SITE, SiteCredential::Bearer(cookie.as_bytes())).await.is_none());
    assert!(!is_in(&world, ANY_SITE, &main.session.1.access_token).await);
    let admitted = admit(&world, ANY_SITE, SiteCredential::Cookie(cookie.as_bytes())).await.unwrap();
    let identity = SiteCredential::Bearer(admitted.identity_token().as_bytes());
    assert!(admit(&world, ANY_SITE, identity).await.is_none());
    let verified = world.herald.sessions();
    let verified =
        verified.verify(&world.tenant(), Credential::Token(admitted.identity_token()), None).await.unwrap();
    assert!(matches!(verified, herald_app::Verification::Inactive));
}

#[tokio::test]
async fn a_credential_that_was_seen_lets_in_nothing_but_itself() {
    fn as_cookie(text: &[u8]) -> SiteCredential<'_> {
        SiteCredential::Cookie(text)
    }
    fn as_bearer(text: &[u8]) -> SiteCredential<'_> {
        SiteCredential::Bearer(text)
    }
    type Kind = fn(&[u8]) -> SiteCredential<'_>;
    let world = World::new().await;
    let (session, claimed) = (entered(&world, ANY_SITE).await, claimed(&world, "main").await);
    let token = &*claimed.session.1.access_token;
    let both: [(&str, Kind, Kind); 2] =
        [(session.cookie.expose(), as_cookie, as_bearer), (token, as_bearer, as_cookie)];
    for (good, itself, elsewhere) in both {
        let good = good.as_bytes();
        let mut bad = vec![good[1..].to_vec(), good[..good.len() - 1].to_vec(), [good, b"\xff"].concat()];
        for place in [0, good.len() / 2, good.len() - 1] {
            let mut changed = good.to_vec();
            changed[place] ^= 1;
            bad.push(changed);
        }
        for _ in 0..2 {
            assert!(admit(&world, ANY_SITE, itself(good)).await.is_some());
            for bad in &bad {
                assert!(admit(&world, ANY_SITE, itself(bad)).await.is_none(), "{}", bad.escape_ascii());
            }
            assert!(admit(&world, ANY_SITE, elsewhere(good)).await.is_none());
        }
    }
}

#[tokio::test]
async fn the_identity_token_names_person_session_and_site_and_is_renewed_in_time() {
    let world = World::new().await;
    let cookie = entered(&world, ANY_SITE).await.cookie;
    let token = async || {
        let admitted =
            admit(&world, ANY_SITE, SiteCredential::Cookie(cookie.expose().as_bytes())).await.unwrap();
        let claims: Value = jwt::peek_claims(admitted.identity_token()).unwrap();
        (admitted.identity_token().to_owned(), claims, admitted.session().id.to_string())
    };
    let (first, claims, session) = token().await;
    assert_eq!(claims["aud"], "https://any.acme.example");
    assert_eq!(claims["iss"], "https://login.example/t/acme");
    assert_eq!(claims["sid"], session);
    assert_eq!(jwt::peek(&first).unwrap().typ.as_deref(), Some("herald-identity+jwt"));
    world.pass(1);
    assert_eq!(token().await.0, first);
    world.pass(30);
    let (later, claims, _) = token().await;
    assert_ne!(later, first);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
}

#[tokio::test]
async fn use_keeps_a_sites_session_alive_to_its_absolute_end() {
    let world = World::new().await;
    let cookie = entered(&world, ANY_SITE).await.cookie;
    for _ in 0..3 {
        world.pass(2300);
        assert!(is_in(&world, ANY_SITE, cookie.expose()).await);
        until_noted(&world).await;
    }
    world.pass(300);
    assert!(!is_in(&world, ANY_SITE, cookie.expose()).await);

    let idle = entered(&world, ANY_SITE).await.cookie;
    world.pass(3600);
    assert!(!is_in(&world, ANY_SITE, idle.expose()).await);
}

#[tokio::test]
async fn who_leaves_is_out_at_once_and_at_the_provider_too() {
    let world = World::new().await;
    let cookie = entered(&world, WEB_SITE).await.cookie;
    let (tenant, site) = (world.tenant(), site(&world, WEB_SITE));
    assert!(is_in(&world, WEB_SITE, cookie.expose()).await);
    let token = Credential::Cookies("fake=ivan; other=1");
    let sessions = world.herald.sessions();
    let active = sessions.verify(&tenant, token, None).await.unwrap();
    assert!(matches!(active, herald_app::Verification::Active(_)));

    let set = world.herald.sites().leave(&tenant, &site, Some(cookie.expose()), "fake=ivan; other=1").await;
    assert_eq!(set.unwrap()[0].expose_secret(), "fake=; Max-Age=0");
    assert_eq!(world.sessions.ended.load(Ordering::SeqCst), 1);
    assert!(!is_in(&world, WEB_SITE, cookie.expose()).await);
    // The provider would still say yes, and so would what we remember of it.
    let after = sessions.verify(&tenant, token, None).await.unwrap();
    assert!(matches!(after, herald_app::Verification::Inactive));
    let (listed, _) = sessions.list(&tenant, None, None, None, 10).await.unwrap();
    assert_eq!(listed[0].end.unwrap().reason, EndReason::LoggedOut);
}

#[tokio::test]
async fn a_providers_session_that_ended_here_signs_nobody_in_again() {
    let world = World::new().await;
    let cookie = entered(&world, WEB_SITE).await.cookie;
    let (tenant, site) = (world.tenant(), site(&world, WEB_SITE));
    world.herald.sites().leave(&tenant, &site, Some(cookie.expose()), "fake=ivan").await.unwrap();
    let again = world.herald.sites().start(&tenant, &site, "/", StartLogin::default()).await.unwrap();
    let query = vec![("code".to_owned(), "ivan".to_owned())];
    let ended = world.herald.logins().returned(&again, query, vec![]).await.unwrap();
    assert_eq!(ended.status(), LoginStatus::Failed);
}

#[tokio::test]
async fn many_requests_after_a_pause_note_the_use_once_and_keep_the_identity_token() {
    let world = World::new().await;
    let cookie = entered(&world, ANY_SITE).await.cookie;
    let token = admit(&world, ANY_SITE, SiteCredential::Cookie(cookie.expose().as_bytes())).await.unwrap();
    for _ in 0..9 {
        // Longer than what is seen is believed.
        world.pass(3);
        let again =
            admit(&world, ANY_SITE, SiteCredential::Cookie(cookie.expose().as_bytes())).await.unwrap();
        assert_eq!(again.identity_token(), token.identity_token());
    }
    world.pass(60);
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let (world, cookie) = (world.clone(), cookie.clone());
            tokio::spawn(async move {
                let admitted =
                    admit(&world, ANY_SITE, SiteCredential::Cookie(cookie.expose().as_bytes())).await;
                admitted.unwrap().identity_token().to_owned()
            })
        })
        .collect();
    let mut tokens = std::collections::HashSet::new();
    for request in requests {
        tokens.insert(request.await.unwrap());
    }
    assert_eq!(tokens.len(), 1);
    until_noted(&world).await;
    let id = token.session().id;
    let row = world.store.session(&world.tenant().id, id).await.unwrap().unwrap();
    assert_eq!(row.version, 2);
}

#[tokio::test]
async fn a_cookie_of_another_site_ends_nothing_and_a_provider_that_is_down_keeps_nobody_in() {
    let world = World::new().await;
    let any = entered(&world, ANY_SITE).await.cookie;
    let web = entered(&world, WEB_SITE).await.cookie;
    let (tenant, site) = (world.tenant(), site(&world, WEB_SITE));
    let sites = world.herald.sites();
    sites.leave(&tenant, &site, Some(any.expose()), "").await.unwrap();
    assert!(is_in(&world, ANY_SITE, any.expose()).await);
    world.sessions.says([
        Says::Fails(Retry::OutcomeUnknown),
        Says::Fails(Retry::OutcomeUnknown),
        Says::Fails(Retry::OutcomeUnknown),
    ]);
    assert!(sites.leave(&tenant, &site, Some(web.expose()), "fake=ivan").await.unwrap().is_empty());
    assert!(!is_in(&world, WEB_SITE, web.expose()).await);
    sites.leave(&tenant, &site, None, "").await.unwrap();
}

#[tokio::test]
async fn a_providers_own_cookie_that_names_somebody_else_takes_access_away() {
    let world = World::new().await;
    let cookie = entered(&world, WEB_SITE).await.cookie;
    let (tenant, site) = (world.tenant(), site(&world, WEB_SITE));
    for (cookies, is_let_in) in [
        (None, true),
        (Some("other=1"), true),
        (Some("fake=ivan"), true),
        (Some("fake=olga"), false),
        (Some("fake=?"), false),
        (Some("fake=ivan"), true),
    ] {
        let who = SiteCredential::Cookie(cookie.expose().as_bytes());
        let admitted =
            world.herald.sites().admit(&tenant, &site, who, || cookies.map(Into::into)).await.unwrap();
        assert_eq!(admitted.is_some(), is_let_in, "{cookies:?}");
    }
}

#[tokio::test]
async fn a_reload_that_gives_a_site_another_account_closes_it_at_once() {
    let world = World::new().await;
    let cookie = entered(&world, WEB_SITE).await.cookie;
    assert!(is_in(&world, WEB_SITE, cookie.expose()).await);
    let mut other = world.tenant_value();
    let main = other.connections.values().find(|c| c.id.as_str() == "main").cloned().unwrap();
    other.connections.insert(ConnectionId::parse("web").unwrap(), main);
    world.herald.replace_tenants(Tenants::new(vec![other]));
    assert!(!is_in(&world, WEB_SITE, cookie.expose()).await);
    world.herald.replace_tenants(Tenants::new(vec![world.tenant_value()]));
    assert!(is_in(&world, WEB_SITE, cookie.expose()).await);

    // Also at a site that takes sessions of any connection.
    let any = entered(&world, ANY_SITE).await.cookie;
    let mut without = world.tenant_value();
    without.connections.retain(|id, _| id.as_str() != "main");
    world.herald.replace_tenants(Tenants::new(vec![without]));
    assert!(!is_in(&world, ANY_SITE, any.expose()).await);
}
