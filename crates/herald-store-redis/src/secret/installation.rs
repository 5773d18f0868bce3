//! The secrets of the installation: made once, and kept.

use herald_core::{seal::Sealed, store::StoreError};
use redis::cmd;

use crate::{
    RedisStore,
    value::{self, Kind},
};

/// The first format of such a secret's record, and the only one.
const FORMAT: u8 = 1;

fn to_value(secret: &Sealed) -> Vec<u8> {
    value::wrap(1, None, Kind::Secret, &[[FORMAT].as_slice(), secret.as_bytes()].concat())
}

fn read(value: &[u8]) -> Result<Sealed, StoreError> {
    match value::read(Kind::Secret, value)?.record.split_first() {
        Some((&FORMAT, secret)) => Ok(Sealed::from_bytes(secret.to_vec())),
        _ => Err(StoreError::Corrupt("a secret of the installation has no readable format".to_owned())),
    }
}

/// See `SecretStore::shared_secret`.
pub(super) async fn first(store: &RedisStore, name: &str, fresh: Sealed) -> Result<Sealed, StoreError> {
    let key = store.names.shared_secret(name);
    let there: Option<Vec<u8>> = match store.value(&key).await? {
        Some(there) => Some(there),
        // Answers what is there, if somebody else was faster.
        None => store.ask(cmd("SET").arg(&key).arg(to_value(&fresh)).arg("NX").arg("GET")).await?,
    };
    there.map_or(Ok(fresh), |there| read(&there))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_and_one_of_a_later_format_does_not() {
        let secret = Sealed::from_bytes(b"sealed".to_vec());
        let mut value = to_value(&secret);
        assert_eq!(read(&value).unwrap(), secret);
        value[value::HEADER] = FORMAT + 1;
        assert!(matches!(read(&value), Err(StoreError::Corrupt(_))));
    }
}
