//! Verification and look-up in service.
//!
//! The first step of the form answers before anything is looked up: what was typed is counted, sealed and stored, a password is made, and
//! the answer leaves. Whether somebody is known by it is found out afterwards ([`Identity::match_claim`]), so that neither the words nor the
//! time of the answer can depend on it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use jiff::civil::Date;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::code::{Identifier, SocialInsuranceCode};
use super::local::person_hash;
use super::port::{Claim, Person, Records, RecordsError, Verified};
use super::record::{Record, What};
use super::sms::Sms;
use super::verification::{
    CODE, CONVERSATION, FORGET_MS, FORM_MS, NETWORK, OTP_MS, OTP_PAUSE_MS, OTP_SENDS_MAX, OTP_TRIES_MAX, Otp, SERVICE, TEXTS, VERIFIED_MS,
};
use crate::conversation::{ConversationError, Conversations, Phone, Token, now_ms};
use crate::dialogue::{Input, Method, NotFetched, Verification, texts};
use crate::secret::{Key, OpenError, keyed};
use crate::store::{EffectRow, NewAccess, NewOtp, NewVerification, Store, StoreError, VerificationRow};

/// Claims that are looked up at once; the others wait.
const MATCHING_AT_ONCE_MAX: usize = 32;
/// Attempts to reach the records or the gateway, and the first pause between them.
const ATTEMPTS_MAX: u32 = 3;
const ATTEMPT_PAUSE: Duration = Duration::from_millis(500);
/// Errands carried out at once.
const ERRANDS_AT_ONCE_MAX: u32 = 32;
/// Whoever takes an errand on has so long.
const ERRAND_LEASE_MS: i64 = 30_000;
/// An errand that fails so often is given up.
const ERRAND_TRIES_MAX: i64 = 5;
/// Without a bell, errands are looked for so often: those that another node has dropped.
const ERRANDS_LOOK_EVERY: Duration = Duration::from_secs(5);
const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// A link to the form works for so long.
const LINK_MS: i64 = 15 * 60 * 1_000;
/// The clocks of two nodes differ by no more: one may be asked for a form that the other will have offered.
const CLOCKS_APART_MS_MAX: i64 = 2 * 60 * 1_000;
/// Who reads a record by themselves, in the audit.
const CITIZEN: &str = "citizen";

/// Why a form cannot go on. None of it depends on whether somebody is known.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// It has ended, was opened elsewhere, or was never there.
    #[error("the form is closed")]
    Closed,
    /// The link was used, is too old, or was never made.
    #[error("the link opens nothing")]
    Link,
    /// Too many attempts; none is taken before a moment.
    #[error("locked for {wait_ms} ms")]
    Locked {
        /// Until the next one.
        wait_ms: i64,
    },
    /// The next password comes later.
    #[error("too early by {wait_ms} ms")]
    TooEarly {
        /// Until the next one.
        wait_ms: i64,
    },
    /// No further password is sent.
    #[error("no further password is sent")]
    NoSends,
    /// This password is taken no more.
    #[error("the password is taken no more")]
    NoTries,
    /// It was another one.
    #[error("a wrong password, {left} tries left")]
    WrongOtp {
        /// Tries left.
        left: i64,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log could not be told.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
}

/// A form that is open.
#[derive(Debug, Clone)]
pub struct Form {
    /// What the form holds.
    pub session: Token,
    /// When it closes, in Unix milliseconds.
    pub expires_ms: i64,
    /// Whose.
    pub conversation_id: Uuid,
}

/// A password was made, and sent if there is somebody to send it to.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// Until when it is taken, in Unix milliseconds.
    pub otp_expires_ms: i64,
    /// When another one can be asked for, in Unix milliseconds; `None`: no more.
    pub resend_ms: Option<i64>,
    /// Whose.
    pub conversation_id: Uuid,
}

/// What was typed, as it is sealed.
#[derive(Serialize, Deserialize)]
struct ClaimBody {
    identifier: String,
    birth: Date,
}

/// What a shared contact is worth.
enum Contact {
    /// It is the registered one of whom the form named, or that is known already.
    Proved,
    Refused,
    /// Whose it should be could not be looked up.
    Unchecked(NotFetched),
}

/// Verification and look-up. Clones are the same.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    conversations: Arc<Conversations>,
    key: Key,
    /// By which persons are known: the key of the records.
    records_key: Key,
    records: Arc<dyn Records>,
    sms: Arc<dyn Sms>,
    matching: Arc<Semaphore>,
}

impl Identity {
    /// Connects the conversations with it. They offer lookups from [`Identity::offer`] on.
    pub fn new(conversations: Arc<Conversations>, key: Key, records_key: Key, records: Arc<dyn Records>, sms: Arc<dyn Sms>) -> Identity {
        conversations.attach_vault(key.clone());
        let matching = Arc::new(Semaphore::new(MATCHING_AT_ONCE_MAX));
        Identity(Arc::new(Inner { conversations, key, records_key, records, sms, matching }))
    }

    /// Conversations offer lookups from now on.
    pub fn offer(&self) {
        self.0.conversations.offer_lookups();
    }

    fn store(&self) -> &Store {
        self.0.conversations.store()
    }

    fn key(&self) -> &Key {
        &self.0.key
    }

    /// Carries errands out and ends what is over, until `stop` turns true.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let errands = async {
            loop {
                let more = match self.carry_out_due().await {
                    Ok(more) => more,
                    Err(error) => {
                        tracing::error!(error = error.to_string(), "errands cannot be read");
                        false
                    }
                };
                if !more {
                    tokio::select! {
                        () = self.0.conversations.errand_arrived() => {}
                        () = sleep(ERRANDS_LOOK_EVERY) => {}
                    }
                }
            }
        };
        let sweeping = async {
            loop {
                let at_ms = now_ms();
                if let Err(error) = self.store().sweep_verifications(at_ms, at_ms - FORGET_MS).await {
                    tracing::error!(error = error.to_string(), "verifications that are over cannot be ended");
                }
                // Somebody may have been imported since.
                if self.store().knows_persons().await.unwrap_or(false) {
                    self.offer();
                }
                sleep(SWEEP_EVERY).await;
            }
        };
        tokio::select! {
            () = errands => {}
            () = sweeping => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }

    // ---- the form

    /// Opens the form of a conversation, which ends an earlier one and what that proved.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_form(&self, conversation_id: Uuid) -> Result<Form, FormError> {
        self.open(conversation_id, None).await
    }

    /// Opens the form by the one-time token of a link.
    ///
    /// # Errors
    /// [`FormError::Link`].
    pub async fn open_form_by_link(&self, link: &Token) -> Result<Form, FormError> {
        let conversation_id = self.conversation_of_link(link.reveal()).ok_or(FormError::Link)?;
        self.open(conversation_id, Some(link)).await
    }

    async fn open(&self, conversation_id: Uuid, link: Option<&Token>) -> Result<Form, FormError> {
        let (session, at_ms) = (Token::random(), now_ms());
        let new = NewVerification {
            verification_id: Uuid::now_v7(),
            conversation_id,
            session_hash: session.hash(),
            link_hash: link.map(Token::hash),
            opened_ms: at_ms,
            expires_ms: at_ms + FORM_MS,
        };
        if !self.store().open_verification(&new).await? {
            return Err(FormError::Link);
        }
        Ok(Form { session, expires_ms: new.expires_ms, conversation_id })
    }

    /// The one-time token of a link to the form, for an offer of a conversation at a moment: the same offer always gives the same, and
    /// nothing is stored before it is used.
    pub fn link(&self, conversation_id: Uuid, offered_ms: i64) -> String {
        let head = format!("{}{offered_ms:016x}", conversation_id.simple());
        let sign = hex::encode(&self.link_mac(&head)[..16]);
        head + &sign
    }

    fn link_mac(&self, head: &str) -> [u8; 32] {
        let mac: Hmac<Sha256> = keyed(&self.key().look_up_hash("link to the form", ""));
        mac.chain_update(head.as_bytes()).finalize().into_bytes().into()
    }

    fn conversation_of_link(&self, link: &str) -> Option<Uuid> {
        const HEAD: usize = 32 + 16;
        if link.len() != HEAD + 32 || !link.is_ascii() {
            return None;
        }
        let (head, sign) = link.split_at(HEAD);
        let expected = hex::encode(&self.link_mac(head)[..16]);
        if !bool::from(expected.as_bytes().ct_eq(sign.as_bytes())) {
            return None;
        }
        let offered_ms = i64::from_str_radix(&head[32..], 16).ok()?;
        let fresh = (-CLOCKS_APART_MS_MAX..LINK_MS).contains(&now_ms().saturating_sub(offered_ms));
        fresh.then(|| Uuid::parse_str(&head[..32]).ok()).flatten()
    }

    /// The first step: somebody says who they are, and agrees. Answers the same whoever they are.
    ///
    /// # Errors
    /// Any but [`FormError::WrongOtp`], [`FormError::NoTries`], [`FormError::Link`].
    pub async fn start(&self, session: &Token, network: IpAddr, claim: &Claim) -> Result<Started, FormError> {
        let at_ms = now_ms();
        let row = self.live(session, at_ms).await?;
        let id = row.verification_id;
        if row.state == "verified" {
            return Err(FormError::Closed);
        }
        if let Some(refused) = sends_left(&row, at_ms) {
            return Err(refused);
        }
        let keys = self.budget_keys(row.conversation_id, network, &claim.identifier);
        let budgets = [CODE, CONVERSATION, NETWORK, SERVICE];
        let counted = self.store().count_attempts(&keys, |place, before| budgets[place].count(before, at_ms)).await?;
        if let Err(until_ms) = counted {
            metrics::counter!("hotro_verifications_total", "step" => "locked").increment(1);
            return Err(FormError::Locked { wait_ms: until_ms - at_ms });
        }
        let body = ClaimBody { identifier: claim.identifier.reveal().to_owned(), birth: claim.birth };
        let body = Zeroizing::new(serde_json::to_vec(&body).unwrap_or_default());
        let sealed = self.key().seal(&claim_place(id), &body);
        self.send_otp(&row, Some(sealed), at_ms).await
    }

    /// Another password for what was typed before.
    ///
    /// # Errors
    /// As [`Identity::start`].
    pub async fn resend(&self, session: &Token) -> Result<Started, FormError> {
        let at_ms = now_ms();
        let row = self.live(session, at_ms).await?;
        if row.state != "sent" {
            return Err(FormError::Closed);
        }
        if let Some(refused) = sends_left(&row, at_ms) {
            return Err(refused);
        }
        self.send_otp(&row, None, at_ms).await
    }

    async fn live(&self, session: &Token, at_ms: i64) -> Result<VerificationRow, FormError> {
        let row = self.store().verification_of_session(&session.hash()).await?;
        row.filter(|row| row.expires_ms > at_ms).ok_or(FormError::Closed)
    }

    fn budget_keys(&self, conversation_id: Uuid, network: IpAddr, identifier: &Identifier) -> [[u8; 32]; 4] {
        let key = &self.0.records_key;
        [
            key.look_up_hash(&format!("attempts on {}", identifier.kind()), identifier.reveal()),
            key.look_up_hash("attempts in conversation", &conversation_id.to_string()),
            key.look_up_hash("attempts from network", &network.to_string()),
            key.look_up_hash("attempts", ""),
        ]
    }

    async fn send_otp(&self, row: &VerificationRow, claim_sealed: Option<String>, at_ms: i64) -> Result<Started, FormError> {
        let id = row.verification_id;
        let otp = Otp::random();
        let new = NewOtp {
            claim_sealed,
            otp_hash: otp.hash(self.key(), id),
            at_ms,
            expires_ms: at_ms + OTP_MS,
            pause_ms: OTP_PAUSE_MS,
            sends_max: OTP_SENDS_MAX,
        };
        let Some(noted) = self.store().note_otp(id, &new).await? else {
            // Another request of the same form was faster.
            let row = self.store().verification_of(row.conversation_id).await?.filter(|row| row.verification_id == id);
            return Err(row.and_then(|row| sends_left(&row, at_ms)).unwrap_or(FormError::Closed));
        };
        metrics::counter!("hotro_verifications_total", "step" => "started").increment(1);
        let (resend_ms, conversation_id) = ((noted.sends < OTP_SENDS_MAX).then_some(at_ms + OTP_PAUSE_MS), noted.conversation_id);
        let identity = self.clone();
        tokio::spawn(async move { identity.match_claim(noted, otp).await });
        Ok(Started { otp_expires_ms: new.expires_ms, resend_ms, conversation_id })
    }

    /// Looks up who was claimed, and sends the password to the registered telephone. Nobody waits for it.
    async fn match_claim(&self, row: VerificationRow, otp: Otp) {
        // The semaphore is never closed.
        let _permit = Arc::clone(&self.0.matching).acquire_owned().await;
        let matched = match self.person_of(&row).await {
            Ok(matched) => matched,
            Err(error) => {
                metrics::counter!("hotro_verification_errors_total", "what" => "records").increment(1);
                return tracing::error!(error = error.to_string(), "a claim could not be looked up");
            }
        };
        let reached = matched.and_then(|person| Some((person.phone.clone()?, person)));
        // Nobody and somebody cost the same writes: they hold up whatever is asked next, and that can be measured from outside.
        let noted = self.note_match(&row, reached.as_ref().map(|(_, person)| person)).await;
        let counted = self.count_text(&row, reached.as_ref().map(|(_, person)| person)).await;
        let within = match noted.and(counted) {
            Ok(within) => within,
            Err(error) => return tracing::error!(error = error.to_string(), "a claim that was looked up could not be noted"),
        };
        let Some((phone, _)) = reached else { return };
        if !within {
            return metrics::counter!("hotro_sms_total", "result" => "too_many").increment(1);
        }
        let text = Zeroizing::new(texts::lookup::form::sms(otp.reveal()));
        let mut pause = ATTEMPT_PAUSE;
        for attempt in 1..=ATTEMPTS_MAX {
            match self.0.sms.send(&phone, &text).await {
                Ok(()) => return metrics::counter!("hotro_sms_total", "result" => "sent").increment(1),
                Err(error) if attempt < ATTEMPTS_MAX && error.passes() => sleep(pause).await,
                Err(error) => {
                    metrics::counter!("hotro_sms_total", "result" => "failed").increment(1);
                    return tracing::error!(error = error.to_string(), "a password could not be sent");
                }
            }
            pause *= 2;
        }
    }

    /// The person whom a claim names rightly; `None` when there is none.
    async fn person_of(&self, row: &VerificationRow) -> Result<Option<Person>, RecordsError> {
        let Some(claim) = self.claim_of(row) else { return Ok(None) };
        let mut pause = ATTEMPT_PAUSE;
        let mut attempt = 1;
        let found = loop {
            match self.0.records.find(&claim.identifier).await {
                Err(RecordsError::Unavailable(_) | RecordsError::Slow) if attempt < ATTEMPTS_MAX => sleep(pause).await,
                done => break done?,
            }
            attempt += 1;
            pause *= 2;
        };
        Ok(found.filter(|person| {
            let named = match &claim.identifier {
                Identifier::Code(code) => *code == person.code,
                Identifier::CitizenId(id) => person.citizen_id.as_ref() == Some(id),
            };
            named && person.birth == claim.birth
        }))
    }

    fn claim_of(&self, row: &VerificationRow) -> Option<Claim> {
        let opened = self.key().open(&claim_place(row.verification_id), row.claim_sealed.as_deref()?).ok()?;
        let body: ClaimBody = serde_json::from_slice(&opened).ok()?;
        Some(Claim { identifier: Identifier::parse(&Zeroizing::new(body.identifier)).ok()?, birth: body.birth })
    }

    /// Notes whom a claim names; `None`: nobody.
    async fn note_match(&self, row: &VerificationRow, person: Option<&Person>) -> Result<(), StoreError> {
        let subject = person.map(|person| {
            let sealed = self.key().seal(&subject_place(row.verification_id), person.code.reveal().as_bytes());
            (sealed, person_hash(&self.0.records_key, &person.code))
        });
        let claim = row.claim_sealed.as_deref().unwrap_or_default();
        self.store().note_match(row.verification_id, claim, subject.as_ref().map(|(sealed, hash)| (&**sealed, &**hash))).await
    }

    /// Counts a text to a person, from whatever conversation it is asked for; false: no more of them now. Nobody is counted alike.
    async fn count_text(&self, row: &VerificationRow, person: Option<&Person>) -> Result<bool, StoreError> {
        let key = match person {
            Some(person) => self.texts_key(&person_hash(&self.0.records_key, &person.code)),
            None => self.0.records_key.look_up_hash("texts to nobody", &row.conversation_id.to_string()),
        };
        let at_ms = now_ms();
        Ok(self.store().count_attempts(&[key], |_, before| TEXTS.count(before, at_ms)).await?.is_ok())
    }

    fn texts_key(&self, person_hash: &str) -> [u8; 32] {
        self.0.records_key.look_up_hash("texts to person", person_hash)
    }

    /// The second step: the password.
    ///
    /// # Errors
    /// Any but [`FormError::Locked`], [`FormError::Link`].
    pub async fn check(&self, session: &Token, network: IpAddr, otp: &Otp) -> Result<Uuid, FormError> {
        let at_ms = now_ms();
        let row = self.live(session, at_ms).await?;
        let id = row.verification_id;
        if row.state == "verified" {
            // The answer was lost on its way: the same again.
            self.tell_verified(&row, Method::Otp).await?;
            return Ok(row.conversation_id);
        }
        let Some(tried) = self.store().count_otp_try(id, at_ms, OTP_TRIES_MAX).await? else { return Err(FormError::NoTries) };
        let right = otp.matches(self.key(), id, tried.otp_hash.as_deref().unwrap_or_default());
        if !right || !tried.matched {
            metrics::counter!("hotro_verifications_total", "step" => "wrong").increment(1);
            let left = OTP_TRIES_MAX - tried.tries;
            return Err(if left > 0 { FormError::WrongOtp { left } } else { FormError::NoTries });
        }
        let claim = self.claim_of(&tried);
        let verified = self.note_verified(&tried, Method::Otp).await?.ok_or(FormError::Closed)?;
        if let Some(claim) = claim {
            self.forgive(&verified, Some(network), &claim.identifier).await?;
        }
        Ok(verified.conversation_id)
    }

    async fn note_verified(&self, row: &VerificationRow, by: Method) -> Result<Option<VerificationRow>, FormError> {
        let id = row.verification_id;
        let mut data_key = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(&mut *data_key);
        let sealed = self.key().seal(&data_key_place(id), Zeroizing::new(hex::encode(*data_key)).as_bytes());
        let Some(verified) = self.store().note_verified(id, &sealed, now_ms() + VERIFIED_MS, by.name()).await? else { return Ok(None) };
        self.tell_verified(&verified, by).await?;
        metrics::counter!("hotro_verifications_total", "step" => "verified").increment(1);
        Ok(Some(verified))
    }

    /// What was counted was no attack: whoever succeeds holds the telephone.
    async fn forgive(&self, verified: &VerificationRow, network: Option<IpAddr>, identifier: &Identifier) -> Result<(), StoreError> {
        let [code, conversation, from_network, service] =
            self.budget_keys(verified.conversation_id, network.unwrap_or(IpAddr::from([0, 0, 0, 0])), identifier);
        if let Some(hash) = &verified.person_hash {
            self.store().forget_attempts(&self.texts_key(hash)).await?;
        }
        self.store().forget_attempts(&code).await?;
        self.store().forget_attempts(&conversation).await?;
        if network.is_some() {
            self.store().take_back_attempt(&from_network).await?;
        }
        self.store().take_back_attempt(&service).await
    }

    async fn tell_verified(&self, row: &VerificationRow, by: Method) -> Result<(), ConversationError> {
        let Some(code) = self.subject_of(row) else { return Ok(()) };
        let verification = Verification { id: row.verification_id, until_ms: row.until_ms, ending: code.ending().to_owned() };
        let input_id = format!("verified:{}", row.verification_id);
        self.0.conversations.submit(row.conversation_id, &input_id, &Input::Verified { verification, by }).await.map(drop)
    }

    fn subject_of(&self, row: &VerificationRow) -> Option<SocialInsuranceCode> {
        let opened = self.key().open(&subject_place(row.verification_id), row.subject_sealed.as_deref()?).ok()?;
        SocialInsuranceCode::parse(std::str::from_utf8(&opened).ok()?).ok()
    }

    // ---- what it proves

    /// What a conversation has proved, now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn verified(&self, conversation_id: Uuid) -> Result<Option<Verified>, StoreError> {
        let row = self.store().verification_of(conversation_id).await?;
        Ok(row.filter(|row| row.state == "verified" && now_ms() < row.until_ms).and_then(|row| {
            let code = self.subject_of(&row)?;
            Some(Verified { verification_id: row.verification_id, conversation_id, code, until_ms: row.until_ms })
        }))
    }

    /// Reads a part of the record of the person whom a conversation has proved to be, under the eyes of the audit.
    ///
    /// # Errors
    /// Why it is not shown.
    #[tracing::instrument(name = "record", level = "debug", skip_all, fields(conversation.id = %conversation_id, what = what.name()))]
    pub async fn read(&self, conversation_id: Uuid, what: What, actor: Option<(&str, &str)>) -> Result<(Uuid, Record), NotFetched> {
        let failed = |error: &dyn std::error::Error| {
            metrics::counter!("hotro_verification_errors_total", "what" => "fetch").increment(1);
            tracing::error!(conversation.id = %conversation_id, error = error.to_string(), "a record could not be read");
            NotFetched::Unavailable
        };
        let proof = self.verified(conversation_id).await.map_err(|error| failed(&error))?.ok_or(NotFetched::Unverified)?;
        // No access without a trace: nothing is given out before the note is durable, neither by this program nor by the one that has the
        // records. From the own tables it is read meanwhile.
        let access = NewAccess {
            person_hash: person_hash(&self.0.records_key, proof.code()),
            conversation_id: Some(conversation_id),
            actor: actor.map_or(CITIZEN, |(actor, _)| actor).to_owned(),
            what: what.name(),
            reason: actor.map(|(_, reason)| reason.to_owned()),
            at_ms: now_ms(),
        };
        let noting = async { self.store().note_access(&access).await.map_err(|error| failed(&error)) };
        let fetching = self.0.records.fetch(&proof, what);
        let fetched = if self.0.records.are_local() {
            let (noted, fetched) = tokio::join!(noting, fetching);
            noted?;
            fetched
        } else {
            noting.await?;
            fetching.await
        };
        let record = fetched.map_err(|error| {
            failed(&error);
            NotFetched::from(&error)
        })?;
        Ok((proof.verification_id(), record))
    }

    // ---- errands of turns

    /// Whether there may be more.
    async fn carry_out_due(&self) -> Result<bool, StoreError> {
        let due = self.store().due_effects(now_ms(), ERRANDS_AT_ONCE_MAX).await?;
        let full = due.len() == ERRANDS_AT_ONCE_MAX as usize;
        futures::future::join_all(due.iter().map(|effect| async {
            if let Err(error) = self.carry_out(effect).await {
                tracing::error!(conversation.id = %effect.conversation_id, kind = effect.kind, error = error.to_string(), "an errand failed");
            }
        }))
        .await;
        Ok(full)
    }

    async fn carry_out(&self, effect: &EffectRow) -> Result<(), ConversationError> {
        let (id, at_ms) = (effect.conversation_id, now_ms());
        if !self.store().lease_effect(effect, at_ms, at_ms + ERRAND_LEASE_MS).await? {
            return Ok(());
        }
        if effect.tries >= ERRAND_TRIES_MAX {
            return Ok(self.store().effect_done(id, effect.request).await?);
        }
        let input = match effect.kind.split_once(':') {
            Some(("fetch", what)) => {
                let read = match What::parse(what) {
                    Some(what) => self.read(id, what, None).await,
                    None => Err(NotFetched::Unavailable),
                };
                Some(match read {
                    Ok((verification, record)) => Input::Fetched { request: effect.request, verification, record: Box::new(record) },
                    Err(why) => Input::NotFetched { request: effect.request, why },
                })
            }
            _ if effect.kind == "contact" => {
                // A contact that proves something tells the conversation by itself.
                match self.check_contact(effect).await? {
                    Contact::Proved => None,
                    Contact::Refused => Some(Input::ContactRefused),
                    Contact::Unchecked(why) => Some(Input::ContactUnchecked(why)),
                }
            }
            _ if effect.kind == "end-verification" => {
                self.store().end_verification(id, at_ms).await?;
                None
            }
            _ if effect.kind == "erase" => Some(self.erase(effect).await?),
            // Another version of the program asked; it carries it out.
            _ => return Ok(()),
        };
        if let Some(input) = input {
            self.0.conversations.submit(id, &format!("errand:{}", effect.request), &input).await?;
        }
        Ok(self.store().effect_done(id, effect.request).await?)
    }

    /// Whether the citizen's own telephone is the registered one of whom the form named. While nobody can be looked up, no try is counted.
    async fn check_contact(&self, effect: &EffectRow) -> Result<Contact, ConversationError> {
        let opened = effect.sealed.as_deref().and_then(|sealed| {
            let place = crate::conversation::effect_place(effect.conversation_id, effect.request);
            self.key().open(&place, sealed).ok()
        });
        let phone = opened.as_ref().and_then(|phone| Phone::parse(std::str::from_utf8(phone).ok()?));
        let at_ms = now_ms();
        let Some(row) = self.store().verification_of(effect.conversation_id).await?.filter(|row| row.expires_ms > at_ms) else {
            return Ok(Contact::Refused);
        };
        if row.state == "verified" {
            return Ok(Contact::Proved);
        }
        let person = match self.person_of(&row).await {
            Ok(person) => person,
            Err(error) => {
                metrics::counter!("hotro_verification_errors_total", "what" => "records").increment(1);
                tracing::error!(error = error.to_string(), "a claim could not be looked up");
                return Ok(Contact::Unchecked(NotFetched::from(&error)));
            }
        };
        let Some(tried) = self.store().count_otp_try(row.verification_id, at_ms, OTP_TRIES_MAX).await? else {
            return Ok(Contact::Refused);
        };
        let claim = self.claim_of(&tried);
        let (Some(phone), Some(person)) = (phone, person) else { return Ok(Contact::Refused) };
        let same = person.phone.as_ref().is_some_and(|own| bool::from(own.reveal().as_bytes().ct_eq(phone.reveal().as_bytes())));
        if !same {
            return Ok(Contact::Refused);
        }
        self.note_match(&tried, Some(&person)).await?;
        let verified = match self.note_verified(&tried, Method::Contact).await {
            Ok(verified) => verified,
            Err(FormError::Conversation(error)) => return Err(error),
            Err(FormError::Store(error)) => return Err(error.into()),
            Err(_) => None,
        };
        if let (Some(row), Some(claim)) = (&verified, claim) {
            self.forgive(row, None, &claim.identifier).await?;
        }
        Ok(if verified.is_some() { Contact::Proved } else { Contact::Refused })
    }

    async fn erase(&self, effect: &EffectRow) -> Result<Input, ConversationError> {
        let id = effect.conversation_id;
        self.0.conversations.erase(id, effect.request, now_ms()).await?;
        if let Err(error) = self.store().fold_journal().await {
            // It is erased; the pages are overwritten a little later.
            tracing::warn!(error = error.to_string(), "the journal could not be folded after an erasure");
        }
        let hash = self.key().look_up_hash("erasure", &format!("{id}/{}", effect.request));
        Ok(Input::Erased { receipt: hex::encode_upper(&hash[..5]), events: effect.request })
    }

    /// Opens the key under which a conversation's personal messages are sealed.
    pub(crate) fn open_data_key(key: &Key, row: &VerificationRow) -> Result<Key, OpenError> {
        let sealed = row.data_key_sealed.as_deref().ok_or(OpenError)?;
        let opened = key.open(&data_key_place(row.verification_id), sealed)?;
        Key::from_hex(std::str::from_utf8(&opened).map_err(|_| OpenError)?).map_err(|_| OpenError)
    }
}

/// Why no password can be made now; `None`: one can.
fn sends_left(row: &VerificationRow, at_ms: i64) -> Option<FormError> {
    let wait_ms = (row.sent_ms + OTP_PAUSE_MS).saturating_sub(at_ms);
    if row.sends >= OTP_SENDS_MAX {
        Some(FormError::NoSends)
    } else if row.sends > 0 && wait_ms > 0 {
        Some(FormError::TooEarly { wait_ms: wait_ms.min(OTP_PAUSE_MS) })
    } else {
        None
    }
}

fn claim_place(id: Uuid) -> String {
    format!("verification.claim/{id}")
}

fn subject_place(id: Uuid) -> String {
    format!("verification.subject/{id}")
}

fn data_key_place(id: Uuid) -> String {
    format!("verification.data_key/{id}")
}
