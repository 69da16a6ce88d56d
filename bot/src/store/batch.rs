//! One transaction for many appends: a handful of statements whatever the size of the batch.
//!
//! The heads of the logs are locked and read, [`decide`] says in Rust which appends are accepted, and their rows are
//! written. SQLite takes the rows of a statement as one JSON array, PostgreSQL as one array per column.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{Postgres, Sqlite, Transaction, query, query_as};
use uuid::Uuid;

use super::announce::{Announcer, CHANNEL};
use super::outgoing::insert_outgoing;
use super::pools::Pools;
use super::writer::{Append, Appended, Committing, HandoffReason, StoreEffect};
use super::{bigint, seq_of};

/// Commits the appends that can be accepted, and says what became of each. On an error none was appended, unless the
/// connection broke during the commit.
pub(super) async fn commit(to: &Committing, appends: &[&Append]) -> Result<Vec<Appended>, sqlx::Error> {
    let mut tx = Tx::begin(&to.pools).await?;
    create_conversations(&mut tx, appends).await?;
    let heads = lock_heads(&mut tx, appends).await?;
    let handled = handled_inputs(&mut tx, appends).await?;
    let verdicts = decide(heads, handled, appends);

    let accepted: Vec<Accepted<'_>> = appends
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| matches!(verdict, Appended::At { .. }))
        .map(|(append, _)| Accepted::of(append))
        .collect();
    move_heads(&mut tx, &accepted).await?;
    insert_events(&mut tx, &accepted).await?;
    insert_outgoing(&mut tx, &to.sinks, &accepted).await?;
    leave_queue(&mut tx, &accepted).await?;
    enter_queue(&mut tx, &accepted).await?;
    report_places(&mut tx, &accepted).await?;
    insert_effects(&mut tx, &accepted).await?;
    follow_news(&mut tx, &accepted).await?;
    replace_snapshots(&mut tx, &accepted).await?;
    notify(&mut tx, &to.announcer, &accepted).await?;
    tx.commit().await?;
    Ok(verdicts)
}

/// The last seq of each conversation in the batch.
pub(super) type Heads = HashMap<Uuid, u64>;
/// The inputs of the batch that are already in a log, and where.
pub(super) type Handled = HashMap<(Uuid, String), u64>;

/// Which appends are accepted, duplicate or too late. The rows of `heads` are locked, so nothing can change meanwhile.
fn decide(mut heads: Heads, mut handled: Handled, appends: &[&Append]) -> Vec<Appended> {
    let decide_one = |append: &&Append| {
        let id = append.conversation_id;
        let input = append.input_id.clone().map(|input_id| (id, input_id));
        if let Some(seq) = input.as_ref().and_then(|input| handled.get(input)) {
            return Appended::Duplicate { seq: *seq };
        }
        if heads.get(&id) != Some(&append.expected_seq) {
            return Appended::Conflict;
        }
        // One append per conversation and batch: a second one cannot know what it follows before the first is committed.
        heads.remove(&id);
        let first_seq = append.expected_seq + 1;
        handled.extend(input.map(|input| (input, first_seq)));
        Appended::At { first_seq }
    };
    appends.iter().map(decide_one).collect()
}

/// A transaction that writes, on either database.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) async fn begin(pools: &Pools) -> Result<Tx, sqlx::Error> {
        match pools {
            // Writes from its start: a transaction that reads first may not be allowed to write any more.
            Pools::Sqlite { write, .. } => write.begin_with("begin immediate").await.map(Tx::Sqlite),
            Pools::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        }
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await,
            Tx::Postgres(tx) => tx.commit().await,
        }
    }
}

/// An append that will be in the log.
pub(super) struct Accepted<'a> {
    /// Its conversation, as stored.
    id: String,
    append: &'a Append,
}

impl<'a> Accepted<'a> {
    pub(super) fn of(append: &'a Append) -> Accepted<'a> {
        Accepted { id: append.conversation_id.to_string(), append }
    }

    pub(super) fn parts(&self) -> (&str, &'a Append) {
        (&self.id, self.append)
    }

    fn last_seq(&self) -> u64 {
        self.append.expected_seq + self.append.events.len() as u64
    }
}

/// One column of the rows of a statement.
pub(super) fn column<'a, Row, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

#[derive(Serialize)]
struct ConversationInsert {
    conversation_id: String,
    channel: &'static str,
    token_hash: Option<String>,
    created_ms: i64,
}

/// Creates conversations without events. One that exists stays as it is, and [`decide`] sees that its log has moved on.
async fn create_conversations(tx: &mut Tx, appends: &[&Append]) -> Result<(), sqlx::Error> {
    let rows: Vec<ConversationInsert> = appends
        .iter()
        .filter(|append| append.expected_seq == 0)
        .filter_map(|append| {
            append.create.as_ref().map(|new| ConversationInsert {
                conversation_id: append.conversation_id.to_string(),
                channel: new.channel,
                token_hash: new.token_hash.map(hex::encode),
                created_ms: append.at_ms,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(tx) => query(
            "insert into conversation (conversation_id, channel, token_hash, last_seq, created_ms)
             select value ->> 'conversation_id', value ->> 'channel', value ->> 'token_hash', 0, value ->> 'created_ms'
             from json_each($1) where true
             on conflict (conversation_id) do nothing",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "insert into conversation (conversation_id, channel, token_hash, last_seq, created_ms)
             select conversation_id, channel, token_hash, 0, created_ms
             from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
                  as new (conversation_id, channel, token_hash, created_ms)
             on conflict (conversation_id) do nothing",
        )
        .bind(column(&rows, |row| row.conversation_id.as_str()))
        .bind(column(&rows, |row| row.channel))
        .bind(column(&rows, |row| row.token_hash.as_deref()))
        .bind(column(&rows, |row| row.created_ms))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

/// Reads how far the logs have come, and keeps other writers from moving them until the commit.
pub(super) async fn lock_heads(tx: &mut Tx, appends: &[&Append]) -> Result<Heads, sqlx::Error> {
    let ids = column(appends, |append| append.conversation_id.to_string());
    let rows: Vec<(String, i64)> = match tx {
        // The transaction has already locked the whole file.
        Tx::Sqlite(tx) => {
            query_as(
                "select conversation_id, last_seq from conversation
                 where conversation_id in (select value from json_each($1))",
            )
            .bind(Json(&ids))
            .fetch_all(&mut **tx)
            .await?
        }
        // In one order on all nodes, so that they wait for each other and never in a circle.
        Tx::Postgres(tx) => {
            query_as(
                "select conversation_id, last_seq from conversation
                 where conversation_id = any($1) order by conversation_id for no key update",
            )
            .bind(&ids)
            .fetch_all(&mut **tx)
            .await?
        }
    };
    rows.into_iter().map(|(id, last_seq)| Ok((uuid(&id)?, seq_of(last_seq)))).collect()
}

#[derive(Serialize)]
struct InputKey<'a> {
    conversation_id: String,
    input_id: &'a str,
}

/// Which inputs of the batch are already in a log. Read after the heads are locked, so that none can slip in.
pub(super) async fn handled_inputs(tx: &mut Tx, appends: &[&Append]) -> Result<Handled, sqlx::Error> {
    let keys: Vec<InputKey<'_>> = appends
        .iter()
        .filter_map(|append| {
            let input_id = append.input_id.as_deref()?;
            Some(InputKey { conversation_id: append.conversation_id.to_string(), input_id })
        })
        .collect();
    if keys.is_empty() {
        return Ok(Handled::new());
    }
    let rows: Vec<(String, String, i64)> = match tx {
        // `cross join` keeps SQLite from reading all events and looking for each in the batch.
        Tx::Sqlite(tx) => {
            query_as(
                "select event.conversation_id, event.input_id, event.seq
                 from json_each($1) as input cross join event
                 where event.conversation_id = input.value ->> 'conversation_id'
                   and event.input_id = input.value ->> 'input_id'",
            )
            .bind(Json(&keys))
            .fetch_all(&mut **tx)
            .await?
        }
        Tx::Postgres(tx) => {
            query_as(
                "select event.conversation_id, event.input_id, event.seq
                 from unnest($1::text[], $2::text[]) as input (conversation_id, input_id)
                 join event using (conversation_id, input_id)",
            )
            .bind(column(&keys, |key| key.conversation_id.as_str()))
            .bind(column(&keys, |key| key.input_id))
            .fetch_all(&mut **tx)
            .await?
        }
    };
    rows.into_iter().map(|(id, input_id, seq)| Ok(((uuid(&id)?, input_id), seq_of(seq)))).collect()
}

#[derive(Serialize)]
struct HeadUpdate<'a> {
    conversation_id: &'a str,
    last_seq: i64,
}

pub(super) async fn move_heads(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let rows = column(accepted, |it| HeadUpdate { conversation_id: &it.id, last_seq: bigint(it.last_seq()) });
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(tx) => query(
            "update conversation set last_seq = head.value ->> 'last_seq'
             from json_each($1) as head
             where conversation.conversation_id = head.value ->> 'conversation_id'",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "update conversation set last_seq = head.last_seq
             from unnest($1::text[], $2::bigint[]) as head (conversation_id, last_seq)
             where conversation.conversation_id = head.conversation_id",
        )
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.last_seq))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

#[derive(Serialize)]
struct EventInsert<'a> {
    conversation_id: &'a str,
    seq: i64,
    kind: &'static str,
    at_ms: i64,
    body: &'a str,
    input_id: Option<&'a str>,
}

pub(super) async fn insert_events(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let rows: Vec<EventInsert<'_>> = accepted
        .iter()
        .flat_map(|Accepted { id, append }| {
            let numbered = append.events.iter().zip(append.expected_seq + 1..);
            numbered.enumerate().map(|(position, (event, seq))| EventInsert {
                conversation_id: id,
                seq: bigint(seq),
                kind: event.kind,
                at_ms: append.at_ms,
                body: &event.body,
                input_id: append.input_id.as_deref().filter(|_| position == 0),
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(tx) => query(
            "insert into event (conversation_id, seq, kind, at_ms, body, input_id)
             select value ->> 'conversation_id', value ->> 'seq', value ->> 'kind', value ->> 'at_ms',
                    value ->> 'body', value ->> 'input_id'
             from json_each($1)",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "insert into event (conversation_id, seq, kind, at_ms, body, input_id)
             select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[])",
        )
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.seq))
        .bind(column(&rows, |row| row.kind))
        .bind(column(&rows, |row| row.at_ms))
        .bind(column(&rows, |row| row.body))
        .bind(column(&rows, |row| row.input_id))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

#[derive(Serialize)]
struct HandoffClose<'a> {
    conversation_id: &'a str,
    closed_ms: i64,
}

async fn leave_queue(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let rows: Vec<HandoffClose<'_>> = accepted
        .iter()
        .filter(|it| it.append.effects.contains(&StoreEffect::LeaveQueue))
        .map(|it| HandoffClose { conversation_id: &it.id, closed_ms: it.append.at_ms })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Not before it was queued: the clock of the node that queued it may be ahead.
    let left = match tx {
        Tx::Sqlite(tx) => query(
            "update handoff set closed_ms = max(handoff.queued_ms, leave.value ->> 'closed_ms'), state = 'abandoned'
             from json_each($1) as leave
             where handoff.conversation_id = leave.value ->> 'conversation_id' and handoff.closed_ms is null",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected()),
        Tx::Postgres(tx) => query(
            "update handoff set closed_ms = greatest(handoff.queued_ms, leave.closed_ms), state = 'abandoned'
             from unnest($1::text[], $2::bigint[]) as leave (conversation_id, closed_ms)
             where handoff.conversation_id = leave.conversation_id and handoff.closed_ms is null",
        )
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.closed_ms))
        .execute(&mut **tx)
        .await
        .map(|done| done.rows_affected()),
    }?;
    if left == 0 {
        return Ok(());
    }
    // A queue in memory that still has them is out of date.
    match tx {
        Tx::Sqlite(tx) => query("update desk set version = version + 1").execute(&mut **tx).await.map(drop),
        Tx::Postgres(tx) => query("update desk set version = version + 1").execute(&mut **tx).await.map(drop),
    }
}

/// What citizens say is wrong with places. They are few: a statement for each.
async fn report_places(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    const INSERT: &str = "insert into place_report (place_report_id, conversation_id, kind, place_id, name, at_ms)
         values ($1, $2, $3, $4, $5, $6) on conflict (conversation_id, kind, place_id) where done_ms is null do nothing";
    for it in accepted {
        for effect in &it.append.effects {
            let StoreEffect::ReportPlace { kind, place_id, name } = effect else { continue };
            let id = Uuid::now_v7().to_string();
            match tx {
                Tx::Sqlite(tx) => {
                    let insert = query(INSERT).bind(id).bind(&it.id).bind(*kind).bind(place_id).bind(name).bind(it.append.at_ms);
                    insert.execute(&mut **tx).await.map(drop)
                }
                Tx::Postgres(tx) => {
                    let insert = query(INSERT).bind(id).bind(&it.id).bind(*kind).bind(place_id).bind(name).bind(it.append.at_ms);
                    insert.execute(&mut **tx).await.map(drop)
                }
            }?;
        }
    }
    Ok(())
}

/// Who follows and who no longer does. Rare, so a statement each.
async fn follow_news(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    const FOLLOW: &str = "insert into news_follower (conversation_id, themes, cadence, since_ms, due_ms) values ($1, $2, $3, $4, $5)
         on conflict (conversation_id) do update set themes = excluded.themes, cadence = excluded.cadence, due_ms = excluded.due_ms";
    const STOP: &str = "delete from news_follower where conversation_id = $1";
    for it in accepted {
        for effect in &it.append.effects {
            let StoreEffect::FollowNews(following) = effect else { continue };
            let at_ms = it.append.at_ms;
            match (&mut *tx, following) {
                (Tx::Sqlite(tx), None) => query(STOP).bind(&it.id).execute(&mut **tx).await.map(drop)?,
                (Tx::Postgres(tx), None) => query(STOP).bind(&it.id).execute(&mut **tx).await.map(drop)?,
                (Tx::Sqlite(tx), Some(news)) => query(FOLLOW)
                    .bind(&it.id)
                    .bind(news.names())
                    .bind(news.cadence)
                    .bind(at_ms)
                    .bind(news.due_ms)
                    .execute(&mut **tx)
                    .await
                    .map(drop)?,
                (Tx::Postgres(tx), Some(news)) => query(FOLLOW)
                    .bind(&it.id)
                    .bind(news.names())
                    .bind(news.cadence)
                    .bind(at_ms)
                    .bind(news.due_ms)
                    .execute(&mut **tx)
                    .await
                    .map(drop)?,
            }
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct HandoffInsert<'a> {
    handoff_id: String,
    conversation_id: &'a str,
    reason: &'static str,
    queued_ms: i64,
}

async fn enter_queue(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let reason = |effect: &StoreEffect| match effect {
        StoreEffect::QueueHandoff { reason: HandoffReason(reason) } => Some(*reason),
        StoreEffect::LeaveQueue | StoreEffect::ReportPlace { .. } | StoreEffect::Ask { .. } | StoreEffect::FollowNews(_) => None,
    };
    let rows: Vec<HandoffInsert<'_>> = accepted
        .iter()
        .filter_map(|it| {
            Some(HandoffInsert {
                reason: it.append.effects.iter().find_map(reason)?,
                handoff_id: Uuid::now_v7().to_string(),
                conversation_id: &it.id,
                queued_ms: it.append.at_ms,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // A conversation that waits keeps its place: `handoff_one_open`.
    match tx {
        Tx::Sqlite(tx) => query(
            "insert into handoff (handoff_id, conversation_id, reason, queued_ms)
             select value ->> 'handoff_id', value ->> 'conversation_id', value ->> 'reason', value ->> 'queued_ms'
             from json_each($1) where true
             on conflict (conversation_id) where closed_ms is null do nothing",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "insert into handoff (handoff_id, conversation_id, reason, queued_ms)
             select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
             on conflict (conversation_id) where closed_ms is null do nothing",
        )
        .bind(column(&rows, |row| row.handoff_id.as_str()))
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.reason))
        .bind(column(&rows, |row| row.queued_ms))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

#[derive(Serialize)]
struct EffectInsert<'a> {
    conversation_id: &'a str,
    request: i64,
    kind: &'a str,
    sealed: Option<&'a str>,
    asked_ms: i64,
}

pub(super) async fn insert_effects(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let mut rows = Vec::new();
    for it in accepted {
        for effect in &it.append.effects {
            if let StoreEffect::Ask { request, kind, sealed } = effect {
                let sealed = sealed.as_deref();
                rows.push(EffectInsert { conversation_id: &it.id, request: bigint(*request), kind, sealed, asked_ms: it.append.at_ms });
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(tx) => query(
            "insert into effect (conversation_id, request, kind, sealed, asked_ms)
             select value ->> 'conversation_id', value ->> 'request', value ->> 'kind', value ->> 'sealed', value ->> 'asked_ms'
             from json_each($1)",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "insert into effect (conversation_id, request, kind, sealed, asked_ms)
             select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])",
        )
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.request))
        .bind(column(&rows, |row| row.kind))
        .bind(column(&rows, |row| row.sealed))
        .bind(column(&rows, |row| row.asked_ms))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

#[derive(Serialize)]
struct SnapshotUpsert<'a> {
    conversation_id: &'a str,
    seq: i64,
    format: i64,
    body: &'a str,
}

pub(super) async fn replace_snapshots(tx: &mut Tx, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    let rows: Vec<SnapshotUpsert<'_>> = accepted
        .iter()
        .filter_map(|it| {
            it.append.snapshot.as_ref().map(|snapshot| SnapshotUpsert {
                conversation_id: &it.id,
                seq: bigint(snapshot.seq),
                format: snapshot.format,
                body: &snapshot.body,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    match tx {
        Tx::Sqlite(tx) => query(
            "insert into snapshot (conversation_id, seq, format, body)
             select value ->> 'conversation_id', value ->> 'seq', value ->> 'format', value ->> 'body'
             from json_each($1) where true
             on conflict (conversation_id) do update
             set seq = excluded.seq, format = excluded.format, body = excluded.body",
        )
        .bind(Json(&rows))
        .execute(&mut **tx)
        .await
        .map(drop),
        Tx::Postgres(tx) => query(
            "insert into snapshot (conversation_id, seq, format, body)
             select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
             on conflict (conversation_id) do update
             set seq = excluded.seq, format = excluded.format, body = excluded.body",
        )
        .bind(column(&rows, |row| row.conversation_id))
        .bind(column(&rows, |row| row.seq))
        .bind(column(&rows, |row| row.format))
        .bind(column(&rows, |row| row.body))
        .execute(&mut **tx)
        .await
        .map(drop),
    }
}

/// Tells the other nodes, when and only when the transaction commits.
pub(super) async fn notify(tx: &mut Tx, announcer: &Announcer, accepted: &[Accepted<'_>]) -> Result<(), sqlx::Error> {
    match tx {
        // There are none.
        Tx::Sqlite(_) => Ok(()),
        Tx::Postgres(_) if accepted.is_empty() => Ok(()),
        Tx::Postgres(tx) => query("select pg_notify($1, payload) from unnest($2::text[]) as payload")
            .bind(CHANNEL)
            .bind(column(accepted, |it| announcer.payload(it.append.conversation_id, it.last_seq())))
            .execute(&mut **tx)
            .await
            .map(drop),
    }
}

/// Reads an id that this program has written.
fn uuid(text: &str) -> Result<Uuid, sqlx::Error> {
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NewEvent;

    const ID: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn append(conversation_id: Uuid, expected_seq: u64, input_id: Option<&str>) -> Append {
        Append {
            conversation_id,
            create: None,
            expected_seq,
            at_ms: 0,
            events: vec![NewEvent { kind: "said", body: String::new() }],
            input_id: input_id.map(str::to_owned),
            effects: Vec::new(),
            snapshot: None,
        }
    }

    /// Both logs are at 5, and the input "old" of the first caused event 3.
    fn check(appends: &[Append], expected: &[Appended]) {
        let heads = Heads::from([(ID, 5), (OTHER, 5)]);
        let handled = Handled::from([((ID, "old".to_owned()), 3)]);
        assert_eq!(decide(heads, handled, &appends.iter().collect::<Vec<_>>()), expected);
    }

    #[test]
    fn an_append_is_accepted_at_the_head_of_its_log_only() {
        check(&[append(ID, 5, None), append(OTHER, 5, None)], &[Appended::At { first_seq: 6 }; 2]);
        check(&[append(ID, 4, None), append(OTHER, 6, None)], &[Appended::Conflict; 2]);
        check(&[append(Uuid::nil(), 0, None)], &[Appended::Conflict]);
    }

    #[test]
    fn a_batch_takes_one_append_of_a_conversation() {
        let [first, second] = [Appended::At { first_seq: 6 }, Appended::Conflict];
        check(&[append(ID, 5, None), append(ID, 5, None)], &[first, second]);
        check(&[append(ID, 5, None), append(ID, 6, None)], &[first, second]);
        check(&[append(ID, 4, None), append(ID, 5, None)], &[second, first]);
    }

    #[test]
    fn an_input_is_a_duplicate_wherever_it_was_first() {
        check(&[append(ID, 5, Some("old"))], &[Appended::Duplicate { seq: 3 }]);
        check(&[append(OTHER, 5, Some("old"))], &[Appended::At { first_seq: 6 }]);
        let same_batch = [append(ID, 5, Some("new")), append(ID, 5, Some("new"))];
        check(&same_batch, &[Appended::At { first_seq: 6 }, Appended::Duplicate { seq: 6 }]);
        let after_conflict = [append(ID, 4, Some("new")), append(ID, 5, Some("new"))];
        check(&after_conflict, &[Appended::Conflict, Appended::At { first_seq: 6 }]);
    }
}
