//! `make race`: 100,000 claims race for 1,000 handoffs on two nodes that share a database; none is claimed twice. On SQLite and on
//! PostgreSQL.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use faq::Faq;
use futures::{StreamExt, stream};
use harness::postgres::Postgres;
use hotro::conversation::{Conversations, now_ms};
use hotro::desk::account::{Actor, Change, Role, Roster};
use hotro::desk::attachment::Attachments;
use hotro::desk::hotline::{Hotline, Seated};
use hotro::desk::queue::{HandoffId, OperatorId, Rules, Skills};
use hotro::desk::settings::Settings;
use hotro::dialogue::{Channel, Input};
use hotro::secret::Key;
use hotro::store::Store;
use knowledge::Knowledge;
use tempfile::TempDir;
use tokio::sync::watch;

const HANDOFFS: usize = 1_000;
const OPERATORS: usize = 50;
/// Each operator tries each handoff, at both nodes.
const CLAIMS: usize = HANDOFFS * OPERATORS * 2;
const CLAIMS_AT_ONCE: usize = 256;
const CAPACITY: u32 = 50;
/// Nobody is away, however busy the machine is.
const RULES: Rules = Rules { lease_ms: 24 * 60 * 60 * 1_000, offer_ms: 30_000 };

#[tokio::main]
async fn main() -> Result<()> {
    let knowledge = Arc::new(Knowledge::build(Arc::new(Faq::embedded().context("the FAQ")?)).context("the index")?);
    let folder = TempDir::new()?;
    let sqlite = format!("sqlite://{}", folder.path().join("hotro.db").display());
    race("SQLite", &sqlite, &knowledge).await?;
    race("PostgreSQL", &Postgres::shared().database().await?, &knowledge).await
}

async fn race(name: &str, url: &str, knowledge: &Arc<Knowledge>) -> Result<()> {
    let (stop, stopping) = watch::channel(false);
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let conversations = Conversations::new(Store::open(url).await?, Arc::clone(knowledge));
        let key = Key::from_hex(&"5eed".repeat(16))?;
        let attachments = Attachments::load(conversations.store().clone(), &key).await?;
        let hotline = Hotline::open(Arc::clone(&conversations), key, RULES, Settings::default(), attachments).await?;
        tokio::spawn({
            let (hotline, stopping) = (Arc::clone(&hotline), stopping.clone());
            async move { hotline.run(stopping).await }
        });
        nodes.push((conversations, hotline));
    }
    let store = nodes[0].0.store().clone();
    let operators = seat(&store, &nodes[0].1).await?;
    let handoffs = ask(&nodes[0].0, &store).await?;

    let begun = Instant::now();
    let claims = (0..CLAIMS).map(|number| {
        let handoff = handoffs[number / (OPERATORS * 2)];
        let operator = operators[(number * 7) % OPERATORS];
        let hotline = Arc::clone(&nodes[number % 2].1);
        async move { (handoff, operator, hotline.claim(handoff, operator).await) }
    });
    let mut winners: HashMap<HandoffId, OperatorId> = HashMap::new();
    let mut refused = 0;
    let mut outcomes = stream::iter(claims).map(tokio::spawn).buffer_unordered(CLAIMS_AT_ONCE);
    while let Some(outcome) = outcomes.next().await {
        let (handoff, operator, claimed) = outcome?;
        match claimed.context("a claim failed")? {
            // The same operator again is told the same.
            Ok((_, fence)) => {
                ensure!(fence == 1, "{name}: a second claim, fence {fence}");
                let winner = *winners.entry(handoff).or_insert(operator);
                ensure!(winner == operator, "{name}: {handoff:?} was claimed by two");
            }
            Err(_) => refused += 1,
        }
    }
    let took = begun.elapsed();
    ensure!(winners.len() == HANDOFFS, "{name}: {} of {HANDOFFS} were claimed", winners.len());
    for row in store.desk_rows(0).await?.handoffs {
        ensure!(row.fence == 1 && row.state == "claimed", "{name}: {row:?}");
        ensure!(row.operator_id == winners.get(&HandoffId(row.handoff_id)).map(|winner| winner.0), "{name}: {row:?}");
        let claims = store.events(row.conversation_id, 0, 100).await?.iter().filter(|event| event.kind == "handoff_claimed").count();
        ensure!(claims == 1, "{name}: the log tells of {claims} claims");
    }
    let per_s = CLAIMS as f64 / took.as_secs_f64();
    println!("{name}: {CLAIMS} claims on two nodes in {took:.1?} ({per_s:.0}/s): {HANDOFFS} won, {refused} refused, none twice");
    stop.send(true)?;
    Ok(())
}

async fn seat(store: &Store, hotline: &Hotline) -> Result<Vec<OperatorId>> {
    let roster = Roster::new(store.clone());
    let mut operators = Vec::with_capacity(OPERATORS);
    for number in 0..OPERATORS {
        let (id, _) = roster.add(&format!("ca-{number}"), None, Role::Operator, Actor::CommandLine, now_ms()).await?;
        roster.change(id, Change { capacity: Some(CAPACITY), ..Change::default() }, Actor::CommandLine, now_ms()).await?;
        let seated = Seated { id: OperatorId(id), name: format!("Ca {number}"), skills: Skills::all(), capacity: CAPACITY };
        hotline.present(&seated, Some(false)).await?.context("sitting down")?;
        operators.push(OperatorId(id));
    }
    Ok(operators)
}

/// Citizens ask for an operator until everyone waits.
async fn ask(conversations: &Conversations, store: &Store) -> Result<Vec<HandoffId>> {
    for _ in 0..HANDOFFS {
        let id = conversations.begin(Channel::Web).await?.id;
        conversations.submit(id, "ask", &Input::Command { name: "tongdai".to_owned() }).await?;
        // Whatever the hours are now.
        conversations.submit(id, "message", &Input::Choice { id: "leave-message".to_owned() }).await?;
        conversations.submit(id, "text", &Input::Message { text: "xin gặp tổng đài viên".to_owned() }).await?;
    }
    loop {
        let handoffs = store.desk_rows(0).await?.handoffs;
        if handoffs.len() == HANDOFFS {
            return Ok(handoffs.iter().map(|row| HandoffId(row.handoff_id)).collect());
        }
        tokio::task::yield_now().await;
    }
}
