//! The one port to what is known of a person.

use futures::future::BoxFuture;
use jiff::civil::Date;
use uuid::Uuid;

use super::code::{CitizenId, Identifier, SocialInsuranceCode};
use super::record::{Record, What};
use crate::conversation::Phone;
use crate::dialogue::NotFetched;

/// What somebody says of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Code or citizen ID.
    pub identifier: Identifier,
    /// The date of birth.
    pub birth: Date,
}

/// An insured person, as far as a claim is checked against it.
#[derive(Debug, Clone)]
pub struct Person {
    /// The code.
    pub code: SocialInsuranceCode,
    /// The citizen ID, when it is known.
    pub citizen_id: Option<CitizenId>,
    /// The date of birth.
    pub birth: Date,
    /// The registered telephone, when there is one.
    pub phone: Option<Phone>,
}

/// The proof that a conversation may see the record of one person: made by a verification in time, and by nothing else.
#[derive(Debug, Clone)]
pub struct Verified {
    pub(super) verification_id: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) code: SocialInsuranceCode,
    pub(super) until_ms: i64,
}

impl Verified {
    /// The verification that proves it.
    pub fn verification_id(&self) -> Uuid {
        self.verification_id
    }

    /// Whose conversation.
    pub fn conversation_id(&self) -> Uuid {
        self.conversation_id
    }

    /// Whose record.
    pub fn code(&self) -> &SocialInsuranceCode {
        &self.code
    }

    /// Until when, in Unix milliseconds.
    pub fn until_ms(&self) -> i64 {
        self.until_ms
    }
}

/// Why a record could not be read. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// It may work again in a while.
    #[error("the records cannot be reached: {0}")]
    Unavailable(String),
    /// No answer came in time.
    #[error("the records do not answer in time")]
    Slow,
    /// What came back is no record.
    #[error("the records are not of the agreed form: {0}")]
    Nonsense(String),
}

impl From<&RecordsError> for NotFetched {
    fn from(error: &RecordsError) -> NotFetched {
        match error {
            RecordsError::Slow => NotFetched::Slow,
            RecordsError::Unavailable(_) => NotFetched::Unavailable,
            RecordsError::Nonsense(_) => NotFetched::Unreadable,
        }
    }
}

/// What is known of insured persons.
pub trait Records: Send + Sync {
    /// They are in this program's own database: what is read has not been given out by anybody yet.
    fn are_local(&self) -> bool;

    /// Finds the person of a code or citizen ID; `None`: nobody is known by it.
    fn find<'a>(&'a self, identifier: &'a Identifier) -> BoxFuture<'a, Result<Option<Person>, RecordsError>>;

    /// Reads a part of the record of the person who was verified.
    fn fetch<'a>(&'a self, proof: &'a Verified, what: What) -> BoxFuture<'a, Result<Record, RecordsError>>;
}
