//! Accounts of operators: how they prove who they are, and stay signed in.
//!
//! The rules are pure and each in its file; [`Accounts`] is the thin outside that stores what they decide. Time is an argument.

mod audit;
mod lockout;
mod name;
mod password;
mod recovery;
mod role;
mod roster;
mod totp;

pub use audit::{Action, Actor, audit};
pub use name::{DISPLAY_NAME_CHARS_MAX, NAME_CHARS_MAX, NAME_CHARS_MIN, OperatorName, SKILLS_MAX};
pub use password::{HashError, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Password, PasswordRefusal, Passwords};
pub use recovery::{RECOVERY_CODES, RecoveryCode};
pub use role::{Permission, Role};
pub use roster::{CAPACITY_MAX, Change, INVITATION_TTL_MS, Invitation, Operator, Roster, RosterError, Standing};
pub use totp::{TotpSecret, qr_svg};

use std::fmt;
use std::net::IpAddr;

use serde_json::json;
use uuid::Uuid;

use crate::conversation::Token;
use crate::secret::{Key, OpenError};
use crate::store::{AuditRow, NewAudit, NewFactor, NewSession, OperatorRow, Store, StoreError};

/// A session ends after half an hour without a request. An open console asks for news more often than that, so this is how long
/// a closed one stays open to who finds the browser. With [`SESSION_MS_MAX`], NIST SP 800-63B's level AAL2.
pub const SESSION_IDLE_MS_MAX: i64 = 30 * 60 * 1_000;
/// A session ends after twelve hours, longer than any shift, however busy it is.
pub const SESSION_MS_MAX: i64 = 12 * 60 * 60 * 1_000;
/// A session's last request is known to the minute: not every reading becomes a writing.
const SEEN_EVERY_MS: i64 = 60 * 1_000;
/// Rows of the audit given at once.
pub const AUDIT_PAGE_ROWS_MAX: u32 = 100;

/// Somebody who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub operator: Operator,
    /// When the session ends if it is used, in Unix milliseconds.
    pub expires_ms: i64,
    session_hash: [u8; 32],
}

impl SignedIn {
    /// Whether they may. A role that needs a second factor gives nothing beyond an operator's rights without one.
    pub fn may(&self, permission: Permission) -> bool {
        let role = if self.lacks_second_factor() { Role::Operator } else { self.operator.role };
        role.may(permission)
    }

    /// Whether their role needs a second factor that they do not have.
    pub fn lacks_second_factor(&self) -> bool {
        self.operator.role.needs_second_factor() && !self.operator.second_factor
    }

    /// As whom they are remembered.
    pub fn actor(&self) -> Actor {
        Actor::Operator(self.operator.id)
    }
}

/// What is typed beside the password.
pub enum SecondFactor {
    /// The code of the authenticator app.
    Totp(String),
    /// A recovery code.
    Recovery(String),
}

/// An attempt to sign in, as typed.
pub struct SignIn<'a> {
    /// The name.
    pub name: &'a str,
    /// The password.
    pub password: Password,
    /// The second factor, when one was typed.
    pub second_factor: Option<SecondFactor>,
    /// Where it comes from.
    pub network: IpAddr,
}

/// A new TOTP secret, shown once, that waits for the code that confirms it.
pub struct Enrolment {
    /// For an app that reads no QR code.
    pub secret: String,
    /// What the QR code holds.
    pub uri: String,
    /// An SVG document.
    pub qr_svg: String,
}

/// An accepted invitation.
pub struct Accepted {
    /// Opens the console.
    pub session: Token,
    /// Shown once; empty without a second factor.
    pub recovery_codes: Vec<RecoveryCode>,
}

/// Prints no secret.
impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(***)")
    }
}

/// Why it was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// An unknown name, a wrong password, a disabled operator: these look the same.
    #[error("wrong name or password")]
    WrongCredentials,
    /// The password is right and not enough.
    #[error("a second factor is needed")]
    SecondFactorNeeded,
    /// The code is wrong, over, or was used before.
    #[error("wrong code")]
    WrongCode,
    /// Too many failures.
    #[error("locked out for {retry_after_s} s")]
    LockedOut {
        /// Whole seconds, at least 1.
        retry_after_s: u64,
    },
    /// The invitation is unknown, used or over: these look the same.
    #[error("the invitation is not open")]
    InvitationClosed,
    /// The password breaks the rule.
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
    /// The role needs a second factor.
    #[error("the role needs a second factor")]
    SecondFactorRequired,
    /// For a short while.
    #[error("too much at once")]
    Busy,
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hash(HashError),
    /// A stored secret belongs to another key.
    #[error(transparent)]
    Sealed(#[from] OpenError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<HashError> for AccountError {
    fn from(error: HashError) -> AccountError {
        match error {
            HashError::Busy => AccountError::Busy,
            error => AccountError::Hash(error),
        }
    }
}

/// The accounts of this installation.
pub struct Accounts {
    store: Store,
    key: Key,
    passwords: Passwords,
}

impl Accounts {
    /// Over a database whose sealed columns belong to `key`.
    ///
    /// # Errors
    /// Passwords cannot be hashed.
    pub fn new(store: Store, key: Key) -> Result<Accounts, HashError> {
        Ok(Accounts { store, key, passwords: Passwords::new()? })
    }

    /// Who the operators are.
    pub fn roster(&self) -> Roster {
        Roster::new(self.store.clone())
    }

    /// Signs in. The token of the session is known only to who gets it here.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn sign_in(&self, attempt: SignIn<'_>, now_ms: i64) -> Result<Token, AccountError> {
        let counted = self.count(attempt.name, Some(attempt.network), now_ms).await?;
        let row = match OperatorName::parse(attempt.name) {
            Some(name) => self.store.operator_by_name(name.as_str()).await?,
            None => None,
        };
        let subject = row.as_ref().map(|row| row.operator_id);
        let stored = row.as_ref().and_then(|row| row.password_hash.clone());
        let matched = match self.passwords.matches(attempt.password, stored.clone()).await {
            Ok(matched) => matched,
            Err(error) => {
                counted.take_back().await?;
                return Err(error.into());
            }
        };
        let (Some(row), Some(password_hash), true) = (row, stored, matched) else {
            let reason = if subject.is_some() { "password" } else { "name" };
            counted.failed(subject, reason).await?;
            return Err(AccountError::WrongCredentials);
        };
        if let Some(sealed) = &row.totp_sealed {
            let Some(typed) = attempt.second_factor else {
                counted.take_back().await?;
                return Err(AccountError::SecondFactorNeeded);
            };
            if let Err(reason) = self.check_factor(&row, sealed, typed, now_ms).await? {
                counted.failed(subject, reason).await?;
                return Err(AccountError::WrongCode);
            }
        }
        let (token, session) = new_session(now_ms);
        let detail = json!({ "network": attempt.network, "second_factor": row.totp_sealed.is_some() });
        let audit = audit(Actor::Operator(row.operator_id), Action::SignedIn, subject, now_ms, &detail);
        if !self.store.open_session(row.operator_id, &password_hash, &session, &audit).await? {
            // The password was changed, or the operator disabled, a moment ago.
            counted.failed(subject, "password").await?;
            return Err(AccountError::WrongCredentials);
        }
        counted.succeeded().await?;
        self.forget_the_past(now_ms).await?;
        Ok(token)
    }

    /// Who presents a token; `None` when its session is unknown, over or idle for too long.
    ///
    /// # Errors
    /// The database fails.
    pub async fn signed_in(&self, token: &Token, now_ms: i64) -> Result<Option<SignedIn>, AccountError> {
        let session_hash = token.hash();
        let Some(row) = self.store.session(&session_hash, now_ms, now_ms.saturating_sub(SESSION_IDLE_MS_MAX)).await? else {
            return Ok(None);
        };
        if now_ms.saturating_sub(row.seen_ms) >= SEEN_EVERY_MS {
            self.store.session_seen(&session_hash, now_ms).await?;
        }
        Ok(Some(SignedIn { operator: Operator::try_from(&row.operator)?, expires_ms: row.expires_ms, session_hash }))
    }

    /// Signs out of this browser.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sign_out(&self, who: &SignedIn, now_ms: i64) -> Result<(), AccountError> {
        let audit = audit(who.actor(), Action::SignedOut, Some(who.operator.id), now_ms, &json!({}));
        Ok(self.store.close_session(&who.session_hash, &audit).await?)
    }

    /// Signs out of all browsers, this one included.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sign_out_everywhere(&self, who: &SignedIn, now_ms: i64) -> Result<(), AccountError> {
        let audit = audit(who.actor(), Action::SignedOutEverywhere, Some(who.operator.id), now_ms, &json!({}));
        Ok(self.store.close_sessions(who.operator.id, &audit).await?)
    }

    /// Sets another password and signs out of all other browsers.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn change_password(&self, who: &SignedIn, current: Password, new: &str, now_ms: i64) -> Result<(), AccountError> {
        let new = Password::chosen(new)?;
        let old_hash = self.prove_password(who, current, now_ms).await?;
        let new_hash = self.passwords.hash(new).await?;
        let audit = audit(who.actor(), Action::PasswordChanged, Some(who.operator.id), now_ms, &json!({}));
        let changed = self.store.change_password(who.operator.id, &old_hash, &new_hash, &who.session_hash, &audit).await?;
        if changed { Ok(()) } else { Err(AccountError::WrongCredentials) }
    }

    /// Begins to set up another second factor. The present one works until a code confirms the new one.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn begin_factor(&self, who: &SignedIn, password: Password, now_ms: i64) -> Result<Enrolment, AccountError> {
        self.prove_password(who, password, now_ms).await?;
        self.enrol(who.operator.id, &who.operator.name).await
    }

    /// Confirms the second factor that was begun. The recovery codes are shown once; older ones stop working.
    ///
    /// # Errors
    /// [`AccountError::WrongCode`], also when none was begun.
    pub async fn confirm_factor(&self, who: &SignedIn, code: &str, now_ms: i64) -> Result<Vec<RecoveryCode>, AccountError> {
        let row = self.store.operator(who.operator.id).await?.ok_or(AccountError::WrongCode)?;
        let (factor, codes) = self.confirmed(&row, code, now_ms)?;
        let audit = audit(who.actor(), Action::FactorChanged, Some(who.operator.id), now_ms, &json!({}));
        if self.store.set_factor(row.operator_id, &factor, &audit).await? { Ok(codes) } else { Err(AccountError::WrongCode) }
    }

    /// Recovery codes that are left.
    ///
    /// # Errors
    /// The database fails.
    pub async fn recovery_codes_left(&self, who: &SignedIn) -> Result<i64, AccountError> {
        Ok(self.store.recovery_codes_left(who.operator.id).await?)
    }

    /// Who is invited, and until when.
    ///
    /// # Errors
    /// [`AccountError::InvitationClosed`], or the database fails.
    pub async fn invited(&self, token: &Token, now_ms: i64) -> Result<(Operator, i64), AccountError> {
        let (row, expires_ms) = self.invited_row(token, now_ms).await?;
        Ok((Operator::try_from(&row)?, expires_ms))
    }

    /// Begins to set up the second factor of who is invited.
    ///
    /// # Errors
    /// [`AccountError::InvitationClosed`], or the database fails.
    pub async fn begin_invited_factor(&self, token: &Token, now_ms: i64) -> Result<Enrolment, AccountError> {
        let (operator, _) = self.invited(token, now_ms).await?;
        self.enrol(operator.id, &operator.name).await
    }

    /// Accepts an invitation: sets the password and, with a code, the second factor that was begun; signs in.
    ///
    /// # Errors
    /// See [`AccountError`]. The invitation stays open.
    pub async fn accept(&self, token: &Token, password: &str, code: Option<&str>, now_ms: i64) -> Result<Accepted, AccountError> {
        let (row, _) = self.invited_row(token, now_ms).await?;
        let operator = Operator::try_from(&row)?;
        let password = Password::chosen(password)?;
        let (factor, recovery_codes) = match code {
            Some(code) => {
                let (factor, codes) = self.confirmed(&row, code, now_ms)?;
                (Some(factor), codes)
            }
            None if operator.role.needs_second_factor() => return Err(AccountError::SecondFactorRequired),
            None => (None, Vec::new()),
        };
        let password_hash = self.passwords.hash(password).await?;
        let (session, stored) = new_session(now_ms);
        let detail = json!({ "second_factor": factor.is_some() });
        let audit = audit(Actor::Operator(operator.id), Action::InvitationAccepted, Some(operator.id), now_ms, &detail);
        if !self.store.accept_invitation(&token.hash(), &password_hash, factor.as_ref(), &stored, &audit).await? {
            return Err(AccountError::InvitationClosed);
        }
        self.store.forget_attempts(&self.account_key(operator.name.as_str())).await?;
        Ok(Accepted { session, recovery_codes })
    }

    /// The newest acts, or those before one of them, newest first; at most [`AUDIT_PAGE_ROWS_MAX`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn audit_page(&self, before: Option<Uuid>) -> Result<Vec<AuditRow>, AccountError> {
        Ok(self.store.audit_page(before, AUDIT_PAGE_ROWS_MAX).await?)
    }

    /// Remembers an act that changed nothing.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remember(&self, audit: &NewAudit) -> Result<(), AccountError> {
        Ok(self.store.audit(audit).await?)
    }

    async fn invited_row(&self, token: &Token, now_ms: i64) -> Result<(OperatorRow, i64), AccountError> {
        self.store.invited_operator(&token.hash(), now_ms).await?.ok_or(AccountError::InvitationClosed)
    }

    /// The stored hash of the password that was proved.
    async fn prove_password(&self, who: &SignedIn, password: Password, now_ms: i64) -> Result<String, AccountError> {
        let counted = self.count(who.operator.name.as_str(), None, now_ms).await?;
        let stored = self.store.operator(who.operator.id).await?.and_then(|row| row.password_hash);
        match (self.passwords.matches(password, stored.clone()).await, stored) {
            (Ok(true), Some(stored)) => {
                counted.succeeded().await?;
                Ok(stored)
            }
            (Ok(_), _) => {
                counted.failed(Some(who.operator.id), "password").await?;
                Err(AccountError::WrongCredentials)
            }
            (Err(error), _) => {
                counted.take_back().await?;
                Err(error.into())
            }
        }
    }

    /// Checks and uses up a code. The inner error is the reason for the audit.
    async fn check_factor(
        &self,
        row: &OperatorRow,
        sealed: &str,
        typed: SecondFactor,
        now_ms: i64,
    ) -> Result<Result<(), &'static str>, AccountError> {
        let id = row.operator_id;
        match typed {
            SecondFactor::Totp(code) => match self.open_totp(id, sealed)?.matching_step(&code, now_ms) {
                None => Ok(Err("code")),
                Some(step) if self.store.take_totp_step(id, step).await? => Ok(Ok(())),
                Some(_) => Ok(Err("replayed code")),
            },
            SecondFactor::Recovery(code) => {
                let used = match RecoveryCode::typed(&code) {
                    Some(code) => self.store.use_recovery_code(id, &code.hash(&self.key), now_ms).await?,
                    None => false,
                };
                if used {
                    let audit = audit(Actor::Operator(id), Action::RecoveryCodeUsed, Some(id), now_ms, &json!({}));
                    self.store.audit(&audit).await?;
                }
                Ok(if used { Ok(()) } else { Err("recovery code") })
            }
        }
    }

    async fn enrol(&self, id: Uuid, name: &OperatorName) -> Result<Enrolment, AccountError> {
        let secret = TotpSecret::random();
        let uri = secret.uri(name);
        let qr_svg = qr_svg(&uri).map_err(|error| HashError::Failed(error.to_string()))?;
        self.store.set_pending_totp(id, &self.key.seal(&totp_place(id), secret.as_bytes())).await?;
        Ok(Enrolment { secret: secret.base32(), uri, qr_svg })
    }

    /// The pending factor, if the code is its own.
    fn confirmed(&self, row: &OperatorRow, code: &str, now_ms: i64) -> Result<(NewFactor, Vec<RecoveryCode>), AccountError> {
        let totp_sealed = row.totp_pending.clone().ok_or(AccountError::WrongCode)?;
        let secret = self.open_totp(row.operator_id, &totp_sealed)?;
        let step = secret.matching_step(code, now_ms).ok_or(AccountError::WrongCode)?;
        let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES).map(|_| RecoveryCode::random()).collect();
        let recovery_hashes = codes.iter().map(|code| code.hash(&self.key)).collect();
        Ok((NewFactor { totp_sealed, step, recovery_hashes }, codes))
    }

    fn open_totp(&self, id: Uuid, sealed: &str) -> Result<TotpSecret, OpenError> {
        TotpSecret::from_bytes(&self.key.open(&totp_place(id), sealed)?).ok_or(OpenError)
    }

    /// What was typed as a name is hashed as it is looked up, so that every spelling of a name counts as one.
    fn account_key(&self, name: &str) -> [u8; 32] {
        self.key.look_up_hash("sign_in.account", &name.trim().to_ascii_lowercase())
    }

    async fn count(&self, name: &str, network: Option<IpAddr>, now_ms: i64) -> Result<Counted<'_>, AccountError> {
        let account = self.account_key(name);
        let network = network.map(|network| (network, self.key.look_up_hash("sign_in.network", &network.to_string())));
        let keys: Vec<[u8; 32]> = std::iter::once(account).chain(network.map(|(_, key)| key)).collect();
        let rules = [lockout::ACCOUNT, lockout::NETWORK];
        match self.store.count_attempts(&keys, |place, before| rules[place.min(1)].count(before, now_ms)).await? {
            Ok(after) => {
                let locks = after.iter().any(|attempts| attempts.locked_until_ms > now_ms);
                Ok(Counted { store: &self.store, account, network, locks, now_ms })
            }
            Err(locked_until_ms) => {
                let wait_ms = u64::try_from(locked_until_ms - now_ms).unwrap_or_default();
                Err(AccountError::LockedOut { retry_after_s: wait_ms.div_ceil(1_000).max(1) })
            }
        }
    }

    /// Rows that matter no more are deleted whenever somebody signs in.
    async fn forget_the_past(&self, now_ms: i64) -> Result<(), StoreError> {
        self.store.delete_ended_sessions(now_ms, now_ms.saturating_sub(SESSION_IDLE_MS_MAX)).await?;
        self.store.forget_attempts_before(now_ms.saturating_sub(lockout::FORGET_MS_MAX)).await
    }
}

/// An attempt that counts as failed until it turns out otherwise.
struct Counted<'a> {
    store: &'a Store,
    account: [u8; 32],
    network: Option<(IpAddr, [u8; 32])>,
    /// Whether nothing is tried for a while after it.
    locks: bool,
    now_ms: i64,
}

impl Counted<'_> {
    /// It was wrong. What was typed as a name is not remembered: people type their password there.
    async fn failed(self, subject: Option<Uuid>, reason: &'static str) -> Result<(), StoreError> {
        let detail = json!({ "reason": reason, "network": self.network.map(|(network, _)| network) });
        self.store.audit(&audit(Actor::Anyone, Action::SignInFailed, subject, self.now_ms, &detail)).await?;
        if self.locks {
            self.store.audit(&audit(Actor::Anyone, Action::LockedOut, subject, self.now_ms, &detail)).await?;
        }
        Ok(())
    }

    /// It proved everything: the account begins anew. The network does not, or who knows one password could guess others for ever.
    async fn succeeded(self) -> Result<(), StoreError> {
        self.store.forget_attempts(&self.account).await?;
        self.take_back_network().await
    }

    /// It proved nothing and was no guess.
    async fn take_back(self) -> Result<(), StoreError> {
        self.store.take_back_attempt(&self.account).await?;
        self.take_back_network().await
    }

    async fn take_back_network(&self) -> Result<(), StoreError> {
        match &self.network {
            Some((_, key)) => self.store.take_back_attempt(key).await,
            None => Ok(()),
        }
    }
}

fn new_session(now_ms: i64) -> (Token, NewSession) {
    let token = Token::random();
    let session = NewSession { session_hash: token.hash(), created_ms: now_ms, expires_ms: now_ms.saturating_add(SESSION_MS_MAX) };
    (token, session)
}

/// Where a TOTP secret belongs: it opens in the row of its operator only.
fn totp_place(id: Uuid) -> String {
    format!("operator.totp/{id}")
}
