//! Return URLs over the socket: only the tenant's own, whatever they look like.

use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{
    wire::Request,
    world::{RETURN_URL, World},
};
use crate::hostile;

#[tokio::test]
async fn of_a_thousand_hostile_return_urls_none_is_taken_raw_or_unescaped() {
    let world = World::new().await;
    let ask = async |address: String| {
        let answer =
            world.send(Request::post("/v1/logins", json!({ "return_url": address }).to_string())).await;
        (address, answer)
    };
    let mut answers = stream::iter(hostile::addresses(RETURN_URL)).map(ask).buffer_unordered(16);
    while let Some((address, answer)) = answers.next().await {
        // NUL has no place in any text of a body.
        let code = if address.contains('\0') { "validation_failed" } else { "return_url_not_allowed" };
        assert_eq!(answer.problem(), (422, code.to_owned()), "{address:?}");
        assert!(!answer.body.contains(hostile::EVIL), "{address:?} is repeated");
    }
    assert_eq!(ask(RETURN_URL.to_owned()).await.1.status, 201);
}
