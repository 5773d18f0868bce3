//! What the user may do is tried at the start: Redis refuses a command when it is called, and a channel to every user that was
//! not given it (Redis documentation, "ACL", `acl-pubsub-default`).

use std::sync::LazyLock;

use redis::Script;

use super::{Fault, Link, call::Call};
use crate::{names::Names, script::script};

static TRY: LazyLock<Script> = script!("rights.lua");

/// Tells nobody anything: what is said on the channel of changes to find out whether that is allowed.
pub(crate) const NO_MESSAGE: &str = "-";

/// The commands that one of the masters does not let us call; none is good.
pub(super) async fn refused(link: &Link, names: &Names) -> Result<Vec<String>, Fault> {
    let mut refused = Vec::new();
    for key in link.one_for_each(|number| names.probe(number)).await? {
        let answer = link.send(&Call::script(&TRY, &[key], &[names.channel(), NO_MESSAGE.into()])).await?;
        let of_one: Vec<String> = redis::from_redis_value(answer).map_err(|_| Fault::Unreadable)?;
        refused.extend(of_one);
    }
    refused.sort_unstable();
    refused.dedup();
    Ok(refused)
}
