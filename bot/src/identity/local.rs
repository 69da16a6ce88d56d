//! Records in the tables of this installation, sealed.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::code::{CitizenId, Identifier, SocialInsuranceCode};
use super::port::{Person, Records, RecordsError, Verified};
use super::record::{Benefit, Card, Contribution, Dependant, Dossier, Record, Visit, What};
use crate::conversation::Phone;
use crate::secret::Key;
use crate::store::{PersonRow, Store, StoreError};

/// Half of a hash is more than enough to tell all people and facts of a country apart.
const HASH_BYTES: usize = 16;

/// The kinds of facts, as the schema names them.
pub mod kind {
    /// [`super::Contribution`].
    pub const CONTRIBUTION: &str = "contribution";
    /// [`super::Benefit`].
    pub const BENEFIT: &str = "benefit";
    /// [`super::Dossier`].
    pub const DOSSIER: &str = "dossier";
    /// [`super::Card`].
    pub const CARD: &str = "card";
    /// [`super::Visit`].
    pub const VISIT: &str = "visit";
    /// [`super::Dependant`].
    pub const DEPENDANT: &str = "dependant";
}

/// A person as they are sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct PersonBody {
    pub(super) code: String,
    pub(super) citizen_id: Option<String>,
    pub(super) name: String,
    pub(super) birth: jiff::civil::Date,
    pub(super) phone: Option<String>,
}

/// The local tables.
#[derive(Clone)]
pub struct LocalRecords {
    store: Store,
    key: Key,
}

/// The keyed hash of a code, in hex: what a person is found by, and what the audit knows them by.
pub fn person_hash(key: &Key, code: &SocialInsuranceCode) -> String {
    short(&key.look_up_hash(SocialInsuranceCode::KIND, code.reveal()))
}

/// The keyed hash of a citizen ID, in hex.
pub(super) fn citizen_hash(key: &Key, id: &CitizenId) -> String {
    short(&key.look_up_hash(CitizenId::KIND, id.reveal()))
}

pub(super) fn record_hash(key: &Key, kind: &str, fact: &str) -> String {
    short(&key.look_up_hash(kind, fact))
}

/// The keyed hash, in hex, of what is sealed for a place: by it the same again is known without being opened.
pub(super) fn content_hash(key: &Key, place: &str, body: &[u8]) -> String {
    short(&key.look_up_hash_of(&format!("content of {place}"), body))
}

fn short(hash: &[u8; 32]) -> String {
    hex::encode(&hash[..HASH_BYTES])
}

/// Where a person belongs.
pub(crate) fn person_place(person_hash: &str) -> String {
    format!("person/{person_hash}")
}

/// Where a fact belongs.
pub(crate) fn record_place(person_hash: &str, kind: &str, record_hash: &str) -> String {
    format!("record/{person_hash}/{kind}/{record_hash}")
}

impl LocalRecords {
    /// The tables of a database that belongs to this key.
    pub fn new(store: Store, key: Key) -> LocalRecords {
        LocalRecords { store, key }
    }

    async fn find_one(&self, identifier: &Identifier) -> Result<Option<Person>, RecordsError> {
        let row = match identifier {
            Identifier::Code(code) => self.store.person(&person_hash(&self.key, code)).await,
            Identifier::CitizenId(id) => self.store.person_of_citizen_id(&citizen_hash(&self.key, id)).await,
        };
        row.map_err(|error| unavailable(&error))?.map(|row| self.open(&row)).transpose()
    }

    pub(super) fn open_body(&self, row: &PersonRow) -> Result<PersonBody, RecordsError> {
        let opened = self.key.open(&person_place(&row.person_hash), &row.sealed).map_err(|error| nonsense(&error))?;
        serde_json::from_slice(&opened).map_err(|_| RecordsError::Nonsense("a person of another form".to_owned()))
    }

    fn open(&self, row: &PersonRow) -> Result<Person, RecordsError> {
        let body = self.open_body(row)?;
        let wrong = |what: &'static str| RecordsError::Nonsense(format!("a person with a wrong {what}"));
        Ok(Person {
            code: SocialInsuranceCode::parse(&body.code).map_err(|_| wrong("code"))?,
            citizen_id: body.citizen_id.as_deref().map(CitizenId::parse).transpose().map_err(|_| wrong("citizen ID"))?,
            birth: body.birth,
            phone: body.phone.map(Zeroizing::new).and_then(|phone| Phone::parse(&phone)),
        })
    }

    async fn facts<T: DeserializeOwned>(&self, code: &SocialInsuranceCode, kind: &'static str) -> Result<Vec<T>, RecordsError> {
        let person = person_hash(&self.key, code);
        let rows = self.store.records(&person, kind).await.map_err(|error| unavailable(&error))?;
        let open = |(hash, sealed): (String, String)| {
            let opened = self.key.open(&record_place(&person, kind, &hash), &sealed).map_err(|error| nonsense(&error))?;
            serde_json::from_slice(&opened).map_err(|_| RecordsError::Nonsense(format!("a {kind} of another form")))
        };
        rows.into_iter().map(open).collect()
    }

    async fn fetch_one(&self, code: &SocialInsuranceCode, what: What) -> Result<Record, RecordsError> {
        Ok(match what {
            What::Participation | What::Detail(_) | What::ForCalculation => {
                let mut all: Vec<Contribution> = self.facts(code, kind::CONTRIBUTION).await?;
                all.sort_by_key(|period| (period.from, period.kind, period.to));
                Record::Contributions(all)
            }
            What::Benefits => {
                let mut all: Vec<Benefit> = self.facts(code, kind::BENEFIT).await?;
                all.sort_by_key(|benefit| std::cmp::Reverse(benefit.from));
                Record::Benefits(all)
            }
            What::Dossiers => {
                let mut all: Vec<Dossier> = self.facts(code, kind::DOSSIER).await?;
                all.sort_by_key(|dossier| std::cmp::Reverse(dossier.received));
                Record::Dossiers(all)
            }
            What::Card => {
                let all: Vec<Card> = self.facts(code, kind::CARD).await?;
                Record::Card(all.into_iter().max_by_key(|card| card.to))
            }
            What::Visits => {
                let mut all: Vec<Visit> = self.facts(code, kind::VISIT).await?;
                all.sort_by_key(|visit| std::cmp::Reverse(visit.date));
                Record::Visits(all)
            }
            What::Dependants => {
                let mut all: Vec<Dependant> = self.facts(code, kind::DEPENDANT).await?;
                all.sort_by_key(|child| child.birth);
                Record::Dependants(all)
            }
            What::Code => Record::Code(code.clone()),
        })
    }
}

impl Records for LocalRecords {
    fn are_local(&self) -> bool {
        true
    }

    fn find<'a>(&'a self, identifier: &'a Identifier) -> BoxFuture<'a, Result<Option<Person>, RecordsError>> {
        self.find_one(identifier).boxed()
    }

    fn fetch<'a>(&'a self, proof: &'a Verified, what: What) -> BoxFuture<'a, Result<Record, RecordsError>> {
        self.fetch_one(proof.code(), what).boxed()
    }
}

fn unavailable(error: &StoreError) -> RecordsError {
    RecordsError::Unavailable(error.to_string())
}

fn nonsense(error: &crate::secret::OpenError) -> RecordsError {
    RecordsError::Nonsense(error.to_string())
}
