//! `hotro records`: what is known of insured persons.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use hotro::config::{Config, RecordsConfig, Secret, SmsGateway};
use hotro::conversation::{Conversations, now_ms};
use hotro::dialogue::day_in_vietnam;
use hotro::identity::code::SocialInsuranceCode;
use hotro::identity::import::{FileKind, import_file};
use hotro::identity::keys::{records_key, rotate};
use hotro::identity::local::{LocalRecords, person_hash};
use hotro::identity::sms::{BODY_DEFAULT, Console, HttpGateway, Sms};
use hotro::identity::upstream::{HttpRecords, Upstream};
use hotro::identity::{Identity, Records, demo};
use hotro::secret::Key;
use hotro::store::{AccessOf, transfer};
use zeroize::Zeroizing;

/// Accesses printed.
const ACCESSES_LISTED_MAX: u32 = 10_000;

/// Whose accesses are printed.
pub(crate) enum AuditOf {
    /// All.
    All,
    /// Of the person whose code stands on the standard input.
    Code,
    /// In a conversation.
    Conversation(uuid::Uuid),
    /// By an operator.
    Operator(uuid::Uuid),
}

/// Verification and look-up as configured; `None`: switched off.
pub(crate) async fn identity(config: &Config, conversations: &Arc<Conversations>, key: Key) -> anyhow::Result<Option<Identity>> {
    let Some(sms) = sms(config)? else { return Ok(None) };
    let records_key = records_key(conversations.store(), &key).await.context("opening the key of the records")?;
    let Some(records) = upstream(&config.records)? else {
        let records: Arc<dyn Records> = Arc::new(LocalRecords::new(conversations.store().clone(), records_key.clone()));
        let identity = Identity::new(conversations.clone(), key, records_key, records, sms);
        // Whoever is imported later is noticed while it runs.
        if conversations.store().knows_persons().await.context("looking for persons")? {
            identity.offer();
        }
        return Ok(Some(identity));
    };
    let identity = Identity::new(conversations.clone(), key, records_key, Arc::new(records), sms);
    identity.offer();
    Ok(Some(identity))
}

/// How one-time passwords are sent; `None`: they are not.
pub(crate) fn sms(config: &Config) -> anyhow::Result<Option<Arc<dyn Sms>>> {
    Ok(match config.sms_gateway()? {
        SmsGateway::Off => {
            tracing::warn!("sms.gateway: off, so nobody can look up their own record");
            None
        }
        SmsGateway::Console | SmsGateway::Auto => {
            tracing::warn!("ONE-TIME PASSWORDS ARE PRINTED HERE instead of being sent: good to try hotro. In service, set sms.url.");
            Some(Arc::new(Console))
        }
        SmsGateway::Http => {
            let url = config.sms.url.as_deref().and_then(safe_url).context("sms.url: expected https://...")?;
            let body = config.sms.body.as_deref().unwrap_or(BODY_DEFAULT);
            let authorization = config.sms.authorization.as_ref().map(Secret::reveal);
            Some(Arc::new(
                HttpGateway::new(url, body, authorization)
                    .context("sms.body: needs {phone} and {text}, or sms.authorization is no header")?,
            ))
        }
    })
}

/// The other system that records are read from; `None`: they are in the own database.
pub(crate) fn upstream(settings: &RecordsConfig) -> anyhow::Result<Option<HttpRecords>> {
    let Some(url) = &settings.upstream_url else { return Ok(None) };
    let url = safe_url(url).context("records.upstream_url: expected https://...")?;
    let UpstreamFiles { identity, ca } = upstream_files(settings)?;
    let has_tls = url.scheme() == "https";
    ensure!(has_tls || (identity.is_none() && ca.is_none()), "records.upstream_url: expected https:// with certificates");
    let upstream = Upstream {
        url,
        key: settings.upstream_key.as_ref().map(|key| key.reveal().to_owned()),
        identity,
        ca,
        timeout: Duration::from_millis(settings.timeout_ms.get().into()),
    };
    let records =
        HttpRecords::new(upstream).map_err(|key| anyhow::anyhow!("{key}: expected certificates, and the key of one's own, in PEM"))?;
    Ok(Some(records))
}

/// An address to which personal data may be sent: over TLS, or within this machine.
fn safe_url(text: &str) -> Option<reqwest::Url> {
    let url: reqwest::Url = text.parse().ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let is_local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    (url.scheme() == "https" || (url.scheme() == "http" && is_local)).then_some(url)
}

/// What the other system and this program know each other by, PEM.
pub(crate) struct UpstreamFiles {
    /// This program's certificate and its private key.
    pub(crate) identity: Option<Zeroizing<Vec<u8>>>,
    /// The authorities of the other system.
    pub(crate) ca: Option<Vec<u8>>,
}

/// Reads them; an error names the key.
pub(crate) fn upstream_files(settings: &RecordsConfig) -> anyhow::Result<UpstreamFiles> {
    let mut identity = read_pem("records.upstream_identity", settings.upstream_identity.as_deref())?;
    match (&mut identity, read_pem("records.upstream_identity_key", settings.upstream_identity_key.as_deref())?) {
        (Some(identity), Some(key)) => {
            identity.push(b'\n');
            identity.extend_from_slice(&key);
        }
        (None, Some(_)) => bail!("records.upstream_identity_key: needs the certificate of this key, records.upstream_identity"),
        (_, None) => {}
    }
    let ca = read_pem("records.upstream_ca", settings.upstream_ca.as_deref())?.map(|pem| pem.to_vec());
    Ok(UpstreamFiles { identity, ca })
}

fn read_pem(key: &str, path: Option<&Path>) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    path.map(|path| std::fs::read(path).map(Zeroizing::new)).transpose().with_context(|| format!("{key}: cannot be read"))
}

/// Adds invented people and prints what to type.
pub(crate) fn demo(config: &Config) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        let key = records_key(&store, &super::load_key(config, &store).await?).await?;
        let at_ms = now_ms();
        demo::install(&store, &key, day_in_vietnam(at_ms), at_ms).await.context("adding invented people")?;
        store.close().await;
        let mut out = std::io::stdout().lock();
        for person in demo::PEOPLE {
            writeln!(out, "{}\t{}\t{}\t{}", person.code, faq::vietnamese_date(person.birth), person.name, person.about)?;
        }
        writeln!(out, "Invented: codes that begin with 00 and telephones that begin with 04 belong to nobody.")?;
        Ok(())
    })
}

/// Imports files, each whole or not at all, and prints how many lines each had.
pub(crate) fn import(config: &Config, kind: FileKind, files: &[PathBuf]) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        let key = records_key(&store, &super::load_key(config, &store).await?).await?;
        let mut out = std::io::stdout().lock();
        for file in files {
            let begun = Instant::now();
            let lines = import_file(&store, &key, kind, file, now_ms()).await.with_context(|| file.display().to_string())?;
            writeln!(out, "{}: {lines} lines in {:.1} s", file.display(), begun.elapsed().as_secs_f64())?;
        }
        store.close().await;
        Ok(())
    })
}

/// Prints who has read what, the newest first.
pub(crate) fn audit(config: &Config, of: &AuditOf) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        let key = records_key(&store, &super::load_key(config, &store).await?).await?;
        let of = match of {
            AuditOf::All => AccessOf::All,
            AuditOf::Code => {
                // Not as an argument, which every process of the machine could read.
                let mut typed = Zeroizing::new(String::new());
                std::io::stdin().read_line(&mut typed).context("reading the code from the standard input")?;
                AccessOf::Person(person_hash(&key, &SocialInsuranceCode::parse(&typed).context("code")?))
            }
            AuditOf::Conversation(id) => AccessOf::Conversation(*id),
            AuditOf::Operator(id) => AccessOf::Actor(id.to_string()),
        };
        let mut out = std::io::stdout().lock();
        for row in store.accesses(&of, ACCESSES_LISTED_MAX).await? {
            let at = jiff::Timestamp::from_millisecond(row.at_ms).map_or_else(|_| row.at_ms.to_string(), |at| at.to_string());
            let (conversation, reason) = (row.conversation_id.unwrap_or_default(), row.reason.unwrap_or_default());
            writeln!(out, "{at}\t{}\t{}\t{}\t{conversation}\t{reason}", row.actor, row.what, row.person_hash)?;
        }
        store.close().await;
        Ok(())
    })
}

/// Seals everything with the key in a file, and prints what changed.
pub(crate) fn rotate_key(config: &Config, new_key_file: &Path) -> anyhow::Result<()> {
    super::block_on(async {
        // A node that goes on would seal with the old key what nobody can open afterwards.
        let _alone = transfer::alone(&config.database_url()).await?;
        let store = super::open_store(config).await?;
        let old = super::load_key(config, &store).await?;
        let text = Zeroizing::new(std::fs::read_to_string(new_key_file).with_context(|| new_key_file.display().to_string())?);
        let new = Key::from_hex(&text).with_context(|| new_key_file.display().to_string())?;
        ensure!(new.print() != old.print(), "{}: this is the key in use", new_key_file.display());
        let done = rotate(&store, &old, &new).await.context("nothing has changed")?;
        store.close().await;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{} values are sealed anew. Start hotro with the new key in HOTRO_KEY, on all nodes.", done.resealed)?;
        writeln!(out, "{} recovery codes are void: their operators make new ones at the console.", done.recovery_codes)?;
        writeln!(out, "{} verifications were ended.", done.verifications)?;
        Ok(())
    })
}
