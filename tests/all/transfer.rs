//! A whole installation moves between databases and into files: everything arrives, or it is said what is wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::kept::{Kept, keeping};
use harness::postgres::Postgres;
use harness::server::{Options, Said, program, run};
use hotro::store::transfer::{Step, Sum, TransferError, migrate};
use hotro::store::{Append, NewConversation, NewEvent, Store, StoreError};
use tempfile::TempDir;
use uuid::Uuid;

/// More than two batches of events.
const CONVERSATIONS: u64 = 250;
const EVENTS_EACH: u64 = 50;
const AT_MS: i64 = 1_790_000_000_000;

fn sqlite(folder: &TempDir, name: &str) -> String {
    format!("sqlite://{}", folder.path().join(name).display())
}

async fn postgres() -> String {
    Postgres::shared().database().await.expect("a database")
}

/// Invented conversations, and some rows of other tables: every type of column, nulls, what collates differently.
async fn invent(url: &str) {
    let store = Store::open(url).await.unwrap();
    for number in 0..CONVERSATIONS {
        // Not two alike, so that a backup of them is not small.
        let event = |at: u64| NewEvent {
            kind: "said",
            body: format!("{{\"text\":\"Câu {at}, “bảo hiểm” 🙂 \\\\ \\u0000 {}\"}}", Uuid::new_v4()),
        };
        let append = Append {
            conversation_id: Uuid::now_v7(),
            create: Some(NewConversation { channel: "web", token_hash: None }),
            expected_seq: 0,
            at_ms: AT_MS,
            events: (0..EVENTS_EACH).map(event).collect(),
            input_id: (number % 2 == 0).then(|| format!("Input-{number}_ß")),
            effects: Vec::new(),
            snapshot: None,
        };
        store.append(append).await.unwrap();
    }
    for name in ["b", "A", "a", "Đ", "_", "ä"] {
        store.data_key(name, "sealed").await.unwrap();
    }
    store.close().await;
}

/// Moves, and gives what each table holds.
async fn moved(from: &str, to: &str) -> Result<Vec<(String, Sum)>, TransferError> {
    let mut sums = Vec::new();
    let mut tell = |step| {
        if let Step::Verified { table, sum } = step {
            sums.push((table, sum));
        }
    };
    migrate(from, to, &mut tell).await?;
    Ok(sums)
}

/// Begins to move and is cut off when so many batches are written, as by a power cut: whether it was.
async fn cut_off(from: &str, to: &str, batches: usize) -> bool {
    let (cut, at) = tokio::sync::oneshot::channel();
    let mut cut = Some(cut);
    let mut written = 0;
    let mut tell = |step| {
        written += usize::from(matches!(step, Step::Written { .. }));
        if written == batches
            && let Some(cut) = cut.take()
        {
            let _ = cut.send(());
        }
    };
    tokio::select! {
        biased;
        _ = at => true,
        done = migrate(from, to, &mut tell) => { done.unwrap(); false }
    }
}

fn rows(sums: &[(String, Sum)], table: &str) -> u64 {
    sums.iter().find(|(name, _)| name == table).expect("the table").1.rows
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_to_postgresql_and_back_and_is_the_same() {
    let folder = TempDir::new().unwrap();
    let (first, middle, last) = (sqlite(&folder, "first.db"), postgres().await, sqlite(&folder, "new/last.db"));
    invent(&first).await;
    let there = moved(&first, &middle).await.unwrap();
    assert_eq!((rows(&there, "conversation"), rows(&there, "event")), (CONVERSATIONS, CONVERSATIONS * EVENTS_EACH));
    assert_eq!((rows(&there, "data_key"), rows(&there, "desk")), (6, 1));
    assert_eq!(moved(&middle, &last).await.unwrap(), there);
    // It is an installation like any other: it can be opened, written to and moved on.
    invent(&last).await;
    let again = moved(&last, &postgres().await).await.unwrap();
    assert_eq!(rows(&again, "event"), 2 * CONVERSATIONS * EVENTS_EACH);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_cut_off_anywhere_goes_on_to_the_same_end() {
    let folder = TempDir::new().unwrap();
    let first = sqlite(&folder, "first.db");
    invent(&first).await;
    let whole = moved(&first, &postgres().await).await.unwrap();
    let on_postgres = postgres().await;
    moved(&first, &on_postgres).await.unwrap();
    for (from, is_sqlite) in [(&first, true), (&on_postgres, false)] {
        let to = if is_sqlite { postgres().await } else { sqlite(&folder, "second.db") };
        let mut cuts = 0;
        // Each run gets one batch further and is cut off again.
        while cut_off(from, &to, 1).await {
            cuts += 1;
            assert!(matches!(Store::open(&to).await, Err(StoreError::Unfinished { .. })), "half an installation is served to nobody");
            assert!(cuts < 50, "it never ends");
        }
        assert!(cuts >= 3, "{cuts} cuts");
        let back = if is_sqlite { sqlite(&folder, "back.db") } else { postgres().await };
        assert_eq!(moved(&to, &back).await.unwrap(), whole);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_is_run_again_to_the_end() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (sqlite(&folder, "first.db"), postgres().await);
    invent(&first).await;
    let arguments = ["migrate", "--from", &first, "--to", &second];
    let scratch = TempDir::new().unwrap();
    let mut command = keeping(scratch.path(), &program());
    let mut process = Kept::start(command.args(arguments).env_clear().stderr(Stdio::null())).unwrap();
    process.read_until(|line| line.starts_with("event: ").then_some(())).unwrap();
    process.end("KILL").unwrap();
    assert!(matches!(Store::open(&second).await, Err(StoreError::Unfinished { .. })), "it was killed before its end");
    let other = sqlite(&folder, "other.db");
    invent(&other).await;
    let refused = run(folder.path(), &["migrate", "--from", &other, "--to", &second]);
    assert_refused(&refused, "holds an unfinished transfer from");
    let said = run(folder.path(), &arguments);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains(&format!("event: {} rows, sha256 ", CONVERSATIONS * EVENTS_EACH)), "{}", said.stdout);
    assert_refused(&run(folder.path(), &arguments), "is not empty (conversation has rows)");
}

fn assert_refused(said: &Said, why: &str) {
    assert_eq!(said.code, Some(1), "{}", said.stdout);
    assert!(said.stderr.contains(why), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_is_neither_moved_nor_written_to() {
    let folder = TempDir::new().unwrap();
    let served = Options::new().start().await;
    let empty = sqlite(&folder, "empty.db");
    let said = run(folder.path(), &["migrate", "--from", &served.database_url(), "--to", &empty]);
    assert_refused(&said, "is in use: stop every hotro");
    let on_postgres = Options::on_postgres().await.start().await;
    for [from, to] in [[on_postgres.database_url(), empty.clone()], [sqlite(&folder, "none.db"), on_postgres.database_url()]] {
        let said = run(folder.path(), &["migrate", "--from", &from, "--to", &to]);
        assert_eq!(said.code, Some(1), "{}", said.stdout);
        assert!(said.stderr.contains("in use") || said.stderr.contains("unable to open"), "{}", said.stderr);
    }
    assert!(served.citizen().await.events(0).await.len() >= 2, "it goes on serving");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_cannot_succeed_says_why() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (sqlite(&folder, "first.db"), sqlite(&folder, "second.db"));
    invent(&first).await;
    assert!(matches!(moved(&first, &first).await, Err(TransferError::Same)));
    assert!(matches!(moved("mysql://x/y", &second).await, Err(TransferError::Store(StoreError::Url))));
    let nothing = folder.path().join("nothing.db");
    fs::write(&nothing, "").unwrap();
    assert!(matches!(moved(&sqlite(&folder, "nothing.db"), &second).await, Err(TransferError::NoSchema)));
    let secret = "postgres://hotro:geheim@127.0.0.1:1/hotro";
    let said = run(folder.path(), &["migrate", "--from", &first, "--to", secret]);
    assert_refused(&said, "hotro on 127.0.0.1:1");
    assert!(!said.stderr.contains("geheim"), "{}", said.stderr);
}

/// The sums that a command printed.
fn sums(said: &Said) -> Vec<&str> {
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.stdout.lines().filter(|line| line.contains(", sha256 ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_under_load_is_restored_on_an_empty_machine_and_answers() {
    for options in [Options::new(), Options::on_postgres().await] {
        let mut server = options.start().await;
        server.invent_people().await;
        let citizen = server.citizen().await;
        citizen.say("quên mật khẩu vssid").await;
        let before = citizen.events(0).await;
        let folder = TempDir::new().unwrap();
        let url = server.database_url();
        let backing_up = tokio::task::spawn_blocking({
            let folder = folder.path().to_owned();
            move || run(&folder, &["backup", "one.backup", "--database", &url])
        });
        // Others go on meanwhile.
        for _ in 0..5 {
            server.citizen().await.say("mức đóng bảo hiểm y tế").await;
        }
        let backup = backing_up.await.unwrap();
        let written = sums(&backup);
        assert!(written.len() > 20, "{}", backup.stdout);
        assert!(!backup.stdout.contains("draft"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        server.stop();

        for (number, target) in [None, Some(postgres().await)].into_iter().enumerate() {
            let data = format!("data{number}");
            let mut arguments = vec!["restore", "one.backup", "--data", &data];
            arguments.extend(target.iter().flat_map(|url| ["--database", url]));
            let restored = run(folder.path(), &arguments);
            assert_eq!(sums(&restored), written);
            assert_refused(&run(folder.path(), &arguments), "is not empty");
            let url = target.unwrap_or_else(|| format!("sqlite://{}", folder.path().join("data0/hotro.db").display()));
            let again = Options::new().database(&url).start().await;
            assert_eq!(citizen.on(&again).events(0).await, before);
            let seq = citizen.on(&again).say("lương hưu tính thế nào").await.seq;
            assert_eq!(seq, before.len() as u64 + 1, "it goes on where it was");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_refused_before_anything_is_written() {
    let folder = TempDir::new().unwrap();
    invent(&sqlite(&folder, "first.db")).await;
    let url = sqlite(&folder, "first.db");
    let backup = run(folder.path(), &["backup", "one.backup", "--database", &url]);
    assert_eq!(backup.code, Some(0), "{}", backup.stderr);
    let over = run(folder.path(), &["backup", "one.backup", "--database", &url]);
    assert_refused(&over, "is there already, and nothing is written over");
    let whole = fs::read(folder.path().join("one.backup")).unwrap();
    assert_eq!(run(folder.path(), &["backup", "--check", "one.backup"]).code, Some(0));

    let restore = |name: &str, bytes: &[u8], why: &str| {
        fs::write(folder.path().join(name), bytes).unwrap();
        assert_refused(&run(folder.path(), &["restore", name, "--data", "restored"]), why);
        assert_refused(&run(folder.path(), &["backup", "--check", name]), why);
        assert!(!folder.path().join("restored/hotro.db").exists(), "{name}: something was written");
    };
    for length in [0, 3, 14] {
        restore("cut", &whole[..length], "is no backup of hotro");
    }
    for length in [15, 40, 47, whole.len() / 2, whole.len() - 1] {
        restore("cut", &whole[..length], "is damaged");
    }
    for at in [15, 30, whole.len() / 3, whole.len() - 40, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        restore("flipped", &flipped, "is damaged");
    }
    let mut longer = whole.clone();
    longer.push(0);
    restore("longer", &longer, "is damaged");
    restore("other", b"PRAGMA foreign_keys=OFF;", "is no backup of hotro");
    assert_refused(&run(folder.path(), &["restore", "nowhere"]), "nowhere: No such file");
    assert_refused(&run(folder.path(), &["backup", "nowhere/one.backup", "--database", &url]), "nowhere/one.backup");
}

#[test]
fn a_full_disk_leaves_no_backup_and_says_so() {
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(invent(&sqlite(&folder, "first.db")));
    // The largest file that the shell allows its children, in blocks of 512 bytes (1,024 in some shells): the backup is larger.
    let script = r#"trap '' XFSZ; ulimit -f 128; exec "$@""#;
    let url = sqlite(&folder, "first.db");
    let said = Command::new("/bin/sh")
        .args(["-c", script, "sh"])
        .arg(program())
        .args(["backup", "one.backup", "--database", &url])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1), "{}", String::from_utf8_lossy(&said.stdout));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !Path::new(name).to_string_lossy().contains("backup")), "{left:?}");
}
