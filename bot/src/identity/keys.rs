//! Keys of what is sealed in bulk, which are sealed with the key of the installation, and how that one is exchanged.

use rand::RngCore;
use zeroize::Zeroizing;

use crate::secret::{Key, OpenError};
use crate::store::{Rotated, Sealed, Store, StoreError};

const RECORDS: &str = "records";
/// Before a stored update of Telegram that is sealed.
const SEALED: &str = "sealed:";

/// Why there is no such key, or why the key of the installation could not be exchanged.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Sealed with another key.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The key that records are sealed and found with.
///
/// # Errors
/// As [`data_key`].
pub async fn records_key(store: &Store, key: &Key) -> Result<Key, KeysError> {
    data_key(store, key, RECORDS).await
}

/// A key of its own for what is sealed in bulk, so that another key of the installation leaves it as it is; the first start makes it.
///
/// # Errors
/// The database fails, or it was sealed with another key.
pub async fn data_key(store: &Store, key: &Key, name: &str) -> Result<Key, KeysError> {
    let mut fresh = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(&mut *fresh);
    let offered = key.seal(&place(name), Zeroizing::new(hex::encode(*fresh)).as_bytes());
    let sealed = store.data_key(name, &offered).await?;
    let opened = key.open(&place(name), &sealed)?;
    Ok(Key::from_hex(std::str::from_utf8(&opened).map_err(|_| OpenError)?).map_err(|_| OpenError)?)
}

/// Seals everything that `old` sealed with `new`. Nobody may use the database meanwhile.
///
/// # Errors
/// The database fails, or something was sealed with a third key; nothing has changed then.
pub async fn rotate(store: &Store, old: &Key, new: &Key) -> Result<Rotated, KeysError> {
    let reseal = |what: Sealed<'_>, sealed: &str| -> Result<String, OpenError> {
        let (place, prefix) = match what {
            Sealed::DataKey(name) => (place(name), ""),
            Sealed::Totp(id) => (format!("operator.totp/{id}"), ""),
            Sealed::Callback(id) => (format!("callback.phone_sealed {id}"), ""),
            Sealed::TelegramUpdate(id) => (format!("telegram_update/{id}"), SEALED),
        };
        let opened = old.open(&place, sealed.strip_prefix(prefix).unwrap_or(sealed))?;
        Ok(format!("{prefix}{}", new.seal(&place, &opened)))
    };
    Ok(store.rotate(&new.print(), reseal).await??)
}

fn place(name: &str) -> String {
    format!("data_key/{name}")
}
