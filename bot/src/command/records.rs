//! `hotro records`: what is known of insured persons.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use hotro::config::{Config, Secret, SmsGateway};
use hotro::conversation::{Conversations, now_ms};
use hotro::dialogue::day_in_vietnam;
use hotro::identity::local::LocalRecords;
use hotro::identity::sms::{BODY_DEFAULT, Console, HttpGateway, Sms};
use hotro::identity::{Identity, Records, demo};
use hotro::secret::Key;

/// Verification and look-up as configured; `None`: switched off.
pub(crate) fn identity(config: &Config, conversations: &Arc<Conversations>, key: Key) -> anyhow::Result<Option<Identity>> {
    let sms: Arc<dyn Sms> = match config.sms_gateway()? {
        SmsGateway::Off => {
            tracing::warn!("sms.gateway: off, so nobody can look up their own record");
            return Ok(None);
        }
        SmsGateway::Console | SmsGateway::Auto => {
            tracing::warn!("ONE-TIME PASSWORDS ARE PRINTED HERE instead of being sent: good to try hotro. In service, set sms.url.");
            Arc::new(Console)
        }
        SmsGateway::Http => {
            let url = config.sms.url.as_deref().and_then(|url| url.parse().ok()).context("sms.url: expected https://...")?;
            let body = config.sms.body.as_deref().unwrap_or(BODY_DEFAULT);
            let authorization = config.sms.authorization.as_ref().map(Secret::reveal);
            Arc::new(HttpGateway::new(url, body, authorization).context("sms.body: needs {phone} and {text}, or sms.authorization is no header")?)
        }
    };
    let records: Arc<dyn Records> = Arc::new(LocalRecords::new(conversations.store().clone(), key.clone()));
    Ok(Some(Identity::new(conversations.clone(), key, records, sms)))
}

/// Adds invented people and prints what to type.
pub(crate) fn demo(config: &Config) -> anyhow::Result<()> {
    super::block_on(async {
        let store = super::open_store(config).await?;
        let key = super::load_key(config, &store).await?;
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
