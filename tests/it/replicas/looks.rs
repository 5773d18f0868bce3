//! The ways to look at a session by its token, and that each says in time what it cannot know.

use std::time::Instant;

use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::json;

use super::{fleet::Fleet, outage::ANSWERED_WITHIN};
use crate::{caller::Caller, sessions::forward_auth, stack::client};

#[derive(Clone, Copy, Debug)]
enum Look {
    Verify,
    Introspect,
    ForwardAuth,
}

/// How many of the looks of each kind, at all replicas, say that this token of the Antirius tenant is good. All others have to
/// say in time that the store is away.
pub(super) async fn good_looks(fleet: &Fleet, token: &str) -> usize {
    // Made beforehand: that takes its time too.
    let (callers, proxy) = (&fleet.callers("antirius"), &client());
    let looks = callers.iter().enumerate().flat_map(|(replica, caller)| {
        [Look::Verify, Look::Introspect, Look::ForwardAuth].map(|look| async move {
            let began = Instant::now();
            let is_good = look.is_good(caller, proxy, fleet.url_of(replica), token).await;
            let took = began.elapsed();
            assert!(took < ANSWERED_WITHIN, "{look:?} at {replica} took {took:?}");
            is_good
        })
    });
    join_all(looks).await.into_iter().filter(|is_good| *is_good).count()
}

/// How many looks there are.
pub(super) fn all_looks(fleet: &Fleet) -> usize {
    3 * fleet.count()
}

impl Look {
    async fn is_good(self, caller: &Caller, proxy: &Client, url: &str, token: &str) -> bool {
        let (status, said, expected) = match self {
            Self::Verify => {
                let body = json!({ "credential": { "type": "token", "token": token } });
                let answer = caller.call(Method::POST, "/v1/sessions/verify", &[], Some(&body)).await;
                let said = [answer.body["active"].clone(), answer.body["code"].clone()];
                (answer.status.as_u16(), said, "store_unavailable")
            }
            Self::Introspect => {
                let answer = caller.form("/v1/oauth/introspect", &[("token", token)]).await;
                let said = [answer.body["active"].clone(), answer.body["error"].clone()];
                (answer.status.as_u16(), said, "temporarily_unavailable")
            }
            Self::ForwardAuth => {
                let status = forward_auth(url, proxy, token).await;
                assert!(matches!(status, 200 | 503), "{status}");
                return status == 200;
            }
        };
        match status {
            200 => assert_eq!(said, [json!(true), json!(null)], "{self:?}"),
            503 => assert_eq!(said, [json!(null), json!(expected)], "{self:?}"),
            _ => panic!("{self:?}: {status} {said:?}"),
        }
        status == 200
    }
}
