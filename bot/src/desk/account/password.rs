//! Passwords: the rule for choosing one, and the slow hash.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Length is what makes a password strong; there is no rule about digits and signs.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// More than any passphrase, and little to hash.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// "aaaaaaaaaaaa" and "121212121212" are long and still guessed first.
const DIFFERENT_CHARS_MIN: usize = 5;
/// Each takes a core for a moment and 19 MiB: the conversations of citizens go on beside it.
const HASHES_AT_ONCE_MAX: usize = 2;
/// Requests that wait for their turn; a shift that signs in together is fewer.
const HASHES_WAITING_MAX: usize = 128;
const SALT_BYTES: usize = 16;

/// A password in NFC, so that it is the same from every keyboard. Never printed; wiped when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Fewer characters than [`PASSWORD_CHARS_MIN`].
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// More characters than [`PASSWORD_CHARS_MAX`].
    #[error("a password has at most {PASSWORD_CHARS_MAX} characters")]
    TooLong,
    /// The same few characters again and again.
    #[error("a password has at least {DIFFERENT_CHARS_MIN} different characters")]
    TooPlain,
}

/// Why a password was not hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// The hash function refused, or its task was lost.
    #[error("hashing a password failed: {0}")]
    Failed(String),
}

impl Password {
    /// A password as it was typed to prove something: any text may be tried.
    pub fn typed(text: &str) -> Password {
        Password(Zeroizing::new(text.nfc().collect()))
    }

    /// A password as it was chosen.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn chosen(text: &str) -> Result<Password, PasswordRefusal> {
        let password = Password::typed(text);
        let chars = password.0.chars().count();
        if chars < PASSWORD_CHARS_MIN {
            Err(PasswordRefusal::TooShort)
        } else if chars > PASSWORD_CHARS_MAX {
            Err(PasswordRefusal::TooLong)
        } else if password.0.chars().collect::<BTreeSet<char>>().len() < DIFFERENT_CHARS_MIN {
            Err(PasswordRefusal::TooPlain)
        } else {
            Ok(password)
        }
    }
}

/// Prints no secret.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// Hashes passwords with argon2id, a bounded number at once, off the threads that serve.
pub struct Passwords {
    /// What nobody's password is compared with, so that an unknown name takes as long as a wrong password. No password has this hash: it
    /// is drawn, not computed, so that a start needs no [`Rooms`] and a node where no operator signs in never does.
    nobody: String,
    waiting: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    rooms: Rooms,
}

/// The rooms to work in, 19 MiB each, one for each hash at once. They are kept: the C library finds no use for what remains of such a
/// block, and 50 operators who signed in cost 700 MB.
type Rooms = Arc<Mutex<Vec<Vec<Block>>>>;

impl Passwords {
    /// Hashes nothing yet.
    ///
    /// # Errors
    /// The hash function refuses its own parameters.
    pub fn new() -> Result<Passwords, HashError> {
        Ok(Passwords {
            nobody: phc(|_, _| Ok(Output::new(&rand::random::<[u8; Params::DEFAULT_OUTPUT_LEN]>())?))?,
            rooms: Rooms::default(),
            waiting: Arc::new(Semaphore::new(HASHES_WAITING_MAX)),
            at_once: Arc::new(Semaphore::new(HASHES_AT_ONCE_MAX)),
        })
    }

    /// The hash to store, in PHC form, with a salt of its own.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        let rooms = Arc::clone(&self.rooms);
        self.run(move || hash(&password, &rooms)).await?
    }

    /// Whether the password is the one that was hashed. `None` is nobody's: false, after the same work.
    ///
    /// # Errors
    /// See [`HashError`].
    pub async fn matches(&self, password: Password, stored: Option<String>) -> Result<bool, HashError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let rooms = Arc::clone(&self.rooms);
        let matched = self.run(move || verify(&password, &stored, &rooms)).await?;
        Ok(matched && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| HashError::Busy)?;
        let failed = |error: &dyn fmt::Display| HashError::Failed(error.to_string());
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|error| failed(&error))?;
        // The turn goes with the work: a request that is given up does not stop it.
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| failed(&error))
    }
}

/// argon2id with the crate's parameters, which are OWASP's: 19 MiB, 2 passes, 1 lane. They are in the result, so that older
/// hashes still verify when the parameters are raised.
fn hash(password: &Password, rooms: &Rooms) -> Result<String, HashError> {
    phc(|salt, params| compute(password, salt, (Algorithm::default(), Version::default(), params), rooms))
}

/// A stored hash with a salt of its own.
fn phc(hash: impl Fn(&Salt, &Params) -> Result<Output, argon2::password_hash::Error>) -> Result<String, HashError> {
    let hashed = || -> Result<String, argon2::password_hash::Error> {
        let params = Params::default();
        let salt = Salt::new(&rand::random::<[u8; SALT_BYTES]>())?;
        let hash = hash(&salt, &params)?;
        let params = ParamsString::try_from(&params)?;
        let (algorithm, version) = (Algorithm::default().ident(), Some(Version::default().into()));
        Ok(PasswordHash { algorithm, version, params, salt: Some(salt), hash: Some(hash) }.to_string())
    };
    hashed().map_err(|error| HashError::Failed(error.to_string()))
}

/// Whether a stored hash is the password's; false for a text that is none.
fn verify(password: &Password, stored: &str, rooms: &Rooms) -> bool {
    let matched = || -> Option<bool> {
        let stored = PasswordHash::new(stored).ok()?;
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
        let version = stored.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let params = Params::try_from(&stored).ok()?;
        let hash = compute(password, &stored.salt?, (algorithm, version, &params), rooms).ok()?;
        // Compares in constant time.
        Some(hash == stored.hash?)
    };
    matched().unwrap_or(false)
}

fn compute(
    password: &Password,
    salt: &Salt,
    (algorithm, version, params): (Algorithm, Version, &Params),
    rooms: &Rooms,
) -> Result<Output, argon2::password_hash::Error> {
    let mut room = rooms.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    room.resize(params.block_count(), Block::new());
    let mut hash = [0; Output::MAX_LENGTH];
    let hash = &mut hash[..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN).min(Output::MAX_LENGTH)];
    let computed =
        Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(password.0.as_bytes(), salt, hash, &mut room);
    rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    computed?;
    Ok(Output::new(hash)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_password_is_long_and_not_plain() {
        let check = |text: &str, want: Result<(), PasswordRefusal>| {
            assert_eq!(Password::chosen(text).map(drop), want, "{text:?}");
        };
        check("mười hai chữ", Ok(()));
        check("mười một ch", Err(PasswordRefusal::TooShort));
        // Twelve characters as decomposed letters are fewer as composed ones.
        check("e\u{302}e\u{302}e\u{302}e\u{302}e\u{302}e\u{302}", Err(PasswordRefusal::TooShort));
        check("121212121212", Err(PasswordRefusal::TooPlain));
        check(&"abcde".repeat(51), Ok(()));
        check(&"abcde".repeat(52), Err(PasswordRefusal::TooLong));
    }

    #[tokio::test]
    async fn a_password_matches_its_hash_from_every_keyboard_and_nobody_matches() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash(Password::typed("một mật khẩu dài")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        // An unknown name takes the same work.
        assert!(passwords.nobody.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", passwords.nobody);
        assert_eq!(passwords.nobody.len(), stored.len());
        let decomposed: String = "một mật khẩu dài".nfd().collect();
        assert!(passwords.matches(Password::typed(&decomposed), Some(stored.clone())).await.unwrap());
        assert!(!passwords.matches(Password::typed("một mật khẩu khác"), Some(stored)).await.unwrap());
        assert!(!passwords.matches(Password::typed("nobody"), None).await.unwrap());
        assert!(!passwords.matches(Password::typed("nobody"), Some("no hash".to_owned())).await.unwrap());
    }

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(format!("{:?}", Password::typed("geheim")), "Password(***)");
    }
}
