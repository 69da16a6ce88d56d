//! A FAQ folder that changes while it is served.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::FutureExt;
use harness::citizen::{Citizen, http};
use harness::content::{SMALL_CONSTANTS, SMALL_TOPIC, all_topics, small_faq, write};
use harness::server::{Options, Server};
use harness::wait::until;
use hotro::conversation::now_ms;
use hotro::dialogue::day_in_vietnam;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

const RING: &str = "content/vssid/ring.md";
/// What every version of the small topic says, followed by what a version adds.
const OPEN: &str = "Vào phần cài đặt";
/// Asking at once; more would only make a busy machine slower.
const ASKING: usize = 4;

async fn serve(faq: &TempDir) -> Server {
    let dir = faq.path().to_str().expect("UTF-8");
    Options::new().variable("HOTRO_FAQ_DIR", dir).variable("NO_COLOR", "1").start().await
}

/// The reply to a tap on a topic.
async fn answer(citizen: &Citizen, topic: &str) -> Value {
    citizen.reply(&citizen.tap(&format!("topic:{topic}")).await).await
}

/// Waits until the topic reads so.
async fn until_answered(citizen: &Citizen, topic: &str, text: &str) {
    until(&format!("the answer says {text:?}"), async || answer(citizen, topic).await.to_string().contains(text).then_some(())).await;
}

/// How many reloads ended so.
async fn reloads(server: &Server, result: &str) -> u64 {
    let page = http().get(server.url("/metrics")).send().await.expect("the server answers").text().await.expect("text");
    let line = format!("hotro_faq_reloads_total{{result=\"{result}\"}} ");
    page.lines().find_map(|found| found.strip_prefix(&line)?.parse().ok()).unwrap_or(0)
}

async fn until_reloads(server: &Server, result: &str, count: u64) {
    until(&format!("{count} {result}"), async || (reloads(server, result).await >= count).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_answer_is_served_and_no_request_fails_meanwhile() {
    const TOPIC: &str = "vssid/forgot-password-app";
    const FILE: &str = "content/vssid/forgot-password-app.md";
    const OLD: &str = "Mở VssID, chọn Quên mật khẩu, nhập email";
    const NEW: &str = "Trên VssID, chọn Quên mật khẩu, nhập email";
    let faq = all_topics();
    let server = serve(&faq).await;
    let changed = Arc::new(AtomicBool::new(false));
    let turns = Arc::new(AtomicUsize::new(0));
    let mut asking = JoinSet::new();
    for _ in 0..ASKING {
        let (citizen, changed, turns) = (server.citizen().await, changed.clone(), turns.clone());
        asking.spawn(async move {
            let mut new_seen = false;
            while !changed.load(Ordering::Relaxed) || !new_seen {
                let asked = json!({ "client_id": Uuid::now_v7(), "text": "quen mat khau vssid thi lam sao z ad" });
                let asked = citizen.try_send(asked).await.expect("a question is taken");
                assert_ne!(citizen.reply(&asked).await["outcome"], "missed");
                let reply = answer(&citizen, TOPIC).await;
                let (old, new) = (reply.to_string().contains(OLD), reply.to_string().contains(NEW));
                assert!(old != new, "{reply}");
                assert!(new || !new_seen, "what was served stays");
                new_seen = new;
                turns.fetch_add(2, Ordering::Relaxed);
            }
        });
    }
    until("everybody asks", async || (turns.load(Ordering::Relaxed) > 2 * ASKING).then_some(())).await;
    let text = std::fs::read_to_string(faq.path().join(FILE)).expect("read");
    write(&faq, FILE, &text.replace(OLD, NEW));
    until_answered(&server.citizen().await, TOPIC, NEW).await;
    changed.store(true, Ordering::Relaxed);
    while let Some(done) = asking.join_next().await {
        done.expect("no request failed");
    }
    let log = server.log();
    let line = log.lines().find(|line| line.contains("the FAQ was reloaded")).unwrap_or_else(|| panic!("{log}"));
    for part in [r#"added="0""#, &format!(r#"changed="1: {FILE}""#), r#"removed="0""#, "took_ms="] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert_eq!(reloads(&server, "refused").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_is_not_in_order_is_told_and_the_last_good_one_goes_on() {
    loop {
        let day = day_in_vietnam(now_ms());
        let Err(failed) = AssertUnwindSafe(refused_sets_are_told_once()).catch_unwind().await else { return };
        // At midnight whatever lies there is tried again, and told again: then the counts say nothing.
        if day_in_vietnam(now_ms()) == day {
            resume_unwind(failed);
        }
    }
}

async fn refused_sets_are_told_once() {
    let ended = SMALL_CONSTANTS.replace("  { from = 2026-01-01, value = 2000, basis = \"Điều 2\" },\n", "");
    let overlapping = SMALL_CONSTANTS.replace("to = 2025-12-31", "to = 2026-06-30");
    let huge = "x".repeat(5_000_000);
    let with = |from: &str, to: &str| SMALL_TOPIC.replacen(from, to, 1);
    let cases: [(&str, &str, String, &str); 8] = [
        ("broken front matter", RING, with("title = ", "title = = "), "content/vssid/ring.md:2: "),
        ("constant without a value", "constants.toml", ended, "content/vssid/ring.md:19: constant `fee` has no value on "),
        ("unknown constant", RING, with("{{fee}}", "{{fees}}"), "content/vssid/ring.md:19: unknown constant `fees`"),
        ("overlapping dates", "constants.toml", overlapping, "constants.toml:1: `fee`: the values from 2020-01-01"),
        ("a cycle of aliases", RING, with("aliases = []", "aliases = [\"vssid/mute\"]"), "content/vssid/ring.md:17: alias `vssid/mute`"),
        ("a dead link", RING, with("#cac-buoc", "#khong-co"), "content/vssid/ring.md:19: dead anchor `#khong-co`"),
        ("5 MB", RING, huge, "content/vssid/ring.md:0: 5000000 bytes"),
        ("half a file", RING, SMALL_TOPIC.chars().take(200).collect(), "content/vssid/ring.md:1: expected front matter"),
    ];
    let faq = small_faq();
    let server = serve(&faq).await;
    let citizen = server.citizen().await;
    let mut refused = 0;
    for (name, file, broken, problem) in cases {
        let good = std::fs::read_to_string(faq.path().join(file)).expect("read");
        write(&faq, file, &broken);
        refused += 1;
        until_reloads(&server, "refused", refused).await;
        let told = server.log().matches(problem).count();
        assert_eq!(told, 1, "{name}: told once: {}", server.log());
        assert!(answer(&citizen, "vssid/ring").await.to_string().contains(OPEN), "{name}");
        write(&faq, file, &good);
        // The set in service again: nothing to exchange, and the next fault is told anew.
        until_reloads(&server, "unchanged", refused).await;
    }
    // An empty folder, as of a drive that is gone for a while.
    let aside = TempDir::new().expect("a folder");
    std::fs::rename(faq.path().join("content"), aside.path().join("content")).expect("moved");
    until_reloads(&server, "refused", refused + 1).await;
    assert!(server.log().contains("content:0: cannot list the folder"), "{}", server.log());
    assert!(answer(&citizen, "vssid/ring").await.to_string().contains(OPEN));
    std::fs::rename(aside.path().join("content"), faq.path().join("content")).expect("moved back");
    write(&faq, RING, &with(OPEN, "Vào phần âm thanh"));
    until_answered(&citizen, "vssid/ring", "Vào phần âm thanh").await;
    assert_eq!(reloads(&server, "refused").await, refused + 1, "nothing else was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_calendar_has_against_a_set_does_not_keep_it_from_being_served() {
    let faq = small_faq();
    let ended = SMALL_CONSTANTS.replace("  { from = 2026-01-01, value = 2000, basis = \"Điều 2\" },\n", "");
    write(&faq, "constants.toml", &ended);
    let overdue = SMALL_TOPIC.replace("reviewed = 2026-06-01\nreview_by = 2027-06-01", "reviewed = 2021-06-01\nreview_by = 2021-12-01");
    write(&faq, RING, &overdue);
    let server = serve(&faq).await;
    let citizen = server.citizen().await;
    assert_eq!(answer(&citizen, "vssid/ring").await["outcome"], "missed", "an amount has run out: the answer is withheld");
    for problem in ["content/vssid/ring.md:1: overdue", "content/vssid/ring.md:19: constant `fee` has no value on "] {
        assert!(server.log().contains(problem), "{problem}: {}", server.log());
    }
    write(&faq, RING, &overdue.replace(", phí là {{fee}}", " và mở chuông"));
    until_answered(&citizen, "vssid/ring", "và mở chuông").await;
    assert_eq!(reloads(&server, "refused").await, 0, "the other topic was without its amount before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_set_that_is_not_in_order_is_refused() {
    let faq = small_faq();
    write(&faq, RING, &SMALL_TOPIC.replace("#cac-buoc", "#khong-co"));
    let arguments = ["--faq", ".", "serve", "--listen", "127.0.0.1:0"];
    let said = tokio::task::spawn_blocking(move || harness::server::run(faq.path(), &arguments)).await.expect("it runs");
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("content/vssid/ring.md:19: dead anchor `#khong-co`"), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_when_what_it_was_offered_is_gone() {
    let faq = small_faq();
    let server = serve(&faq).await;
    let citizen = server.citizen().await;
    answer(&citizen, "vssid/ring").await;
    let offered = citizen.reply(&citizen.tap("related:vssid/ring").await).await;
    assert_eq!(offered["message"]["choices"][0]["id"], "topic:vssid/mute", "{offered}");
    std::fs::remove_file(faq.path().join("content/vssid/mute.md")).expect("removed");
    write(&faq, RING, &SMALL_TOPIC.replace("related = [\"vssid/mute\"]", "related = []"));
    until_reloads(&server, "reloaded", 1).await;
    // By its number, as it stands on the screen; no other input came between.
    let reply = citizen.reply(&citizen.say("1").await).await;
    assert_eq!(reply["outcome"], "missed", "{reply}");
    assert!(reply.to_string().contains("đang được cập nhật"), "{reply}");
    assert_eq!(reply["message"]["choices"][0]["id"], "operator", "{reply}");
    // The topic in mind is gone too; the rest is answered as before.
    assert_eq!(answer(&citizen, "vssid/ring").await["outcome"], "answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_loads_the_folder_again() {
    let faq = small_faq();
    let mut server = serve(&faq).await;
    server.hang_up();
    until_reloads(&server, "unchanged", 1).await;
    let citizen = server.citizen().await;
    assert_eq!(answer(&citizen, "vssid/ring").await["outcome"], "answered");
    server.stop();
}

/// A service manager sends it for a reload. Without a folder there is nothing to load, and the default is to end the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_without_a_folder_does_not_end_the_service() {
    let mut server = Options::new().start().await;
    server.hang_up();
    let citizen = server.citizen().await;
    assert_eq!(citizen.reply(&citizen.say("quên mật khẩu vssid").await).await["outcome"], "answered");
    // The answer may have come first; the end tells what the process died of.
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_see_which_set_is_served() {
    let faq = small_faq();
    let server = serve(&faq).await;
    let served = async || {
        let page = http().get(server.url("/metrics")).send().await.expect("the server answers").text().await.expect("text");
        let lines: Vec<String> = page.lines().filter(|line| line.starts_with("hotro_index_info{")).map(str::to_owned).collect();
        assert_eq!(lines.len(), 1, "{page}");
        lines
    };
    let before = served().await;
    write(&faq, RING, &SMALL_TOPIC.replace(OPEN, "Vào phần âm thanh"));
    until_reloads(&server, "reloaded", 1).await;
    assert_ne!(served().await, before);
}
