//! The key of an installation: what is stored and must not be readable is sealed with it, and what must be found again without
//! being readable is hashed with it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The file of the key in the data folder, where none is configured.
pub const KEY_FILE: &str = "hotro.key";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// The first byte of what is sealed, so that another algorithm or key could follow.
const FORMAT: u8 = 1;

/// 32 secret bytes, from which a key for sealing and one for hashing are derived.
#[derive(Clone)]
pub struct Key {
    seal: Zeroizing<[u8; KEY_BYTES]>,
    look_up: Zeroizing<[u8; KEY_BYTES]>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The configured text is no key.
    #[error("key: expected 64 hexadecimal digits, as `openssl rand -hex 32` prints them")]
    Form,
    /// The file holds no key.
    #[error("{0} holds no key: expected 64 hexadecimal digits")]
    FileForm(PathBuf),
    /// The file cannot be read or made.
    #[error("cannot read or make {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// What was to be opened was sealed with another key or for another place, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened: another key, another place, or changed")]
pub struct OpenError;

impl Key {
    /// A key in its text form: 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`KeyError::Form`], which does not repeat the text.
    pub fn from_hex(text: &str) -> Result<Key, KeyError> {
        let mut master = Zeroizing::new([0; KEY_BYTES]);
        hex::decode_to_slice(text.trim(), &mut *master).map_err(|_| KeyError::Form)?;
        Ok(Key { seal: derive(&master, b"hotro seal"), look_up: derive(&master, b"hotro look-up") })
    }

    /// The key in a file, and whether the file was made by this call. Processes that start together agree on one key.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds something else.
    pub fn in_file(path: &Path) -> Result<(Key, bool), KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let made = make_key_file(path).map_err(failed)?;
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let key = Key::from_hex(&text).map_err(|_| KeyError::FileForm(path.to_owned()))?;
        Ok((key, made))
    }

    /// Encrypts and authenticates, as hex text. `place` says where the result belongs (column and row): it opens only there.
    pub fn seal(&self, place: &str, plain: &[u8]) -> String {
        hex::encode(self.seal_bytes(place, plain))
    }

    /// The same, for what is too large for text.
    pub fn seal_bytes(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() });
        // The only refusal is for texts of more than 256 GiB.
        let sealed = sealed.unwrap_or_default();
        [&[FORMAT], &nonce[..], &sealed].concat()
    }

    /// What was sealed for this place.
    ///
    /// # Errors
    /// It was not.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.open_bytes(place, &hex::decode(sealed).map_err(|_| OpenError)?)
    }

    /// What [`Key::seal_bytes`] sealed for this place.
    ///
    /// # Errors
    /// It was not.
    pub fn open_bytes(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (format, rest) = sealed.split_first().ok_or(OpenError)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError)?;
        if *format != FORMAT {
            return Err(OpenError);
        }
        let opened = self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place.as_bytes() });
        opened.map(Zeroizing::new).map_err(|_| OpenError)
    }

    /// A hash by which a value can be found and not guessed without the key. `kind` keeps values of different kinds apart.
    pub fn look_up_hash(&self, kind: &str, value: &str) -> [u8; 32] {
        self.look_up_hash_of(kind, value.as_bytes())
    }

    /// The same, of what is no text.
    pub fn look_up_hash_of(&self, kind: &str, value: &[u8]) -> [u8; 32] {
        let mut mac: Hmac<Sha256> = keyed(&*self.look_up);
        // The length separates kind and value.
        mac.update(&(kind.len() as u64).to_be_bytes());
        mac.update(kind.as_bytes());
        mac.update(value);
        mac.finalize().into_bytes().into()
    }

    /// Tells keys apart and says nothing about them.
    pub fn print(&self) -> String {
        hex::encode(&self.look_up_hash("print", "")[..16])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.seal).into())
    }
}

/// Prints no secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

fn derive(master: &[u8; KEY_BYTES], label: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    Zeroizing::new(keyed::<Hmac<Sha256>>(master).chain_update(label).finalize().into_bytes().into())
}

/// A MAC with a key that is shorter than its block. HMAC pads such a key with zeros: the padded one is the same key, and of the
/// length that the type asks for, so nothing can fail.
pub(crate) fn keyed<M: KeyInit>(key: &[u8]) -> M {
    let mut block = chacha20poly1305::aead::Key::<M>::default();
    block.iter_mut().zip(key).for_each(|(padded, byte)| *padded = *byte);
    M::new(&block)
}

/// Makes the file unless it is there. It appears under its name only when it is complete.
fn make_key_file(path: &Path) -> std::io::Result<bool> {
    if path.try_exists()? {
        return Ok(false);
    }
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    rand::rng().fill_bytes(&mut *bytes);
    let text = Zeroizing::new(format!("{}\n", hex::encode(*bytes)));
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let made = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn key(digit: &str) -> Key {
        Key::from_hex(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_with_its_key_in_its_place_and_unchanged() {
        let sealed = key("a").seal("operator.totp/1", b"plain");
        assert_eq!(**key("a").open("operator.totp/1", &sealed).unwrap(), *b"plain");
        assert_ne!(sealed, key("a").seal("operator.totp/1", b"plain"), "every sealing has its own nonce");
        assert_eq!(key("b").open("operator.totp/1", &sealed), Err(OpenError));
        assert_eq!(key("a").open("operator.totp/2", &sealed), Err(OpenError));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            let other = if sealed.as_bytes()[at] == b'0' { "1" } else { "0" };
            changed.replace_range(at..=at, other);
            assert_eq!(key("a").open("operator.totp/1", &changed), Err(OpenError), "{at}");
        }
        for broken in ["", "0", "01", "xyz", &sealed[..40]] {
            assert_eq!(key("a").open("operator.totp/1", broken), Err(OpenError), "{broken}");
        }
    }

    #[test]
    fn a_look_up_hash_depends_on_key_kind_and_value() {
        let hash = key("a").look_up_hash("ab", "c");
        assert_eq!(hash, key("a").look_up_hash("ab", "c"));
        assert_ne!(hash, key("b").look_up_hash("ab", "c"));
        assert_ne!(hash, key("a").look_up_hash("a", "bc"));
        assert_ne!(key("a").print(), key("b").print());
    }

    #[test]
    fn a_key_file_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        let (first, made) = Key::in_file(&path).unwrap();
        assert!(made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (second, made) = Key::in_file(&path).unwrap();
        assert!(!made);
        assert_eq!(first.print(), second.print());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");

        fs::write(&path, "secret but short").unwrap();
        let error = Key::in_file(&path).unwrap_err().to_string();
        assert!(error.contains("holds no key") && !error.contains("secret"), "{error}");
    }
}
