//! Records of another system, over HTTP. docs/records-api.yaml is the contract.
//!
//! Codes travel in bodies, never in addresses, which proxies log. Nothing is cached. A system that keeps failing is left alone for a while,
//! so that citizens are told at once instead of waiting.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::Date;
use reqwest::{StatusCode, Url, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::code::{CitizenId, Identifier, SocialInsuranceCode};
use super::port::{Person, Records, RecordsError, Verified};
use super::record::{Record, What};
use crate::conversation::Phone;

/// Failures in a row after which it is left alone.
const FAILURES_MAX: u32 = 5;
/// For so long.
const REST: Duration = Duration::from_secs(30);
/// An answer larger than this is no record of one person.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How the other system is reached.
pub struct Upstream {
    /// The base address.
    pub url: Url,
    /// A bearer key.
    pub key: Option<String>,
    /// Certificate and private key, PEM, for mutual TLS.
    pub identity: Option<Zeroizing<Vec<u8>>>,
    /// The authorities that its certificate may come from, PEM; `None`: those of the public web.
    pub ca: Option<Vec<u8>>,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// The other system.
pub struct HttpRecords {
    http: reqwest::Client,
    url: Url,
    breaker: Mutex<Breaker>,
}

#[derive(Default)]
struct Breaker {
    failures: u32,
    closed_at: Option<Instant>,
}

/// A person as the contract has them.
#[derive(Deserialize)]
struct PersonAnswer {
    code: String,
    citizen_id: Option<String>,
    birth: Date,
    phone: Option<String>,
}

impl HttpRecords {
    /// Connects to nothing yet. `Err` names what cannot be used.
    ///
    /// # Errors
    /// The key, the certificate or the authorities cannot be used.
    pub fn new(upstream: Upstream) -> Result<HttpRecords, &'static str> {
        let mut headers = header::HeaderMap::new();
        if let Some(key) = upstream.key {
            let mut value = header::HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| "records.upstream_key")?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(upstream.timeout)
            .timeout(upstream.timeout)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = upstream.identity {
            http = http.identity(reqwest::Identity::from_pem(&pem).map_err(|_| "records.upstream_identity")?);
        }
        if let Some(pem) = upstream.ca {
            let authorities = reqwest::Certificate::from_pem_bundle(&pem).ok().filter(|found| !found.is_empty());
            http = http.tls_built_in_root_certs(false);
            for authority in authorities.ok_or("records.upstream_ca")? {
                http = http.add_root_certificate(authority);
            }
        }
        Ok(HttpRecords {
            http: http.build().map_err(|_| "records.upstream_identity or records.upstream_ca")?,
            url: upstream.url,
            breaker: Mutex::default(),
        })
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: not there.
    async fn ask<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<Option<T>, RecordsError> {
        let rests = self.breaker().closed_at.is_some_and(|at| at.elapsed() < REST);
        if rests {
            return Err(RecordsError::Unavailable("left alone after failures".to_owned()));
        }
        let asked = self.call(path, body).await;
        let mut breaker = self.breaker();
        match &asked {
            Ok(_) => *breaker = Breaker::default(),
            Err(_) => {
                breaker.failures += 1;
                if breaker.failures >= FAILURES_MAX {
                    breaker.closed_at = Some(Instant::now());
                }
            }
        }
        asked
    }

    async fn call<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<Option<T>, RecordsError> {
        let unreachable = |error: reqwest::Error| match error.is_timeout() {
            true => RecordsError::Slow,
            false => RecordsError::Unavailable(error.without_url().to_string()),
        };
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        let mut response = self.http.post(url).json(body).send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(RecordsError::Unavailable(format!("status {}", status.as_u16())));
            }
            status => return Err(RecordsError::Nonsense(format!("status {}", status.as_u16()))),
        }
        let mut answer = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if answer.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(RecordsError::Nonsense("an answer that does not end".to_owned()));
            }
            answer.extend_from_slice(&chunk);
        }
        // serde's message may quote what it read.
        serde_json::from_slice(&answer).map(Some).map_err(|_| RecordsError::Nonsense("an answer of another form".to_owned()))
    }

    async fn find_one(&self, identifier: &Identifier) -> Result<Option<Person>, RecordsError> {
        let body = match identifier {
            Identifier::Code(code) => json!({ "code": code.reveal() }),
            Identifier::CitizenId(id) => json!({ "citizen_id": id.reveal() }),
        };
        let Some(answer) = self.ask::<PersonAnswer>("v1/persons/find", &body).await? else { return Ok(None) };
        let wrong = |what: &str| RecordsError::Nonsense(format!("a person with a wrong {what}"));
        Ok(Some(Person {
            code: SocialInsuranceCode::parse(&answer.code).map_err(|_| wrong("code"))?,
            citizen_id: answer.citizen_id.as_deref().map(CitizenId::parse).transpose().map_err(|_| wrong("citizen ID"))?,
            birth: answer.birth,
            phone: answer.phone.as_deref().and_then(Phone::parse),
        }))
    }

    async fn list<T: DeserializeOwned>(&self, code: &SocialInsuranceCode, what: &str) -> Result<Vec<T>, RecordsError> {
        Ok(self.ask(&format!("v1/records/{what}"), &json!({ "code": code.reveal() })).await?.unwrap_or_default())
    }

    async fn fetch_one(&self, code: &SocialInsuranceCode, what: What) -> Result<Record, RecordsError> {
        Ok(match what {
            What::Participation | What::Detail(_) | What::ForCalculation => Record::Contributions(self.list(code, "contributions").await?),
            What::Benefits => Record::Benefits(self.list(code, "benefits").await?),
            What::Dossiers => Record::Dossiers(self.list(code, "dossiers").await?),
            What::Card => Record::Card(self.ask("v1/records/card", &json!({ "code": code.reveal() })).await?),
            What::Visits => Record::Visits(self.list(code, "visits").await?),
            What::Dependants => Record::Dependants(self.list(code, "dependants").await?),
            What::Code => Record::Code(code.clone()),
        })
    }
}

impl Records for HttpRecords {
    fn are_local(&self) -> bool {
        false
    }

    fn find<'a>(&'a self, identifier: &'a Identifier) -> BoxFuture<'a, Result<Option<Person>, RecordsError>> {
        self.find_one(identifier).boxed()
    }

    fn fetch<'a>(&'a self, proof: &'a Verified, what: What) -> BoxFuture<'a, Result<Record, RecordsError>> {
        self.fetch_one(proof.code(), what).boxed()
    }
}
