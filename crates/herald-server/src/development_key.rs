//! The encryption key that development makes for itself, so that a first start needs no preparation.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_core::clock::Entropy;
use zeroize::Zeroizing;

use crate::config::{EncryptionKey, StorePlace, decode_encryption_key};

/// A fresh encryption key.
pub fn generate(entropy: &dyn Entropy) -> EncryptionKey {
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut_slice());
    key
}

/// The key as it stands in a file or in the configuration: base64.
pub fn encode(key: &EncryptionKey) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(key.as_slice()))
}

/// The key that belongs to the store: the one in the file beside it, made now if there is none; for a store in memory a
/// fresh one that ends with it. (One in Redis is given its keys: the configuration says so.)
pub fn of_store(place: &StorePlace, entropy: &dyn Entropy) -> io::Result<EncryptionKey> {
    let StorePlace::File(store) = place else { return Ok(generate(entropy)) };
    let path = beside(store);
    match fs::read_to_string(&path) {
        Ok(text) => decode_encryption_key(text.trim()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no key", path.display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = generate(entropy);
            write(&path, &key)?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

fn write(path: &Path, key: &EncryptionKey) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(encode(key).as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use herald_core::clock::SystemEntropy;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_store_on_disk_finds_its_key_again_and_nobody_else_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let place = StorePlace::File(directory.path().join("new/herald.redb"));
        let key = of_store(&place, &SystemEntropy).unwrap();
        assert_eq!(of_store(&place, &SystemEntropy).unwrap(), key);
        let mode = fs::metadata(directory.path().join("new/herald.redb.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_refused_rather_than_replaced() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("herald.redb.key"), "gone").unwrap();
        let place = StorePlace::File(directory.path().join("herald.redb"));
        assert!(of_store(&place, &SystemEntropy).is_err());
    }

    #[test]
    fn a_store_in_memory_has_another_key_each_time() {
        let key = || of_store(&StorePlace::Memory, &SystemEntropy).unwrap();
        assert_ne!(key(), key());
    }
}
