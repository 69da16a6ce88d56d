//! What everybody was told, against the log.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;
use sqlx::{Connection, PgConnection, Row};

use crate::chats::Chat;
use crate::citizens::Citizen;
use crate::desk::Written;
use crate::world::World;

/// Findings that are printed; the rest is counted.
const FINDINGS_MAX: usize = 40;
/// A message that is told twice was under way while something was broken, or until a line that had gone silent was noticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(30);
/// From the moment that Telegram has a message until it is noted.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What the participants brought home.
#[derive(Default)]
pub struct Seen {
    /// On the web.
    pub citizens: Vec<Citizen>,
    /// On Telegram.
    pub chats: Vec<Chat>,
    /// Messages of operators that were acknowledged.
    pub operator_messages: Vec<Written>,
}

/// What is wrong.
#[derive(Default)]
pub struct Findings {
    /// In words, the first [`FINDINGS_MAX`].
    pub list: Vec<String>,
}

impl Findings {
    fn add(&mut self, finding: String) {
        if self.list.len() < FINDINGS_MAX {
            self.list.push(finding);
        }
    }
}

/// Compares everything.
pub async fn check(world: &World, seen: Seen) -> Result<Findings> {
    let mut findings = Findings::default();
    let acknowledged: usize = seen.citizens.iter().map(|citizen| citizen.acknowledged.len()).sum();
    let again: usize = seen.citizens.iter().map(|citizen| citizen.again).sum();
    for citizen in &seen.citizens {
        check_citizen(citizen, &mut findings);
    }
    let logs: HashMap<&str, &[Value]> = seen.citizens.iter().map(|citizen| (citizen.id.as_str(), citizen.log.as_slice())).collect();
    for (conversation, text) in &seen.operator_messages {
        let Some(log) = logs.get(conversation.as_str()) else { continue };
        let times = log.iter().filter(|event| event["kind"] == "operator_message" && event["text"] == *text).count();
        if times != 1 {
            findings.add(format!("an operator's acknowledged message is {times} times in the log of {conversation}"));
        }
    }
    let mut database = PgConnection::connect(&world.database_url).await?;
    check_numbers(&mut database, &mut findings).await?;
    check_claims(&mut database, &mut findings).await?;
    let doubled = check_chats(world, &mut database, &seen.chats, &mut findings).await?;
    database.close().await?;
    let asked: usize = seen.chats.iter().map(|chat| chat.amounts.len()).sum();
    println!(
        "web: {acknowledged} messages acknowledged ({again} attempts failed and were made again), operators: {}, Telegram: {asked} asked, \
         {doubled} told twice while something was broken, {} connections cut in use",
        seen.operator_messages.len(),
        world.database.cut_in_use() + world.telegram_line.cut_in_use(),
    );
    Ok(findings)
}

fn check_citizen(citizen: &Citizen, findings: &mut Findings) {
    let id = &citizen.id;
    let mut places: HashMap<&str, Vec<u64>> = HashMap::new();
    for event in &citizen.log {
        if let (Some(client_id), Some(seq)) = (event["client_id"].as_str(), event["seq"].as_u64())
            && event["kind"] == "citizen_message"
        {
            places.entry(client_id).or_default().push(seq);
        }
    }
    for (client_id, seq) in &citizen.acknowledged {
        match places.get(client_id.to_string().as_str()).map(Vec::as_slice) {
            None => findings.add(format!("{id}: message {client_id}, acknowledged as {seq}, is not in the log")),
            Some([at]) if at == seq => {}
            Some(at) => findings.add(format!("{id}: message {client_id}, acknowledged as {seq}, is in the log at {at:?}")),
        }
    }
    for seq in &citizen.disordered {
        findings.add(format!("{id}: a stream brought {seq} twice or too late"));
    }
    let told: BTreeMap<u64, &Value> = citizen.log.iter().filter_map(|event| Some((event["seq"].as_u64()?, event))).collect();
    for seq in told.keys().filter(|seq| !citizen.inbox.contains_key(seq)) {
        findings.add(format!("{id}: event {seq} ({}) never came by a stream", told[seq]["kind"]));
    }
    for seq in citizen.inbox.keys().filter(|seq| !told.contains_key(seq)) {
        findings.add(format!("{id}: a stream brought event {seq}, which is not in the log"));
    }
    if !citizen.answered {
        findings.add(format!("{id}: the last message was not answered"));
    }
}

/// No log has a hole, and none ends before its count.
async fn check_numbers(database: &mut PgConnection, findings: &mut Findings) -> Result<()> {
    let rows = sqlx::query(
        "select c.conversation_id, c.last_seq, count(e.seq) as events, coalesce(max(e.seq), 0) as last from conversation c \
         left join event e on e.conversation_id = c.conversation_id group by 1, 2",
    );
    for row in rows.fetch_all(database).await? {
        let (id, counted, events, last): (String, i64, i64, i64) =
            (row.try_get("conversation_id")?, row.try_get("last_seq")?, row.try_get("events")?, row.try_get("last")?);
        if counted != events || counted != last {
            findings.add(format!("{id}: {events} events up to {last}, counted {counted}"));
        }
    }
    Ok(())
}

/// A handoff belongs to one operator at a time.
async fn check_claims(database: &mut PgConnection, findings: &mut Findings) -> Result<()> {
    let rows = sqlx::query(
        "select conversation_id, seq, kind from event where kind in \
         ('handoff_requested', 'handoff_claimed', 'handoff_released', 'handoff_resolved', 'handoff_left') order by 1, 2",
    );
    let mut before: Option<(String, String)> = None;
    for row in rows.fetch_all(database).await? {
        let (id, kind): (String, String) = (row.try_get("conversation_id")?, row.try_get("kind")?);
        if kind == "handoff_claimed" && before.as_ref() == Some(&(id.clone(), kind.clone())) {
            findings.add(format!("{id}: claimed twice without a release"));
        }
        before = Some((id, kind));
    }
    Ok(())
}

/// Every message of a chat is in the log once and was answered; what was told twice was under way while something was broken, one message a
/// chat and trouble.
async fn check_chats(world: &World, database: &mut PgConnection, chats: &[Chat], findings: &mut Findings) -> Result<usize> {
    let pending: i64 =
        sqlx::query_scalar("select count(*) from telegram_update where handled_ms is null").fetch_one(&mut *database).await?;
    if pending > 0 {
        findings.add(format!("{pending} updates of Telegram were never handled"));
    }
    let troubles = world.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut doubled = 0;
    for chat in chats {
        let id = chat.chat_id;
        let said: i64 = sqlx::query_scalar(
            "select count(*) from event e join telegram_chat t on t.conversation_id = e.conversation_id \
             where t.chat_id = $1 and e.kind = 'citizen_message'",
        )
        .bind(id)
        .fetch_one(&mut *database)
        .await?;
        if said != i64::try_from(chat.amounts.len())? {
            findings.add(format!("chat {id}: {} messages, {said} in the log", chat.amounts.len()));
        }
        if !chat.answered {
            findings.add(format!("chat {id}: the last message was not answered"));
        }
        let told: Vec<(String, Instant)> =
            world.telegram.look(|world| world.sent_to(id).map(|sent| (sent.html.clone(), sent.at)).collect());
        // A chat is told one message after the other, so each trouble can have met one of them under way.
        let mut excuses = troubles.clone();
        for amount in &chat.amounts {
            let answers: Vec<&(String, Instant)> = told.iter().filter(|(html, _)| html.contains(amount)).collect();
            if answers.is_empty() {
                findings.add(format!("chat {id}: {amount} was never answered"));
            }
            let (mut heard, mut again): (HashMap<&str, Instant>, Option<(Instant, Instant)>) = (HashMap::new(), None);
            for (html, at) in answers {
                match heard.entry(html) {
                    Entry::Vacant(first) => drop(first.insert(*at)),
                    Entry::Occupied(first) => again = Some(again.map_or((*first.get(), *at), |(first, _)| (first, *at))),
                }
            }
            let Some((first, at)) = again else { continue };
            doubled += 1;
            let met = |(from, until): &(Instant, Instant)| *from < first + AT_ONCE && *until + NOTICED_WITHIN > first && *from < at;
            match excuses.iter().position(met) {
                Some(trouble) => drop(excuses.remove(trouble)),
                None => {
                    let apart = at.duration_since(first).as_secs_f64();
                    findings.add(format!("chat {id}: {amount} was answered twice, {apart:.0} s apart, and nothing that broke explains it"));
                }
            }
        }
    }
    Ok(doubled)
}
