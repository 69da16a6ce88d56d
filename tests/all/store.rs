//! The store keeps the same promises on SQLite and on PostgreSQL: every test here runs on both.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use harness::postgres::Postgres;
use hotro::store::{
    Announcement, Append, Appended, DeskAppend, DeskChange, DeskNote, DeskWrite, DeskWritten, EVENTS_PER_APPEND_MAX, HandoffReason,
    NewConversation, NewEvent, Sink, Snapshot, Store, StoreEffect, StoreError, StoredEvent,
};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinSet;
use uuid::Uuid;

/// An empty database that can be opened several times, as by several nodes or after a restart.
pub(crate) struct Database {
    url: String,
    _folder: Option<TempDir>,
}

impl Database {
    pub(crate) fn sqlite() -> Database {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("new/hotro.db").display());
        Database { url, _folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Database {
        Database { url: Postgres::shared().database().await.expect("a database"), _folder: None }
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("the store opens")
    }

    /// The one text that a query gives, asked beside the store.
    async fn text(&self, query: &'static str) -> String {
        if self.url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(&self.url).await.expect("a connection");
            sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("one text")
        } else {
            let mut connection = PgConnection::connect(&self.url).await.expect("a connection");
            sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("one text")
        }
    }
}

on_both! {
    sqlite: crate::store::Database::sqlite(), postgres: crate::store::Database::postgres().await;
    a_log_is_read_in_the_order_it_was_appended
    a_conversation_is_as_it_was_created
    the_same_input_is_appended_once
    one_input_arriving_many_times_at_once_is_appended_once
    an_append_behind_the_log_is_a_conflict
    an_append_to_no_conversation_is_a_conflict
    creating_a_conversation_again_is_a_conflict
    an_append_has_a_bounded_number_of_events
    racing_appends_of_one_conversation_leave_no_gap
    two_nodes_append_to_many_conversations
    a_refused_append_does_not_take_its_batch_with_it
    a_body_comes_back_as_it_was
    the_newest_snapshot_replaces_the_older
    a_conversation_waits_once_and_can_come_again
    leaving_by_a_clock_that_is_behind_is_no_error
    a_handoff_waits_until_it_is_abandoned
    the_queue_is_ordered_by_entry
    conversations_are_listed_page_by_page
    conversations_that_went_on_since_are_listed
    reopening_keeps_everything
    closing_commits_what_is_queued_and_refuses_more
    nodes_may_start_together
    appends_are_announced
    a_telegram_update_is_stored_once_and_wiped_when_handled
    the_next_offset_follows_the_highest_update
    racing_updates_of_a_new_chat_agree_on_its_conversation
    the_telegram_cursor_only_moves_forward
    a_blocked_chat_is_not_behind
    a_lease_has_one_holder
    a_lease_that_ran_out_is_taken_once
    a_lease_of_a_clock_that_was_wrong_counts_for_nothing
    a_decision_is_written_whole_or_not_at_all
    racing_decisions_on_one_version_have_one_winner
    what_an_operator_sends_is_written_once
    a_decision_on_a_row_that_has_changed_is_refused
    a_citizen_who_leaves_moves_the_version
    a_queue_is_loaded_as_it_was_written
    what_is_to_be_told_waits_since_it_happened
}

const AT_MS: i64 = 1_790_000_000_000;

fn event(body: impl Into<String>) -> NewEvent {
    NewEvent { kind: "said", body: body.into() }
}

/// An append of one event.
fn append(conversation_id: Uuid, expected_seq: u64) -> Append {
    Append {
        conversation_id,
        create: None,
        expected_seq,
        at_ms: AT_MS,
        events: vec![event("{}")],
        input_id: None,
        effects: Vec::new(),
        snapshot: None,
    }
}

/// The first append of a conversation, of one event.
fn beginning(conversation_id: Uuid) -> Append {
    Append { create: Some(NewConversation { channel: "web", token_hash: None }), ..append(conversation_id, 0) }
}

/// Begins a conversation of one event.
async fn begin(store: &Store) -> Uuid {
    let id = Uuid::now_v7();
    assert_eq!(store.append(beginning(id)).await, Ok(Appended::At { first_seq: 1 }));
    id
}

fn queue(reason: &'static str) -> Vec<StoreEffect> {
    vec![StoreEffect::QueueHandoff { reason: HandoffReason(reason) }]
}

async fn log(store: &Store, id: Uuid) -> Vec<StoredEvent> {
    store.events(id, 0, u32::MAX).await.expect("the log")
}

async fn waiting(store: &Store) -> Vec<(Uuid, String)> {
    let rows = store.open_handoffs(u32::MAX).await.expect("the queue");
    rows.into_iter().map(|row| (row.conversation_id, row.reason)).collect()
}

/// The next announcement, which must come soon.
async fn next(announcements: &mut Receiver<Announcement>) -> Announcement {
    let next = tokio::time::timeout(Duration::from_secs(30), announcements.recv());
    next.await.expect("an announcement in time").expect("the store is open")
}

async fn a_log_is_read_in_the_order_it_was_appended(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let three = Append { events: vec![event("2"), event("3"), event("4")], input_id: Some("input".to_owned()), ..append(id, 1) };
    assert_eq!(store.append(three).await, Ok(Appended::At { first_seq: 2 }));
    assert_eq!(store.append(append(id, 4)).await, Ok(Appended::At { first_seq: 5 }));

    let seqs: Vec<u64> = log(&store, id).await.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let page = store.events(id, 1, 2).await.unwrap();
    let expected = |seq: u64, input_id: Option<&str>| StoredEvent {
        seq,
        kind: "said".to_owned(),
        at_ms: AT_MS,
        body: seq.to_string(),
        input_id: input_id.map(str::to_owned),
    };
    assert!(page == [expected(2, Some("input")), expected(3, None)], "{page:?}");
    assert_eq!(store.events(id, u64::MAX, 10).await, Ok(Vec::new()));
    assert_eq!(log(&store, Uuid::now_v7()).await, []);
}

async fn a_conversation_is_as_it_was_created(database: Database) {
    let store = database.open().await;
    let id = Uuid::now_v7();
    assert_eq!(store.conversation(id).await, Ok(None));
    let token_hash = Some(std::array::from_fn(|byte| byte as u8 * 7));
    let create = Some(NewConversation { channel: "web", token_hash });
    store.append(Append { create, events: vec![event("1"), event("2")], ..append(id, 0) }).await.unwrap();
    let row = store.conversation(id).await.unwrap().expect("the conversation");
    assert_eq!(row.conversation_id, id);
    assert_eq!((row.channel.as_str(), row.last_seq, row.created_ms), ("web", 2, AT_MS));
    assert_eq!(row.token_hash, token_hash);

    let without_token = begin(&store).await;
    assert_eq!(store.conversation(without_token).await.unwrap().unwrap().token_hash, None);
}

async fn the_same_input_is_appended_once(database: Database) {
    let store = database.open().await;
    let (id, other) = (begin(&store).await, begin(&store).await);
    let input = |id, expected_seq| Append { input_id: Some("update 7".to_owned()), ..append(id, expected_seq) };
    assert_eq!(store.input_seq(id, "update 7").await, Ok(None));
    assert_eq!(store.append(input(id, 1)).await, Ok(Appended::At { first_seq: 2 }));
    // The repeated input may expect the log where it was or where it is now.
    assert_eq!(store.append(input(id, 1)).await, Ok(Appended::Duplicate { seq: 2 }));
    assert_eq!(store.append(input(id, 2)).await, Ok(Appended::Duplicate { seq: 2 }));
    assert_eq!(store.input_seq(id, "update 7").await, Ok(Some(2)));
    assert_eq!(log(&store, id).await.len(), 2);
    // Another conversation's input is another input.
    assert_eq!(store.append(input(other, 1)).await, Ok(Appended::At { first_seq: 2 }));
}

async fn one_input_arriving_many_times_at_once_is_appended_once(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        let store = store.clone();
        let input = Append { input_id: Some("tap".to_owned()), ..append(id, 1) };
        tasks.spawn(async move { store.append(input).await.unwrap() });
    }
    let verdicts = tasks.join_all().await;
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Appended::At { first_seq: 2 }).count(), 1);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Appended::Duplicate { seq: 2 }).count(), 31);
    assert_eq!(log(&store, id).await.len(), 2);
}

async fn an_append_behind_the_log_is_a_conflict(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let late = Append {
        effects: queue("asked"),
        snapshot: Some(Snapshot { seq: 1, format: 1, body: String::new() }),
        input_id: Some("late".to_owned()),
        ..append(id, 0)
    };
    assert_eq!(store.append(late).await, Ok(Appended::Conflict));
    assert_eq!(store.append(append(id, 2)).await, Ok(Appended::Conflict));
    // Nothing of it was written.
    assert_eq!(log(&store, id).await.len(), 1);
    assert_eq!(waiting(&store).await, []);
    assert_eq!(store.snapshot(id).await, Ok(None));
    assert_eq!(store.input_seq(id, "late").await, Ok(None));
}

async fn an_append_to_no_conversation_is_a_conflict(database: Database) {
    let store = database.open().await;
    let id = Uuid::now_v7();
    assert_eq!(store.append(append(id, 0)).await, Ok(Appended::Conflict));
    assert_eq!(store.append(append(id, 5)).await, Ok(Appended::Conflict));
    assert_eq!(store.conversation(id).await, Ok(None));
}

async fn creating_a_conversation_again_is_a_conflict(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let create = Some(NewConversation { channel: "telegram", token_hash: Some([1; 32]) });
    assert_eq!(store.append(Append { create, ..append(id, 0) }).await, Ok(Appended::Conflict));
    let row = store.conversation(id).await.unwrap().unwrap();
    assert_eq!((row.channel.as_str(), row.token_hash, row.last_seq), ("web", None, 1));
}

async fn an_append_has_a_bounded_number_of_events(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let of = |count: usize| Append { events: vec![event("{}"); count], ..append(id, 1) };
    assert_eq!(store.append(of(0)).await, Err(StoreError::EventCount { got: 0 }));
    let got = EVENTS_PER_APPEND_MAX + 1;
    assert_eq!(store.append(of(got)).await, Err(StoreError::EventCount { got }));
    assert_eq!(store.append(of(EVENTS_PER_APPEND_MAX)).await, Ok(Appended::At { first_seq: 2 }));
}

/// Appends `count` events one by one, loading the conversation again after each conflict, as the runner does.
async fn append_all(store: Store, id: Uuid, writer: usize, count: usize) {
    for number in 0..count {
        loop {
            let last_seq = store.conversation(id).await.unwrap().unwrap().last_seq;
            let next = Append { events: vec![event(format!("{writer} {number}"))], ..append(id, last_seq) };
            match store.append(next).await.unwrap() {
                Appended::At { first_seq } => break assert_eq!(first_seq, last_seq + 1),
                Appended::Conflict => {}
                Appended::Duplicate { seq } => panic!("no input is repeated, but {seq} is"),
            }
        }
    }
}

async fn racing_appends_of_one_conversation_leave_no_gap(database: Database) {
    const WRITERS: usize = 64;
    const EACH: usize = 3;
    let nodes = [database.open().await, database.open().await];
    let id = begin(&nodes[0]).await;
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        tasks.spawn(append_all(nodes[writer % nodes.len()].clone(), id, writer, EACH));
    }
    tasks.join_all().await;

    let log = log(&nodes[0], id).await;
    let last_seq = (1 + WRITERS * EACH) as u64;
    assert!(log.iter().map(|event| event.seq).eq(1..=last_seq));
    let bodies: HashSet<&str> = log.iter().map(|event| event.body.as_str()).collect();
    assert_eq!(bodies.len(), log.len(), "an event was lost or doubled");
    assert_eq!(nodes[0].conversation(id).await.unwrap().unwrap().last_seq, last_seq);
}

async fn two_nodes_append_to_many_conversations(database: Database) {
    let nodes = [database.open().await, database.open().await];
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(begin(&nodes[0]).await);
    }
    let mut tasks = JoinSet::new();
    for (writer, node) in nodes.iter().enumerate() {
        // In opposite orders: the batches of the two nodes overlap without waiting in a circle.
        ids.reverse();
        for id in &ids {
            tasks.spawn(append_all(node.clone(), *id, writer, 3));
        }
    }
    tasks.join_all().await;
    for id in ids {
        assert!(log(&nodes[1], id).await.iter().map(|event| event.seq).eq(1..=7));
    }
}

async fn a_refused_append_does_not_take_its_batch_with_it(database: Database) {
    let store = database.open().await;
    let mut good = JoinSet::new();
    let mut bad = JoinSet::new();
    for number in 0..60 {
        let store = store.clone();
        let mut append = beginning(Uuid::now_v7());
        let poisoned = number % 20 == 10;
        if poisoned {
            append.events.push(NewEvent { kind: "", body: "\"MẬT KHẨU\"".to_owned() });
        }
        let tasks = if poisoned { &mut bad } else { &mut good };
        tasks.spawn(async move { (append.conversation_id, store.append(append).await) });
    }
    for (id, verdict) in good.join_all().await {
        assert_eq!(verdict, Ok(Appended::At { first_seq: 1 }));
        assert_eq!(log(&store, id).await.len(), 1);
    }
    for (id, verdict) in bad.join_all().await {
        let error = verdict.expect_err("the constraint refuses it");
        assert!(error.to_string().contains("event_kind_given"), "{error}");
        assert!(!format!("{error:?} {error}").contains("KHẨU"), "{error:?}");
        assert_eq!(store.conversation(id).await, Ok(None));
    }
}

async fn a_body_comes_back_as_it_was(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let bodies = ["", "Bảo hiểm xã hội 🏥", r#"{"a":"\u0000 \" \\ \n"}"#, "null", "'; drop table event; --", "{1,\"2\"}"];
    let events = bodies.map(event).to_vec();
    store.append(Append { events, ..append(id, 1) }).await.unwrap();
    let stored = store.events(id, 1, 10).await.unwrap();
    assert!(stored.iter().map(|event| event.body.as_str()).eq(bodies));
}

async fn the_newest_snapshot_replaces_the_older(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    assert_eq!(store.snapshot(id).await, Ok(None));
    for seq in 2..=4 {
        let snapshot = Snapshot { seq, format: 3, body: format!("state {seq}") };
        store.append(Append { snapshot: Some(snapshot.clone()), ..append(id, seq - 1) }).await.unwrap();
        assert_eq!(store.snapshot(id).await, Ok(Some(snapshot)));
    }
    store.append(append(id, 4)).await.unwrap();
    assert_eq!(store.snapshot(id).await.unwrap().unwrap().seq, 4);
}

async fn a_conversation_waits_once_and_can_come_again(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    store.append(Append { effects: queue("asked"), ..append(id, 1) }).await.unwrap();
    store.append(Append { effects: queue("unhappy"), at_ms: AT_MS + 9, ..append(id, 2) }).await.unwrap();
    let rows = store.open_handoffs(10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].conversation_id, rows[0].reason.as_str(), rows[0].queued_ms), (id, "asked", AT_MS));

    let leave = vec![StoreEffect::LeaveQueue];
    store.append(Append { effects: leave.clone(), ..append(id, 3) }).await.unwrap();
    assert_eq!(waiting(&store).await, []);
    store.append(Append { effects: leave, ..append(id, 4) }).await.unwrap();
    store.append(Append { effects: queue("missed"), ..append(id, 5) }).await.unwrap();
    assert_eq!(waiting(&store).await, [(id, "missed".to_owned())]);
    // Leaves the old place and takes a new one.
    let effects = [queue("asked"), vec![StoreEffect::LeaveQueue]].concat();
    store.append(Append { effects, ..append(id, 6) }).await.unwrap();
    assert_eq!(waiting(&store).await, [(id, "asked".to_owned())]);
}

async fn leaving_by_a_clock_that_is_behind_is_no_error(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    store.append(Append { effects: queue("asked"), ..append(id, 1) }).await.unwrap();
    let leave = Append { effects: vec![StoreEffect::LeaveQueue], at_ms: AT_MS - 5_000, ..append(id, 2) };
    assert_eq!(store.append(leave).await, Ok(Appended::At { first_seq: 3 }));
    assert_eq!(waiting(&store).await, []);
}

async fn a_handoff_waits_until_it_is_abandoned(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    store.append(Append { effects: queue("asked"), ..append(id, 1) }).await.unwrap();
    assert_eq!(database.text("select state from handoff").await, "waiting");
    store.append(Append { effects: vec![StoreEffect::LeaveQueue], ..append(id, 2) }).await.unwrap();
    assert_eq!(database.text("select state from handoff").await, "abandoned");
}

async fn the_queue_is_ordered_by_entry(database: Database) {
    let store = database.open().await;
    let mut expected = Vec::new();
    for minute in [3, 1, 2] {
        let id = begin(&store).await;
        expected.push((minute, id));
        let at_ms = AT_MS + minute * 60_000;
        store.append(Append { effects: queue("asked"), at_ms, ..append(id, 1) }).await.unwrap();
    }
    expected.sort();
    let order: Vec<Uuid> = store.open_handoffs(2).await.unwrap().iter().map(|row| row.conversation_id).collect();
    assert_eq!(order, [expected[0].1, expected[1].1]);
}

async fn conversations_are_listed_page_by_page(database: Database) {
    let store = database.open().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(begin(&store).await);
    }
    ids.sort();
    let mut listed = Vec::new();
    loop {
        let page = store.conversations(listed.last().copied(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|row| row.conversation_id));
    }
    assert_eq!(listed, ids);
}

async fn conversations_that_went_on_since_are_listed(database: Database) {
    let store = database.open().await;
    let mut ids = vec![begin(&store).await, begin(&store).await, begin(&store).await];
    ids.sort();
    store.append(Append { at_ms: AT_MS + 10, ..append(ids[0], 1) }).await.unwrap();
    store.append(Append { at_ms: AT_MS + 20, ..append(ids[2], 1) }).await.unwrap();
    let since = async |after, since_ms, limit| {
        let rows = store.conversations_since(after, since_ms, limit).await.unwrap();
        rows.into_iter().map(|row| row.conversation_id).collect::<Vec<_>>()
    };
    assert_eq!(since(None, i64::MIN, 10).await, ids);
    assert_eq!(since(None, AT_MS + 1, 10).await, [ids[0], ids[2]]);
    assert_eq!(since(None, AT_MS + 1, 1).await, [ids[0]]);
    assert_eq!(since(Some(ids[0]), AT_MS + 1, 10).await, [ids[2]]);
    assert!(since(None, AT_MS + 21, 10).await.is_empty());
}

async fn reopening_keeps_everything(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    let snapshot = Snapshot { seq: 2, format: 1, body: "state".to_owned() };
    let full = Append { input_id: Some("input".to_owned()), effects: queue("asked"), snapshot: Some(snapshot.clone()), ..append(id, 1) };
    store.append(full).await.unwrap();
    store.telegram_store_update(5, 1, "{}", AT_MS).await.unwrap();
    let before = log(&store, id).await;
    store.close().await;

    let store = database.open().await;
    assert_eq!(log(&store, id).await, before);
    assert_eq!(store.snapshot(id).await, Ok(Some(snapshot)));
    assert_eq!(store.input_seq(id, "input").await, Ok(Some(2)));
    assert_eq!(waiting(&store).await.len(), 1);
    assert_eq!(store.telegram_next_offset().await, Ok(6));
    assert_eq!(store.append(append(id, 2)).await, Ok(Appended::At { first_seq: 3 }));
}

async fn closing_commits_what_is_queued_and_refuses_more(database: Database) {
    let store = database.open().await;
    assert_eq!(store.healthy().await, Ok(()));
    let ids: Vec<Uuid> = std::iter::repeat_with(Uuid::now_v7).take(20).collect();
    let mut appends = std::pin::pin!(join_all(ids.iter().map(|id| store.append(beginning(*id)))));
    // Polled once, each is in the queue.
    assert!(futures::poll!(&mut appends).is_pending());
    store.close().await;
    store.close().await;
    assert_eq!(appends.await, vec![Ok(Appended::At { first_seq: 1 }); ids.len()]);
    assert_eq!(store.append(beginning(Uuid::now_v7())).await, Err(StoreError::Closed));
    assert_eq!(store.healthy().await, Err(StoreError::Closed));
    assert_eq!(store.conversation(ids[0]).await, Err(StoreError::Closed));

    let store = database.open().await;
    for id in ids {
        assert_eq!(log(&store, id).await.len(), 1);
    }
}

async fn nodes_may_start_together(database: Database) {
    let mut nodes = JoinSet::new();
    for _ in 0..6 {
        let url = database.url.clone();
        nodes.spawn(async move { Store::open(&url).await.map(drop) });
    }
    for opened in nodes.join_all().await {
        assert_eq!(opened, Ok(()));
    }
    begin(&database.open().await).await;
}

async fn appends_are_announced(database: Database) {
    let store = database.open().await;
    let mut announcements = store.announcements();
    let id = begin(&store).await;
    assert_eq!(next(&mut announcements).await, Announcement::Events { conversation_id: id, seq: 1 });
    store.append(append(id, 0)).await.unwrap();
    store.append(Append { events: vec![event("2"), event("3")], ..append(id, 1) }).await.unwrap();
    // The conflict in between was not announced, and the first append not twice.
    assert_eq!(next(&mut announcements).await, Announcement::Events { conversation_id: id, seq: 3 });
}

#[tokio::test(flavor = "multi_thread")]
async fn other_nodes_hear_of_appends() {
    let database = Database::postgres().await;
    let (here, there) = (database.open().await, database.open().await);
    let (mut heard_here, mut heard_there) = (here.announcements(), there.announcements());
    let first = begin(&here).await;
    assert_eq!(next(&mut heard_there).await, Announcement::Events { conversation_id: first, seq: 1 });
    let second = begin(&there).await;
    // Each of its own appends once: they come back to it by LISTEN, and are not passed on again.
    assert_eq!(next(&mut heard_here).await, Announcement::Events { conversation_id: first, seq: 1 });
    assert_eq!(next(&mut heard_here).await, Announcement::Events { conversation_id: second, seq: 1 });
    assert_eq!(next(&mut heard_there).await, Announcement::Events { conversation_id: second, seq: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_listener_asks_to_resync_and_listens_again() {
    let database = Database::postgres().await;
    let (here, there) = (database.open().await, database.open().await);
    let mut heard = there.announcements();
    let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
    let lost = sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and query ilike 'listen %'",
    );
    let lost = lost.fetch_all(&pool).await.unwrap();
    assert_eq!(lost.len(), 2, "both nodes listen");
    assert_eq!(next(&mut heard).await, Announcement::Resync);
    let id = begin(&here).await;
    assert_eq!(next(&mut heard).await, Announcement::Events { conversation_id: id, seq: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_an_error() {
    let server = Postgres::start().expect("a server of its own");
    let store = Store::open(&server.database().await.unwrap()).await.unwrap();
    let id = begin(&store).await;
    drop(server);
    let (appended, healthy) = tokio::join!(store.append(append(id, 1)), store.healthy());
    assert!(matches!(appended, Err(StoreError::Away(_))), "{appended:?}");
    assert!(matches!(healthy, Err(StoreError::Away(_))), "{healthy:?}");
    store.close().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named_without_its_password() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let inside_a_file = format!("sqlite://{}/hotro.db", file.display());
    let refused = async |url: &str| Store::open(url).await.err().map(|error| error.to_string()).unwrap_or_default();

    let message = refused(&inside_a_file).await;
    assert!(message.contains(&*file.to_string_lossy()), "{message}");
    // A folder that even root may not write to.
    let message = refused("sqlite:///proc/hotro.db").await;
    assert!(message.contains("/proc/hotro.db"), "{message}");
    let message = refused("postgres://me:secret@127.0.0.1:1/archive").await;
    assert!(message.contains("archive on 127.0.0.1:1: "), "{message}");
    assert!(!message.contains("secret"), "{message}");
    for url in ["", "mysql://me:secret@host/db", "sqlite://", "sqlite://:memory:", "postgres://me:secret@host:port/db"] {
        assert_eq!(Store::open(url).await.err(), Some(StoreError::Url), "{url}");
    }
}

/// A fold that readers held up counted as done, and the file kept what was erased.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_read_is_folded_later() {
    let database = Database::sqlite();
    let store = database.open().await;
    begin(&store).await;
    let mut reader = SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql("begin; select count(*) from event").execute(&mut reader).await.unwrap();
    let journal = format!("{}-wal", database.url.strip_prefix("sqlite://").unwrap());
    assert_eq!(store.fold_journal().await, Err(StoreError::Busy));
    // Whoever writes goes on.
    begin(&store).await;
    sqlx::raw_sql("commit").execute(&mut reader).await.unwrap();
    assert_eq!(store.fold_what_is_left().await, Ok(()));
    assert_eq!(std::fs::metadata(&journal).unwrap().len(), 0);
    begin(&store).await;
    assert_eq!(store.fold_what_is_left().await, Ok(()), "nothing is left to fold");
    assert!(std::fs::metadata(&journal).unwrap().len() > 0);
}

/// Its age began anew with each failure, and was none until it was tried again.
async fn what_is_to_be_told_waits_since_it_happened(database: Database) {
    let store = database.open().await;
    store.tell(vec![Sink::Webhook]);
    let oldest = async || {
        let backlog = store.backlog().await.unwrap();
        backlog.into_iter().find(|queue| queue.queue == "outgoing").map(|queue| (queue.waiting, queue.oldest_ms)).unwrap()
    };
    assert_eq!(oldest().await, (0, None));
    for late_ms in [0, 5_000] {
        let id = begin(&store).await;
        let events = vec![NewEvent { kind: "handoff_requested", body: "{}".to_owned() }];
        store.append(Append { events, at_ms: AT_MS + late_ms, ..append(id, 1) }).await.unwrap();
    }
    assert_eq!(oldest().await, (2, Some(AT_MS)));
    let due = store.outgoing_due(AT_MS, 1).await.unwrap();
    store.outgoing_failed(due[0].outgoing_id, AT_MS + 3_600_000).await.unwrap();
    assert_eq!(oldest().await, (2, Some(AT_MS)));
    store.outgoing_done(due[0].outgoing_id).await.unwrap();
    assert_eq!(oldest().await, (1, Some(AT_MS + 5_000)));
}

async fn a_telegram_update_is_stored_once_and_wiped_when_handled(database: Database) {
    let store = database.open().await;
    assert_eq!(store.telegram_store_update(8, 100, "eight", AT_MS).await, Ok(true));
    assert_eq!(store.telegram_store_update(7, 0, "seven", AT_MS).await, Ok(true));
    assert_eq!(store.telegram_store_update(8, 100, "again", AT_MS).await, Ok(false));
    let pending = store.telegram_pending_updates(10).await.unwrap();
    let fields: Vec<_> = pending.iter().map(|row| (row.update_id, row.chat_id, row.body.as_str())).collect();
    assert_eq!(fields, [(7, 0, "seven"), (8, 100, "eight")]);
    assert_eq!(store.telegram_pending_updates(1).await.unwrap().len(), 1);

    store.telegram_update_handled(7, AT_MS + 1).await.unwrap();
    store.telegram_update_handled(7, AT_MS + 2).await.unwrap();
    store.telegram_update_handled(99, AT_MS).await.unwrap();
    let pending = store.telegram_pending_updates(10).await.unwrap();
    assert_eq!(pending.iter().map(|row| row.update_id).collect::<Vec<_>>(), [8]);
    // Handled is not forgotten.
    assert_eq!(store.telegram_store_update(7, 0, "seven", AT_MS + 3).await, Ok(false));
    assert_eq!(store.telegram_pending_updates(10).await.unwrap().len(), 1);
}

async fn the_next_offset_follows_the_highest_update(database: Database) {
    let store = database.open().await;
    assert_eq!(store.telegram_next_offset().await, Ok(0));
    store.telegram_store_update(900_000_000_000, 1, "{}", AT_MS).await.unwrap();
    store.telegram_store_update(5, 1, "{}", AT_MS).await.unwrap();
    store.telegram_update_handled(900_000_000_000, AT_MS).await.unwrap();
    assert_eq!(store.telegram_next_offset().await, Ok(900_000_000_001));
}

async fn racing_updates_of_a_new_chat_agree_on_its_conversation(database: Database) {
    let store = database.open().await;
    assert_eq!(store.telegram_chat(-100).await, Ok(None));
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        tasks.spawn(async move { store.telegram_bind_chat(-100, Uuid::now_v7(), AT_MS).await.unwrap() });
    }
    let winners: HashSet<Uuid> = tasks.join_all().await.into_iter().collect();
    assert_eq!(winners.len(), 1);
    let chat = store.telegram_chat(-100).await.unwrap().expect("the chat");
    assert!(winners.contains(&chat.conversation_id));
    assert_eq!((chat.chat_id, chat.cursor, chat.blocked, chat.language), (-100, 0, false, None));
    // A conversation is held in one chat.
    assert!(store.telegram_bind_chat(-200, chat.conversation_id, AT_MS).await.is_err());

    store.telegram_set_language(-100, Some("vi")).await.unwrap();
    assert_eq!(store.telegram_chat(-100).await.unwrap().unwrap().language.as_deref(), Some("vi"));
}

async fn the_telegram_cursor_only_moves_forward(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    store.telegram_bind_chat(1, id, AT_MS).await.unwrap();
    // Bound and not begun: nothing to deliver.
    store.telegram_bind_chat(2, Uuid::now_v7(), AT_MS).await.unwrap();
    assert_eq!(store.telegram_chat_of(id).await, Ok(Some(1)));
    assert_eq!(store.telegram_chat_of(Uuid::now_v7()).await, Ok(None));
    let behind = store.telegram_chats_behind(10).await.unwrap();
    assert_eq!(behind.iter().map(|chat| (chat.chat_id, chat.cursor)).collect::<Vec<_>>(), [(1, 0)]);

    store.append(append(id, 1)).await.unwrap();
    store.append(append(id, 2)).await.unwrap();
    for (delivered, cursor) in [(2, 2), (1, 2), (3, 3), (3, 3), (0, 3)] {
        store.telegram_delivered(1, delivered).await.unwrap();
        assert_eq!(store.telegram_chat(1).await.unwrap().unwrap().cursor, cursor);
    }
    assert_eq!(store.telegram_chats_behind(10).await, Ok(Vec::new()));
}

async fn a_blocked_chat_is_not_behind(database: Database) {
    let store = database.open().await;
    let id = begin(&store).await;
    store.telegram_bind_chat(1, id, AT_MS).await.unwrap();
    store.telegram_set_blocked(1, true).await.unwrap();
    assert!(store.telegram_chat(1).await.unwrap().unwrap().blocked);
    assert_eq!(store.telegram_chats_behind(10).await, Ok(Vec::new()));
    store.telegram_set_blocked(1, false).await.unwrap();
    assert_eq!(store.telegram_chats_behind(10).await.unwrap().len(), 1);
}

const LEASE_MS: i64 = 60_000;

async fn a_lease_has_one_holder(database: Database) {
    let store = database.open().await;
    let acquire = async |name, holder| store.acquire_lease(name, holder, AT_MS, LEASE_MS).await.unwrap();
    assert!(acquire("poll", "a").await);
    assert!(!acquire("poll", "b").await);
    assert!(acquire("poll", "a").await, "its holder renews it");
    assert_eq!(database.text("update lease set expires_ms = expires_ms - 60000 where lease_id = 'poll' returning holder").await, "a");
    assert!(acquire("poll", "b").await, "it ran out");
    assert!(!acquire("poll", "a").await);
    store.release_lease("poll", "a").await.unwrap();
    assert!(!acquire("poll", "a").await, "only its holder gives it back");
    store.release_lease("poll", "b").await.unwrap();
    assert!(acquire("poll", "a").await);
    assert!(acquire("timers", "b").await, "another lease");
}

async fn a_lease_that_ran_out_is_taken_once(database: Database) {
    let nodes = [database.open().await, database.open().await];
    assert!(nodes[0].acquire_lease("poll", "gone", AT_MS, LEASE_MS).await.unwrap());
    database.text("update lease set expires_ms = expires_ms - 60000 returning holder").await;
    let mut tasks = JoinSet::new();
    for node in 0..16 {
        let store = nodes[node % nodes.len()].clone();
        tasks.spawn(async move { store.acquire_lease("poll", &node.to_string(), AT_MS, LEASE_MS).await.unwrap() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|taken| *taken).count(), 1);
}

/// A node whose clock was two hours ahead held the lease and was killed: Telegram was silent for two hours.
async fn a_lease_of_a_clock_that_was_wrong_counts_for_nothing(database: Database) {
    let store = database.open().await;
    assert!(store.acquire_lease("poll", "gone", AT_MS, LEASE_MS).await.unwrap());
    assert_eq!(database.text("update lease set expires_ms = expires_ms + 7200000 returning holder").await, "gone");
    assert!(store.acquire_lease("poll", "b", AT_MS, LEASE_MS).await.unwrap());
    assert!(!store.acquire_lease("poll", "c", AT_MS, LEASE_MS).await.unwrap());
}

/// A conversation that waits, seen by the queue: conversation and handoff. The version is one more afterwards.
async fn entered(store: &Store) -> (Uuid, Uuid) {
    let id = begin(store).await;
    store.append(Append { effects: queue("asked"), ..append(id, 1) }).await.unwrap();
    let row = store.new_handoffs().await.unwrap().into_iter().find(|row| row.conversation_id == id).expect("it is new");
    let expected_version = store.desk_version().await.unwrap();
    let change =
        DeskChange::Entered { handoff_id: row.handoff_id, priority: 2, need: Some("bhyt".to_owned()), ticket: expected_version + 1 };
    let write = DeskWrite { expected_version, at_ms: AT_MS, changes: vec![change], ..DeskWrite::default() };
    assert_eq!(store.write_desk(write).await, Ok(DeskWritten::Done { first_seqs: Vec::new() }));
    (id, row.handoff_id)
}

fn at_the_head(conversation_id: Uuid, input_id: Option<&str>) -> DeskAppend {
    DeskAppend {
        conversation_id,
        expected_seq: None,
        events: vec![event("desk")],
        input_id: input_id.map(str::to_owned),
        effects: Vec::new(),
        snapshot: None,
    }
}

fn claim(handoff_id: Uuid, fence: i64) -> DeskChange {
    DeskChange::Claimed { handoff_id, operator_id: Uuid::now_v7(), fence, at_ms: AT_MS }
}

async fn a_decision_is_written_whole_or_not_at_all(database: Database) {
    let store = database.open().await;
    let (id, handoff) = entered(&store).await;
    let write = DeskWrite {
        expected_version: 1,
        at_ms: AT_MS,
        changes: vec![claim(handoff, 1)],
        notes: vec![DeskNote::Labels { conversation_id: id, labels: "[\"gấp\"]".to_owned() }],
        appends: vec![at_the_head(id, None)],
        audits: Vec::new(),
    };
    // Another version, another seq, a row that is not there: each refuses all of it.
    let stale = DeskWrite { expected_version: 0, ..write.clone() };
    assert_eq!(store.write_desk(stale).await, Ok(DeskWritten::StaleQueue));
    let behind = DeskAppend { expected_seq: Some(1), ..at_the_head(id, None) };
    assert_eq!(store.write_desk(DeskWrite { appends: vec![behind], ..write.clone() }).await, Ok(DeskWritten::StaleLog));
    let unknown = DeskWrite { changes: vec![claim(handoff, 1), claim(Uuid::now_v7(), 1)], ..write.clone() };
    assert_eq!(store.write_desk(unknown).await, Ok(DeskWritten::StaleQueue));
    assert_eq!((log(&store, id).await.len(), store.desk_version().await), (2, Ok(1)));
    assert_eq!(store.labels(id).await.as_deref(), Ok("[]"));

    let (mut announcements, mut moves) = (store.announcements(), store.desk_moves());
    assert_eq!(store.write_desk(write.clone()).await, Ok(DeskWritten::Done { first_seqs: vec![3] }));
    assert_eq!(next(&mut announcements).await, Announcement::Events { conversation_id: id, seq: 3 });
    tokio::time::timeout(Duration::from_secs(30), moves.changed()).await.expect("told in time").expect("the store is open");
    assert_eq!((log(&store, id).await.len(), store.desk_version().await), (3, Ok(2)));
    assert_eq!(store.labels(id).await.as_deref(), Ok("[\"gấp\"]"));
    assert_eq!(store.write_desk(write).await, Ok(DeskWritten::StaleQueue), "twice");

    // Nothing of the queue changes: the version is checked and stays.
    let words = DeskWrite { expected_version: 2, at_ms: AT_MS, appends: vec![at_the_head(id, None)], ..DeskWrite::default() };
    assert_eq!(store.write_desk(words.clone()).await, Ok(DeskWritten::Done { first_seqs: vec![4] }));
    assert_eq!(store.write_desk(DeskWrite { expected_version: 1, ..words }).await, Ok(DeskWritten::StaleQueue));
    assert_eq!(store.desk_version().await, Ok(2));
}

async fn racing_decisions_on_one_version_have_one_winner(database: Database) {
    let nodes = [database.open().await, database.open().await];
    let (id, handoff) = entered(&nodes[0]).await;
    let decisions = (0..16).map(|number| {
        let changes = vec![claim(handoff, 1)];
        let write = DeskWrite { expected_version: 1, at_ms: AT_MS, changes, appends: vec![at_the_head(id, None)], ..DeskWrite::default() };
        nodes[number % 2].write_desk(write)
    });
    let written = join_all(decisions).await;
    assert_eq!(written.iter().filter(|written| **written == Ok(DeskWritten::Done { first_seqs: vec![3] })).count(), 1, "{written:?}");
    assert_eq!(written.iter().filter(|written| **written == Ok(DeskWritten::StaleQueue)).count(), 15, "{written:?}");
    assert_eq!(log(&nodes[1], id).await.len(), 3);
}

async fn what_an_operator_sends_is_written_once(database: Database) {
    let store = database.open().await;
    let (id, _) = entered(&store).await;
    let write = |version| DeskWrite {
        expected_version: version,
        at_ms: AT_MS,
        appends: vec![at_the_head(id, Some("desk:a"))],
        ..DeskWrite::default()
    };
    assert_eq!(store.write_desk(write(1)).await, Ok(DeskWritten::Done { first_seqs: vec![3] }));
    // Whatever has become of the queue meanwhile.
    assert_eq!(store.write_desk(write(1)).await, Ok(DeskWritten::Duplicate { seq: 3 }));
    assert_eq!(store.write_desk(write(0)).await, Ok(DeskWritten::Duplicate { seq: 3 }));
    assert_eq!(log(&store, id).await.len(), 3);
}

async fn a_decision_on_a_row_that_has_changed_is_refused(database: Database) {
    let store = database.open().await;
    let (_, handoff) = entered(&store).await;
    let write = async |changes: Vec<DeskChange>| {
        let expected_version = store.desk_version().await.unwrap();
        store.write_desk(DeskWrite { expected_version, at_ms: AT_MS, changes, ..DeskWrite::default() }).await
    };
    let done = Ok(DeskWritten::Done { first_seqs: Vec::new() });
    assert_eq!(write(vec![claim(handoff, 2)]).await, Ok(DeskWritten::StaleQueue), "a number is left out");
    assert_eq!(write(vec![claim(handoff, 1)]).await, done);
    assert_eq!(write(vec![claim(handoff, 2)]).await, Ok(DeskWritten::StaleQueue), "it is claimed");
    assert_eq!(write(vec![DeskChange::Released { handoff_id: handoff, avoid_operator_id: None }]).await, done);
    assert_eq!(write(vec![claim(handoff, 1)]).await, Ok(DeskWritten::StaleQueue), "a number comes again");
    let closed = || DeskChange::Closed { handoff_id: handoff, state: "abandoned", resolution: None, at_ms: AT_MS };
    assert_eq!(write(vec![closed()]).await, done);
    assert_eq!(write(vec![closed()]).await, Ok(DeskWritten::StaleQueue), "it is closed");
}

async fn a_citizen_who_leaves_moves_the_version(database: Database) {
    let store = database.open().await;
    let (id, _) = entered(&store).await;
    store.append(Append { effects: vec![StoreEffect::LeaveQueue], ..append(id, 2) }).await.unwrap();
    assert_eq!(store.desk_version().await, Ok(2));
    assert_eq!(store.desk_rows(10).await.unwrap().handoffs, []);
}

async fn a_queue_is_loaded_as_it_was_written(database: Database) {
    let store = database.open().await;
    let (id, handoff) = entered(&store).await;
    let (done, gone) = (entered(&store).await.1, entered(&store).await.1);
    assert_eq!(store.new_handoffs().await, Ok(Vec::new()));
    let operator_id = Uuid::now_v7();
    let changes = vec![
        DeskChange::OfferUntil { handoff_id: handoff, until_ms: AT_MS },
        claim(done, 1),
        DeskChange::Closed { handoff_id: done, state: "resolved", resolution: Some("answered"), at_ms: AT_MS + 5 },
        DeskChange::Closed { handoff_id: gone, state: "abandoned", resolution: None, at_ms: AT_MS },
    ];
    let write = |changes| DeskWrite { expected_version: 3, at_ms: AT_MS, changes, ..DeskWrite::default() };
    assert_eq!(store.write_desk(write(changes.clone())).await, Ok(DeskWritten::StaleQueue), "nobody is being asked");
    assert_eq!(store.write_desk(write(changes[1..].to_vec())).await, Ok(DeskWritten::Done { first_seqs: Vec::new() }));
    let told = DeskWrite {
        expected_version: 4,
        at_ms: AT_MS,
        changes: vec![claim(handoff, 1), DeskChange::Released { handoff_id: handoff, avoid_operator_id: Some(operator_id) }],
        notes: vec![DeskNote::Told { handoff_id: handoff, position: 3 }],
        ..DeskWrite::default()
    };
    assert_eq!(store.write_desk(told).await, Ok(DeskWritten::Done { first_seqs: Vec::new() }));

    let rows = store.desk_rows(10).await.unwrap();
    assert_eq!((rows.version, rows.next_ticket), (5, 4));
    assert_eq!(rows.served, [(done, AT_MS + 5, AT_MS)]);
    let [row] = rows.handoffs.as_slice() else { panic!("{:?}", rows.handoffs) };
    assert_eq!((row.handoff_id, row.conversation_id, row.channel.as_str(), row.priority, row.ticket), (handoff, id, "web", 2, Some(1)));
    assert_eq!((row.state.as_str(), row.operator_id, row.fence, row.avoid_operator_id), ("waiting", None, 1, Some(operator_id)));
    assert_eq!((row.need.as_deref(), row.told_position, row.claimed_ms), (Some("bhyt"), Some(3), Some(AT_MS)));
    assert_eq!(store.service_level(0, AT_MS, 1_000).await, Ok((2, 2)));
}
